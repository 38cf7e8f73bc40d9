//! Concurrent changes of passwords and addresses.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    account::{
        Account, AccountCommand, AccountRefusal,
        port::{ChangeAccountError, CreateAccountError},
    },
    events::AccountMail,
};

use super::fixture::{
    by_owner, confirm, confirmed, current, execute, found, hash_of, new_address, ordered_mails,
    refusal_of, reset,
};
use crate::{
    ShopFixture,
    builders::{self, email, password_hash},
    race,
};

const RACERS: usize = 16;
const ROUNDS: usize = 8;

/// Races commands of the owner, made by racer, and asserts that one succeeds and the others get one
/// of these refusals. Returns the number of the one.
async fn only_winner(
    shop: &ShopFixture,
    account: &Account,
    command: impl Fn(usize) -> AccountCommand,
    refusals: &[AccountRefusal],
) -> usize {
    let results = race(RACERS, |racer| {
        let (shop, account, command) = (shop.clone(), account.clone(), command(racer));
        async move { by_owner(&shop, &account, &command).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let others = results.iter().filter_map(refusal_of);
    let refused = others.filter(|why| refusals.contains(*why)).count();
    assert_eq!(refused, RACERS - 1, "{results:?}");
    results.iter().position(Result::is_ok).expect("one succeeds")
}

pub async fn of_concurrent_resets_with_one_token_one_succeeds(shop: ShopFixture) {
    let ShopFixture { customer, .. } = &shop;
    let command = |racer| reset(customer, &format!("racer{racer}"));
    let winner = only_winner(&shop, customer, command, &[AccountRefusal::StaleToken]).await;
    assert_eq!(hash_of(&shop, customer).await, password_hash(&format!("racer{winner}")));
    assert_eq!(ordered_mails(&shop.stores, customer).await, [AccountMail::PasswordChanged]);
}

pub async fn of_concurrent_changes_of_one_password_one_succeeds(shop: ShopFixture) {
    let ShopFixture { customer, .. } = &shop;
    let command = |racer| AccountCommand::ChangePassword {
        current: current(),
        new: password_hash(&format!("racer{racer}")),
        session: None,
    };
    let winner = only_winner(&shop, customer, command, &[AccountRefusal::WrongPassword]).await;
    assert_eq!(hash_of(&shop, customer).await, password_hash(&format!("racer{winner}")));
}

pub async fn of_concurrent_confirmations_with_one_token_one_succeeds(shop: ShopFixture) {
    let eve = confirmed(&shop, "eve@example.com").await;
    by_owner(&shop, &eve, &new_address("new@example.com")).await.unwrap();
    let command = |_racer| confirm(&eve, "new@example.com");
    only_winner(&shop, &eve, command, &[AccountRefusal::StaleToken]).await;
    assert_eq!(found(&shop, &eve).await.email, email("new@example.com"));
}

pub async fn a_reset_never_survives_a_concurrent_change_of_the_address(shop: ShopFixture) {
    for round in 0..ROUNDS {
        let eve = confirmed(&shop, &format!("eve{round}@example.com")).await;
        let moved = email(&format!("moved{round}@example.com"));
        let commands = [reset(&eve, "new"), AccountCommand::update(None, Some(moved.clone()))];
        let actors = [eve.actor(), shop.admin.actor()];
        let results = race(2, |racer| {
            let (shop, eve, command) = (shop.clone(), eve.clone(), commands[racer].clone());
            let actor = actors[racer];
            async move { execute(&shop, &eve, &command, actor).await }
        })
        .await;
        assert!(results[1].is_ok(), "{results:?}");
        let after = found(&shop, &eve).await;
        let expected = Account { email: moved, email_verified_at: None, ..eve.clone() };
        assert_eq!(after, expected, "the reset does not confirm an address it was not mailed to");
        let hash = if results[0].is_ok() { password_hash("new") } else { current() };
        assert!(results[0].is_ok() || refusal_of(&results[0]) == Some(&AccountRefusal::StaleToken));
        assert_eq!(hash_of(&shop, &eve).await, hash);
    }
}

pub async fn a_change_of_the_password_withdraws_a_concurrent_change_of_the_address(
    shop: ShopFixture,
) {
    for round in 0..ROUNDS {
        let eve = confirmed(&shop, &format!("eve{round}@example.com")).await;
        let commands = [reset(&eve, "new"), new_address(&format!("new{round}@example.com"))];
        let results = race(2, |racer| {
            let (shop, eve, command) = (shop.clone(), eve.clone(), commands[racer].clone());
            async move { by_owner(&shop, &eve, &command).await }
        })
        .await;
        assert!(results[0].is_ok(), "{results:?}");
        assert!(
            results[1].is_ok() || refusal_of(&results[1]) == Some(&AccountRefusal::WrongPassword)
        );
        assert_eq!(found(&shop, &eve).await.pending_email, None, "whichever came first");
    }
}

pub async fn of_a_confirmation_and_a_registration_of_one_address_one_succeeds(shop: ShopFixture) {
    for round in 0..ROUNDS {
        let eve = confirmed(&shop, &format!("eve{round}@example.com")).await;
        let address = format!("new{round}@example.com");
        let pending = by_owner(&shop, &eve, &new_address(&address)).await.unwrap();
        let results = race(2, |racer| {
            let (shop, pending, address) = (shop.clone(), pending.clone(), address.clone());
            async move {
                if racer == 0 {
                    let confirmed = by_owner(&shop, &pending, &confirm(&pending, &address)).await;
                    let taken = matches!(confirmed, Err(ChangeAccountError::EmailTaken));
                    assert!(confirmed.is_ok() || taken, "{confirmed:?}");
                    confirmed.is_ok()
                } else {
                    let new = builders::account(&address);
                    let created = new.try_create(shop.stores.accounts.as_ref()).await;
                    let taken = matches!(created, Err(CreateAccountError::EmailTaken));
                    assert!(created.is_ok() || taken, "{created:?}");
                    created.is_ok()
                }
            }
        })
        .await;
        assert_ne!(results[0], results[1], "one of them has the address");
        let owner = shop.stores.accounts.credentials(&email(&address)).await.unwrap().unwrap();
        assert_eq!(owner.account.id == eve.id, results[0]);
    }
}

pub async fn of_concurrent_confirmations_of_one_address_one_succeeds(shop: ShopFixture) {
    let mut accounts = Vec::new();
    for number in 0..8 {
        let account = confirmed(&shop, &format!("user{number}@example.com")).await;
        accounts.push(by_owner(&shop, &account, &new_address("one@example.com")).await.unwrap());
    }
    let results = race(accounts.len(), |racer| {
        let (shop, account) = (shop.clone(), accounts[racer].clone());
        async move { by_owner(&shop, &account, &confirm(&account, "one@example.com")).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let taken = |result: &&Result<_, _>| matches!(result, Err(ChangeAccountError::EmailTaken));
    assert_eq!(results.iter().filter(taken).count(), accounts.len() - 1, "{results:?}");
}
