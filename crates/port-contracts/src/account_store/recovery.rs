//! The use cases of forgotten passwords and addresses, over the accounts of the store.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    UserId,
    account::{
        Account, AccountRefusal, AccountToken, AccountTokenPurpose, NewPassword, PasswordAttempt,
        PasswordPolicy,
        service::{AccountTokenError, PasswordCheckError, ProfileUpdate},
    },
    events::AccountMail,
};

use super::{
    fixture::{confirmed, found, open_after, open_sessions, ordered_mails, refusal_of},
    service_fixture::{Secrets, service, service_at},
};
use crate::{
    ShopFixture,
    builders::{email, person, session_id, timestamp},
    event_store::ManualClock,
};

fn password(raw: &str) -> NewPassword {
    NewPassword::parse(raw, PasswordPolicy::V1).unwrap()
}

/// The token that a mail to the account contains now.
async fn mailed(shop: &ShopFixture, account: &Account, purpose: AccountTokenPurpose) -> String {
    let known = shop.stores.accounts.credentials_of(account.id).await.unwrap().unwrap();
    let token = AccountToken::issue(purpose, &known, &Secrets, timestamp(10));
    token.expect("there is something to confirm").expose().to_owned()
}

async fn reset_token(shop: &ShopFixture, account: &Account) -> String {
    mailed(shop, account, AccountTokenPurpose::ResetPassword).await
}

pub async fn a_password_reset_is_mailed_to_the_address_of_an_account_only(shop: ShopFixture) {
    let service = service(&shop);
    service.request_password_reset(&email("ADA@example.com"), None).await.unwrap();
    service.request_password_reset(&email("nobody@example.com"), None).await.unwrap();
    let mails = [AccountMail::ResetPassword];
    assert_eq!(ordered_mails(&shop.stores, &shop.customer).await, mails);
    assert_eq!(ordered_mails(&shop.stores, &shop.admin).await, []);
}

pub async fn a_reset_token_works_once(shop: ShopFixture) {
    let (service, ShopFixture { customer, .. }) = (service(&shop), &shop);
    open_sessions(&shop, customer).await;
    let token = reset_token(&shop, customer).await;
    let second = reset_token(&shop, customer).await;
    let changed = service.reset_password(&token, password("new password"), None).await.unwrap();
    assert_eq!(changed.email_verified_at, Some(timestamp(10)));
    assert_eq!(open_after(&shop).await, [false, false]);
    for token in [&token, &second] {
        let refused = service.reset_password(token, password("yet another"), None).await;
        assert!(matches!(refused, Err(AccountTokenError::Invalid)), "{refused:?}");
    }
    let attempt = PasswordAttempt::new("new password");
    let again = password("changed password");
    service.change_password(customer.actor(), None, attempt, again).await.unwrap();
}

pub async fn a_reset_token_works_for_half_an_hour(shop: ShopFixture) {
    let clock = ManualClock::at(10);
    let service = service_at(&shop, clock.clone());
    let token = reset_token(&shop, &shop.customer).await;
    clock.set(10 + 30 * 60);
    let refused = service.reset_password(&token, password("new password"), None).await;
    assert!(matches!(refused, Err(AccountTokenError::Invalid)), "{refused:?}");
    clock.set(10 + 30 * 60 - 1);
    service.reset_password(&token, password("new password"), None).await.unwrap();
}

pub async fn a_reset_token_of_a_deleted_account_is_invalid(shop: ShopFixture) {
    let token = reset_token(&shop, &shop.customer).await;
    shop.delete_account(shop.customer.id).await;
    let refused = service(&shop).reset_password(&token, password("new password"), None).await;
    assert!(matches!(refused, Err(AccountTokenError::Invalid)), "{refused:?}");
}

pub async fn a_password_is_changed_only_with_the_current_one(shop: ShopFixture) {
    let (service, ShopFixture { customer, .. }) = (service(&shop), &shop);
    let token = reset_token(&shop, customer).await;
    service.reset_password(&token, password("a password"), None).await.unwrap();
    open_sessions(&shop, customer).await;
    let change = async |current: &str| {
        let (attempt, new) = (PasswordAttempt::new(current), password("new password"));
        service.change_password(customer.actor(), Some(session_id(1)), attempt, new).await
    };
    let refused = change("not the password").await;
    assert!(matches!(refused, Err(PasswordCheckError::WrongPassword)), "{refused:?}");
    assert_eq!(open_after(&shop).await, [true, true]);
    change("a password").await.unwrap();
    assert_eq!(open_after(&shop).await, [true, false]);
    let refused = change("a password").await;
    assert!(matches!(refused, Err(PasswordCheckError::WrongPassword)), "{refused:?}");
}

pub async fn a_confirmed_owner_changes_the_address_by_password_and_mail(shop: ShopFixture) {
    let (service, eve) = (service(&shop), confirmed(&shop, "eve@example.com").await);
    let operator = service.set_password(&eve, password("a password")).await.unwrap();
    assert_eq!(operator, eve);
    let update = async |current: Option<&str>| {
        let update = ProfileUpdate {
            name: Some(person("Eve")),
            email: Some(email("new@example.com")),
            current_password: current.map(PasswordAttempt::new),
        };
        service.update(eve.id, update, eve.actor(), None).await
    };
    let refused = update(None).await;
    assert!(matches!(refused, Err(PasswordCheckError::PasswordRequired)), "{refused:?}");
    let refused = update(Some("not the password")).await;
    assert!(matches!(refused, Err(PasswordCheckError::WrongPassword)), "{refused:?}");
    assert_eq!(found(&shop, &eve).await, eve, "the name stays as well");
    let pending = update(Some("a password")).await.unwrap();
    assert_eq!((pending.name.as_str(), &pending.email), ("Eve", &eve.email));

    let token = mailed(&shop, &eve, AccountTokenPurpose::ConfirmAddress).await;
    let changed = service.confirm_address(&token, None, None).await.unwrap();
    assert_eq!((changed.email, changed.pending_email), (email("new@example.com"), None));
    let refused = service.confirm_address(&token, None, None).await;
    assert!(matches!(refused, Err(AccountTokenError::Invalid)), "{refused:?}");
}

pub async fn the_confirmation_of_an_address_that_was_taken_meanwhile_fails(shop: ShopFixture) {
    let (service, eve) = (service(&shop), confirmed(&shop, "eve@example.com").await);
    service.set_password(&eve, password("a password")).await.unwrap();
    let update = ProfileUpdate {
        email: Some(email("new@example.com")),
        current_password: Some(PasswordAttempt::new("a password")),
        ..ProfileUpdate::default()
    };
    service.update(eve.id, update, eve.actor(), None).await.unwrap();
    let token = mailed(&shop, &eve, AccountTokenPurpose::ConfirmAddress).await;
    shop.register("new@example.com").await;
    let refused = service.confirm_address(&token, None, None).await;
    assert!(matches!(refused, Err(AccountTokenError::EmailTaken)), "{refused:?}");
}

pub async fn a_token_does_nothing_for_another_purpose(shop: ShopFixture) {
    let (service, ShopFixture { customer, .. }) = (service(&shop), &shop);
    let confirms = mailed(&shop, customer, AccountTokenPurpose::ConfirmAddress).await;
    let refused = service.reset_password(&confirms, password("new password"), None).await;
    assert!(matches!(refused, Err(AccountTokenError::Invalid)), "{refused:?}");
    let resets = reset_token(&shop, customer).await;
    let refused = service.confirm_address(&resets, None, None).await;
    assert!(matches!(refused, Err(AccountTokenError::Invalid)), "{refused:?}");
    assert_eq!(&found(&shop, customer).await, customer);
}

pub async fn strangers_learn_nothing_from_requests_for_other_accounts(shop: ShopFixture) {
    let (service, stranger) = (service(&shop), shop.customer.actor());
    let unknown = UserId::new(shop.admin.id.get() + 1_000);
    for id in [shop.admin.id, unknown] {
        let update = ProfileUpdate {
            email: Some(email("new@example.com")),
            current_password: Some(PasswordAttempt::new("a password")),
            ..ProfileUpdate::default()
        };
        let refused = service.update(id, update, stranger, None).await;
        let Err(PasswordCheckError::Change(error)) = refused else {
            panic!("expected a refusal, but: {refused:?}");
        };
        assert_eq!(refusal_of(&Err::<(), _>(error)), Some(&AccountRefusal::Forbidden));
        let refused = service.request_confirmation(id, stranger).await;
        assert_eq!(refusal_of(&refused), Some(&AccountRefusal::Forbidden));
    }
}
