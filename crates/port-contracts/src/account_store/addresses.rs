//! Confirming addresses and changing confirmed ones.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    account::{
        Account, AccountCommand, AccountRefusal,
        port::{AccountQuery, ChangeAccountError, CreateAccountError},
    },
    events::AccountMail,
};

use super::fixture::{
    by_owner, confirm, confirmed, execute, found, hash_of, new_address, open_after, open_sessions,
    ordered_mails, refusal_of, requests_for_mails,
};
use crate::{
    ShopFixture, Stores,
    builders::{self, email, timestamp, trace},
    event_store::all_events,
};

pub async fn a_new_account_is_confirmed_from_its_creation_or_not_at_all(stores: Stores) {
    let store = stores.accounts.as_ref();
    let verified = builders::account("a@example.com").verified().with_timestamp(5);
    let verified = verified.create(store).await;
    assert_eq!(verified.email_verified_at, Some(timestamp(5)));
    let unverified = builders::account("b@example.com").create(store).await;
    let asked = builders::account("c@example.com").asked().create(store).await;
    for account in [&unverified, &asked] {
        assert_eq!(account.email_verified_at, None);
    }
    for account in [&verified, &unverified, &asked] {
        assert_eq!(account.pending_email, None);
        assert_eq!(store.find(account.id).await.unwrap().as_ref(), Some(account));
    }
    assert_eq!(ordered_mails(&stores, &verified).await, []);
    assert_eq!(ordered_mails(&stores, &unverified).await, []);
    assert_eq!(ordered_mails(&stores, &asked).await, [AccountMail::ConfirmAddress]);
}

pub async fn confirming_an_address_keeps_the_sessions_and_the_password(shop: ShopFixture) {
    let ShopFixture { customer, .. } = &shop;
    open_sessions(&shop, customer).await;
    let command = confirm(customer, "ada@example.com");
    let changed = by_owner(&shop, customer, &command).await.unwrap();
    let expected = Account { email_verified_at: Some(timestamp(10)), ..customer.clone() };
    assert_eq!(changed, expected);
    assert_eq!(found(&shop, customer).await, expected);
    assert_eq!(hash_of(&shop, customer).await, builders::password_hash("ada"));
    assert_eq!(open_after(&shop).await, [true, true]);
}

pub async fn the_new_address_of_a_confirmed_account_is_pending_until_it_is_confirmed(
    shop: ShopFixture,
) {
    let eve = confirmed(&shop, "eve@example.com").await;
    open_sessions(&shop, &eve).await;
    let pending = by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    let expected = Account { pending_email: Some(email("new@example.com")), ..eve.clone() };
    assert_eq!((&pending, found(&shop, &eve).await), (&expected, expected.clone()));
    let by_address = async |address| {
        shop.stores.accounts.credentials(&email(address)).await.unwrap().map(|known| known.account)
    };
    assert_eq!(by_address("eve@example.com").await, Some(expected.clone()));
    assert_eq!(by_address("new@example.com").await, None);
    let mails = [AccountMail::ConfirmAddress, AccountMail::AddressChangeNotice];
    assert_eq!(ordered_mails(&shop.stores, &eve).await, mails);
    assert_eq!(open_after(&shop).await, [true, true], "nothing has changed yet");

    let command = confirm(&pending, "new@example.com");
    let changed = by_owner(&shop, &eve, &command).await.unwrap();
    let expected = Account {
        email: email("new@example.com"),
        email_verified_at: Some(timestamp(10)),
        ..eve.clone()
    };
    assert_eq!((&changed, found(&shop, &eve).await), (&expected, expected.clone()));
    assert_eq!(by_address("new@example.com").await, Some(expected));
    assert_eq!(open_after(&shop).await, [true, false], "the other session ended");
    let successor = shop.register("eve@example.com").await;
    assert_ne!(successor.id, eve.id, "the former address is free");
}

pub async fn the_mails_of_a_change_have_its_time_and_trace(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    let actor = eve.actor().in_trace(Some(trace(3)));
    execute(&shop, &eve, &new_address("new@example.com"), actor).await.unwrap();
    let mails = requests_for_mails(&shop.stores, &eve).await;
    for (_mail, event) in &mails {
        assert_eq!((event.at, event.trace), (timestamp(10), Some(trace(3))));
    }
    assert_eq!(mails.len(), 2);
}

pub async fn an_address_in_use_cannot_be_made_pending(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    let refused = by_owner(&shop, &eve, &new_address("ADA@example.com")).await;
    assert!(matches!(refused, Err(ChangeAccountError::EmailTaken)), "{refused:?}");
    assert_eq!(found(&shop, &eve).await, eve);
    assert_eq!(ordered_mails(&shop.stores, &eve).await, []);

    shop.delete_account(shop.customer.id).await;
    let pending = by_owner(&shop, &eve, &new_address("ada@example.com")).await.unwrap();
    assert_eq!(pending.pending_email, Some(email("ada@example.com")), "it is free again");
}

pub async fn a_pending_address_is_not_reserved(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    let pending = by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    let other = shop.register("new@example.com").await;
    let command = confirm(&pending, "new@example.com");
    let refused = by_owner(&shop, &eve, &command).await;
    assert!(matches!(refused, Err(ChangeAccountError::EmailTaken)), "{refused:?}");
    assert_eq!((found(&shop, &eve).await, found(&shop, &other).await), (pending, other));
}

pub async fn several_accounts_may_have_one_pending_address(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    let bob = confirmed(&shop, "bob@example.com").await;
    for account in [&eve, &bob] {
        by_owner(&shop, account, &new_address("new@example.com")).await.unwrap();
    }
    by_owner(&shop, &bob, &confirm(&bob, "new@example.com")).await.unwrap();
    let refused = by_owner(&shop, &eve, &confirm(&eve, "new@example.com")).await;
    assert!(matches!(refused, Err(ChangeAccountError::EmailTaken)), "{refused:?}");
}

pub async fn a_refused_change_of_an_address_changes_nothing(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    open_sessions(&shop, &eve).await;
    let without_password = AccountCommand::update(None, Some(email("new@example.com")));
    let elsewhere = confirm(&shop.customer, "eve@example.com");
    let never_requested = confirm(&eve, "new@example.com");
    for (command, expected) in [
        (without_password, AccountRefusal::PasswordRequired),
        (elsewhere, AccountRefusal::StaleToken),
        (never_requested, AccountRefusal::StaleToken),
    ] {
        let refused = by_owner(&shop, &eve, &command).await;
        assert_eq!(refusal_of(&refused), Some(&expected));
        assert_eq!(found(&shop, &eve).await, eve);
    }
    assert_eq!(open_after(&shop).await, [true, true]);
    assert_eq!(ordered_mails(&shop.stores, &eve).await, []);
}

pub async fn an_address_that_staff_enter_is_unconfirmed_and_ends_all_sessions(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    open_sessions(&shop, &eve).await;
    let update = AccountCommand::update(None, Some(email("staff@example.com")));
    let changed = execute(&shop, &eve, &update, shop.admin.actor()).await.unwrap();
    let email = email("staff@example.com");
    let expected = Account { email, email_verified_at: None, ..eve.clone() };
    assert_eq!((&changed, found(&shop, &eve).await), (&expected, expected.clone()));
    assert_eq!(open_after(&shop).await, [false, false]);
}

pub async fn the_sessions_of_other_accounts_stay_open(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    open_sessions(&shop, &shop.customer).await;
    let update = AccountCommand::update(None, Some(email("staff@example.com")));
    execute(&shop, &eve, &update, shop.admin.actor()).await.unwrap();
    assert_eq!(open_after(&shop).await, [true, true]);
}

pub async fn an_account_with_a_pending_address_can_be_deleted(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    let pending = by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    shop.delete_account(eve.id).await;
    assert_eq!(shop.stores.accounts.find(eve.id).await.unwrap(), None);
    assert!(shop.stores.accounts.credentials_of(eve.id).await.unwrap().is_none());
    let refused = by_owner(&shop, &pending, &confirm(&pending, "new@example.com")).await;
    assert!(matches!(refused, Err(ChangeAccountError::NotFound)), "{refused:?}");
    for address in ["eve@example.com", "new@example.com"] {
        shop.register(address).await;
    }
}

pub async fn a_pending_address_is_listed_with_its_account_and_found_by_no_login(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    let pending = by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    let listed =
        shop.stores.accounts.list(&AccountQuery::all(builders::page(1, 10))).await.unwrap();
    assert!(listed.items.contains(&pending));
    assert!(shop.stores.accounts.credentials(&email("new@example.com")).await.unwrap().is_none());
    let session = crate::session_store::session(1, eve.id, 0);
    shop.stores.sessions.open(session).await.unwrap();
    let caller = shop.stores.sessions.caller(builders::session_id(1), timestamp(20)).await;
    assert_eq!(caller.unwrap().unwrap().account, pending);
}

pub async fn a_taken_address_orders_no_mail(stores: Stores) {
    let first = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
    let again = builders::account("ada@example.com").asked();
    let refused = again.try_create(stores.accounts.as_ref()).await;
    assert!(matches!(refused, Err(CreateAccountError::EmailTaken)), "{refused:?}");
    assert_eq!(ordered_mails(&stores, &first).await, []);
    let events = all_events(&stores).await;
    assert_eq!(events.len(), 1, "{events:?}");
}
