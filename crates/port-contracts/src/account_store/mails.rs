//! Mails that depend on the state of an account.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{
    EventId,
    account::{
        Account, NewPassword, PasswordPolicy, VerifiedEmailPolicy, service::AccountTokenError,
    },
    events::{
        AccountMail, Event, EventRecord, JournalEvent, NewEvent, PlacedOrder,
        port::EventSubscriber as _,
    },
    mail::{Mail, MailError, MailNotifier, MailSettings, Mailer},
};

use super::{
    fixture::{by_owner, confirm, confirmed, new_address},
    service_fixture::{Secrets, service},
};
use crate::{
    ShopFixture,
    builders::{self, timestamp},
    event_store::ManualClock,
};

/// A mailer that keeps the mails.
#[derive(Default)]
struct KeepingMailer(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for KeepingMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// The mails that the delivery of an event sends.
async fn sent(shop: &ShopFixture, event: JournalEvent, policy: VerifiedEmailPolicy) -> Vec<Mail> {
    let mailer = Arc::new(KeepingMailer::default());
    let settings = MailSettings {
        secrets: Arc::new(Secrets),
        clock: ManualClock::at(10),
        policy,
        public_url: Some("https://shop.example".to_owned()),
    };
    let stores = &shop.stores;
    let (orders, accounts) = (stores.orders.clone(), stores.accounts.clone());
    let notifier = MailNotifier::new(orders, accounts, mailer.clone(), settings);
    assert!(notifier.wants(&event));
    let results = notifier.deliver(&[event]).await;
    assert!(matches!(results.as_slice(), [Ok(())]), "{results:?}");
    let sent = mailer.0.lock().unwrap();
    sent.clone()
}

/// The mail of an event that orders it, as the account is now.
async fn account_mail(shop: &ShopFixture, account: &Account, mail: AccountMail) -> Vec<Mail> {
    let event = Event::AccountMailRequested(mail);
    let is_notice = matches!(mail, AccountMail::AddressChangeNotice | AccountMail::PasswordChanged);
    let new = NewEvent {
        recipient: is_notice.then(|| account.email.clone()),
        ..NewEvent::of_account(event.clone(), account.id, account.actor(), timestamp(10))
    };
    let event = JournalEvent { event, record: EventRecord::of(EventId::new(1), &new) };
    sent(shop, event, VerifiedEmailPolicy::Order).await
}

/// The token in the link of the only mail.
fn token(mails: &[Mail]) -> String {
    assert_eq!(mails.len(), 1);
    let (_link, token) = mails[0].text.split_once("?token=").expect("a link with a token");
    token.lines().next().unwrap().to_owned()
}

pub async fn an_address_that_was_never_confirmed_gets_no_mail_about_orders_where_that_is_required(
    shop: ShopFixture,
) {
    let order = shop.place(builders::free_form(&shop.customer, "A desk").build()).await;
    let event = Event::OrderPlaced(PlacedOrder::from(&order));
    let new = NewEvent::of_order(event.clone(), &order, shop.customer.actor(), timestamp(10));
    let placed = JournalEvent { event, record: EventRecord::of(EventId::new(1), &new) };
    let count = async |policy| sent(&shop, placed.clone(), policy).await.len();
    assert_eq!(count(VerifiedEmailPolicy::Off).await, 1);
    for policy in [VerifiedEmailPolicy::Mail, VerifiedEmailPolicy::Order] {
        assert_eq!(count(policy).await, 0, "{policy:?}");
    }
    let command = confirm(&shop.customer, "ada@example.com");
    by_owner(&shop, &shop.customer, &command).await.unwrap();
    for policy in [VerifiedEmailPolicy::Off, VerifiedEmailPolicy::Mail, VerifiedEmailPolicy::Order]
    {
        assert_eq!(count(policy).await, 1, "{policy:?}");
    }
}

pub async fn the_link_in_a_mail_confirms_the_address_it_was_sent_to(shop: ShopFixture) {
    let mails = account_mail(&shop, &shop.customer, AccountMail::ConfirmAddress).await;
    assert_eq!(mails[0].to.as_str(), "ada@example.com");
    let account = service(&shop).confirm_address(&token(&mails), None, None).await.unwrap();
    assert_eq!(account.email_verified_at, Some(timestamp(10)));
    let again = account_mail(&shop, &shop.customer, AccountMail::ConfirmAddress).await;
    assert!(again.is_empty(), "there is nothing to confirm any more");
}

pub async fn the_link_in_a_mail_puts_a_pending_address_in_force(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    let notice = account_mail(&shop, &eve, AccountMail::AddressChangeNotice).await;
    assert_eq!(notice[0].to.as_str(), "eve@example.com");
    let mails = account_mail(&shop, &eve, AccountMail::ConfirmAddress).await;
    assert_eq!(mails[0].to.as_str(), "new@example.com");
    let account = service(&shop).confirm_address(&token(&mails), None, None).await.unwrap();
    assert_eq!(account.email.as_str(), "new@example.com");
}

pub async fn the_link_in_a_mail_resets_the_password_once(shop: ShopFixture) {
    let mails = account_mail(&shop, &shop.customer, AccountMail::ResetPassword).await;
    let reset = async |token: &str| {
        let password = NewPassword::parse("a new password", PasswordPolicy::V1).unwrap();
        service(&shop).reset_password(token, password, None).await
    };
    reset(&token(&mails)).await.unwrap();
    let refused = reset(&token(&mails)).await;
    assert!(matches!(refused, Err(AccountTokenError::Invalid)), "{refused:?}");
}

pub async fn a_deleted_account_gets_no_mail(shop: ShopFixture) {
    shop.delete_account(shop.customer.id).await;
    for mail in [
        AccountMail::ConfirmAddress,
        AccountMail::AddressChangeNotice,
        AccountMail::ResetPassword,
        AccountMail::PasswordChanged,
    ] {
        assert!(account_mail(&shop, &shop.customer, mail).await.is_empty(), "{mail:?}");
    }
}
