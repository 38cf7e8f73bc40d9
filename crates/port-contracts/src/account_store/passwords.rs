//! Changing and resetting passwords.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    UserId,
    account::{Account, AccountCommand, AccountRefusal, Role},
    events::AccountMail,
};

use super::fixture::{
    by_owner, confirmed, current, execute, found, hash_of, new_address, open_after, open_sessions,
    ordered_mails, refusal_of, reset,
};
use crate::{
    ShopFixture,
    builders::{email, password_hash, session_id, timestamp},
};

fn change(current: &str, new: &str) -> AccountCommand {
    AccountCommand::ChangePassword {
        current: password_hash(current),
        new: password_hash(new),
        session: Some(session_id(1)),
    }
}

pub async fn an_account_is_found_by_id_with_the_hash_of_its_password(shop: ShopFixture) {
    let known = shop.stores.accounts.credentials_of(shop.customer.id).await.unwrap().unwrap();
    assert_eq!((known.account, known.password), (shop.customer.clone(), current()));
    for id in [shop.customer.id.get() + 1_000, 0, -1, i64::MAX, i64::MIN] {
        assert!(shop.stores.accounts.credentials_of(UserId::new(id)).await.unwrap().is_none());
    }
}

pub async fn a_changed_password_replaces_the_hash_and_ends_the_other_sessions(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    open_sessions(&shop, &eve).await;
    let changed = by_owner(&shop, &eve, &change("ada", "new")).await.unwrap();
    assert_eq!((&changed, found(&shop, &eve).await), (&eve, eve.clone()), "no address is pending");
    assert_eq!(hash_of(&shop, &eve).await, password_hash("new"));
    let by_address = shop.stores.accounts.credentials(&eve.email).await.unwrap().unwrap();
    assert_eq!(by_address.password, password_hash("new"));
    assert_eq!(open_after(&shop).await, [true, false]);
    let mails = ordered_mails(&shop.stores, &eve).await;
    assert_eq!(mails.last(), Some(&AccountMail::PasswordChanged), "{mails:?}");
    assert_eq!(hash_of(&shop, &shop.customer).await, current(), "other accounts keep theirs");
}

pub async fn a_reset_replaces_the_hash_ends_all_sessions_and_confirms_the_address(
    shop: ShopFixture,
) {
    let ShopFixture { customer, .. } = &shop;
    open_sessions(&shop, customer).await;
    let changed = by_owner(&shop, customer, &reset(customer, "new")).await.unwrap();
    let expected = Account { email_verified_at: Some(timestamp(10)), ..customer.clone() };
    assert_eq!((&changed, found(&shop, customer).await), (&expected, expected.clone()));
    assert_eq!(hash_of(&shop, customer).await, password_hash("new"));
    assert_eq!(open_after(&shop).await, [false, false]);
    assert_eq!(ordered_mails(&shop.stores, customer).await, [AccountMail::PasswordChanged]);
}

pub async fn a_password_that_an_operator_sets_ends_all_sessions(shop: ShopFixture) {
    let ShopFixture { customer, .. } = &shop;
    open_sessions(&shop, customer).await;
    let set = AccountCommand::SetPassword { new: password_hash("new") };
    assert_eq!(&by_owner(&shop, customer, &set).await.unwrap(), customer);
    assert_eq!(hash_of(&shop, customer).await, password_hash("new"));
    assert_eq!(open_after(&shop).await, [false, false]);
}

pub async fn a_password_change_that_no_longer_fits_is_refused_and_changes_nothing(
    shop: ShopFixture,
) {
    let ShopFixture { customer, .. } = &shop;
    open_sessions(&shop, customer).await;
    let moved = Account { email: email("former@example.com"), ..customer.clone() };
    let former_hash = AccountCommand::ResetPassword {
        current: password_hash("former"),
        email: customer.email.clone(),
        new: password_hash("new"),
    };
    for (command, expected) in [
        (change("former", "new"), AccountRefusal::WrongPassword),
        (former_hash, AccountRefusal::StaleToken),
        (reset(&moved, "new"), AccountRefusal::StaleToken),
    ] {
        let refused = by_owner(&shop, customer, &command).await;
        assert_eq!(refusal_of(&refused), Some(&expected));
    }
    let refused = execute(&shop, customer, &reset(customer, "new"), shop.admin.actor()).await;
    assert_eq!(refusal_of(&refused), Some(&AccountRefusal::Forbidden));
    assert_eq!(hash_of(&shop, customer).await, current());
    assert_eq!(&found(&shop, customer).await, customer);
    assert_eq!(open_after(&shop).await, [true, true]);
    assert_eq!(ordered_mails(&shop.stores, customer).await, []);
}

pub async fn a_requested_mail_is_ordered_and_changes_nothing(shop: ShopFixture) {
    let ShopFixture { customer, .. } = &shop;
    open_sessions(&shop, customer).await;
    for command in [AccountCommand::RequestPasswordReset, AccountCommand::RequestConfirmation] {
        assert_eq!(&by_owner(&shop, customer, &command).await.unwrap(), customer);
    }
    assert_eq!(&found(&shop, customer).await, customer);
    assert_eq!(hash_of(&shop, customer).await, current());
    assert_eq!(open_after(&shop).await, [true, true]);
    let mails = [AccountMail::ResetPassword, AccountMail::ConfirmAddress];
    assert_eq!(ordered_mails(&shop.stores, customer).await, mails);
}

pub async fn an_admin_who_resets_the_password_stays_an_admin(shop: ShopFixture) {
    let ShopFixture { admin, .. } = &shop;
    let changed = by_owner(&shop, admin, &reset(admin, "new")).await.unwrap();
    assert_eq!(changed.role, Role::Admin);
    assert!(shop.stores.accounts.has_admin().await.unwrap());
}
