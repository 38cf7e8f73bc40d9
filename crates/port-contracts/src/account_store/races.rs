//! Concurrent changes of accounts.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::account::{
    AccountCommand, AccountRefusal, Role, RoleChange,
    port::{ChangeAccountError, CreateAccountError},
};

use crate::{
    ShopFixture, Stores,
    builders::{self, email, page, timestamp},
    race,
};

const RACERS: usize = 32;

pub async fn of_concurrent_registrations_of_one_email_address_one_succeeds(stores: Stores) {
    let results = race(RACERS, |racer| {
        let store = stores.accounts.clone();
        let address = if racer % 2 == 0 { "ada@example.com" } else { "ADA@EXAMPLE.COM" };
        async move { builders::account(address).try_create(store.as_ref()).await }
    })
    .await;
    let won: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(won.len(), 1, "{results:?}");
    let taken = |result: &&Result<_, _>| matches!(result, Err(CreateAccountError::EmailTaken));
    assert_eq!(results.iter().filter(taken).count(), RACERS - 1, "{results:?}");
    let listed = stores.accounts.list(page(1, 10)).await.unwrap();
    assert_eq!((listed.items, listed.total), (vec![won[0].clone()], 1));
}

pub async fn of_concurrent_updates_to_one_email_address_one_succeeds(shop: ShopFixture) {
    let mut racers = Vec::new();
    for number in 0..8 {
        racers.push(shop.register(&format!("user{number}@example.com")).await);
    }
    let results = race(racers.len(), |racer| {
        let (store, account) = (shop.stores.accounts.clone(), racers[racer].clone());
        let command = AccountCommand::update(None, Some(email("one@example.com")));
        async move { store.execute(account.id, &command, account.actor(), timestamp(1)).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let taken = |result: &&Result<_, _>| matches!(result, Err(ChangeAccountError::EmailTaken));
    assert_eq!(results.iter().filter(taken).count(), 7, "{results:?}");
}

pub async fn of_concurrent_first_admins_one_is_created(stores: Stores) {
    let results = race(RACERS, |racer| {
        let store = stores.accounts.clone();
        let new = builders::account(&format!("admin{racer}@example.com")).with_role(Role::Admin);
        async move { store.create_first_admin(new.build()).await.unwrap() }
    })
    .await;
    let made: Vec<_> = results.into_iter().flatten().collect();
    let listed = stores.accounts.list(page(1, 100)).await.unwrap();
    assert_eq!((made.len(), &made), (1, &listed.items));
    assert_eq!(listed.total, 1);
}

pub async fn of_two_admins_who_demote_or_delete_each_other_one_remains(shop: ShopFixture) {
    let mut survivor = shop.admin.clone();
    for round in 0..10 {
        let command = if round % 2 == 0 {
            AccountCommand::ChangeRole(RoleChange::Set(Role::User))
        } else {
            AccountCommand::Delete
        };
        let pair = [survivor, shop.register_admin(&format!("admin{round}@example.com")).await];
        let results = race(2, |racer| {
            let (store, command) = (shop.stores.accounts.clone(), command.clone());
            let (actor, target) = (pair[racer].actor(), pair[1 - racer].id);
            async move { store.execute(target, &command, actor, timestamp(1)).await }
        })
        .await;
        let refused = results.iter().filter(|result| {
            matches!(result, Err(ChangeAccountError::Refused(AccountRefusal::LastAdmin)))
        });
        assert_eq!(refused.count(), 1, "{results:?}");
        let winner = results.iter().position(Result::is_ok).expect("one succeeds");
        survivor = pair[winner].clone();
        let found = shop.stores.accounts.find(survivor.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&survivor), "the admin whose command succeeded remains");
    }
}

pub async fn concurrent_registrations_of_different_addresses_all_succeed(stores: Stores) {
    let accounts = race(RACERS, |racer| {
        let store = stores.accounts.clone();
        async move {
            builders::account(&format!("user{racer}@example.com")).create(store.as_ref()).await
        }
    })
    .await;
    let mut ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), RACERS);
    let listed = stores.accounts.list(page(1, 100)).await.unwrap();
    assert_eq!((listed.items.len(), listed.total), (RACERS, 32));
}
