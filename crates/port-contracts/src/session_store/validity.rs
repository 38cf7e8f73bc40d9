//! The caller of a session, and when a session ends.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use chrono::TimeDelta;
use domain::{
    Timestamp, UserId,
    account::{
        Account, AccountCommand, NewSession, Role, RoleChange,
        port::{OpenSessionError, RefreshError},
    },
};
use futures::future::join_all;

use super::{LIFETIMES, session};
use crate::{
    ShopFixture,
    builders::{person, session_id, timestamp, token_hash},
};

async fn caller(shop: &ShopFixture, number: u64, now: Timestamp) -> Option<Account> {
    let caller = shop.stores.sessions.caller(session_id(number), now).await.unwrap()?;
    assert_eq!(caller.session, session_id(number));
    Some(caller.account)
}

pub async fn an_open_session_returns_its_caller(shop: ShopFixture) {
    shop.stores.sessions.open(session(1, shop.customer.id, 0)).await.unwrap();
    shop.stores.sessions.open(session(2, shop.admin.id, 0)).await.unwrap();
    assert_eq!(caller(&shop, 1, timestamp(1)).await, Some(shop.customer.clone()));
    assert_eq!(caller(&shop, 2, timestamp(1)).await, Some(shop.admin.clone()));
    assert_eq!(caller(&shop, 3, timestamp(1)).await, None);
}

pub async fn concurrent_lookups_each_get_their_own_caller(shop: ShopFixture) {
    let sessions = &shop.stores.sessions;
    for (number, user) in [(1, &shop.customer), (2, &shop.admin), (3, &shop.customer)] {
        sessions.open(session(number, user.id, 0)).await.unwrap();
    }
    sessions.revoke(session_id(3), timestamp(1)).await.unwrap();
    let ids = [2, 77, 1, 3, 2].map(session_id);
    let found = join_all(ids.map(|session| sessions.caller(session, timestamp(2)))).await;
    let found: Vec<_> = found
        .into_iter()
        .map(|caller| caller.unwrap().map(|caller| (caller.session, caller.account)))
        .collect();
    let admin = Some((session_id(2), shop.admin.clone()));
    let customer = Some((session_id(1), shop.customer.clone()));
    assert_eq!(found, [admin.clone(), None, customer, None, admin]);
}

pub async fn session_ids_may_have_any_bits(shop: ShopFixture) {
    let ids = [[0x00; 16], [0xFF; 16], [0x80; 16], [0x0A; 16]];
    for (number, bytes) in (10..).zip(ids) {
        let id = domain::account::SessionId::from_random(bytes);
        let new = NewSession { id, ..session(number, shop.customer.id, 0) };
        shop.stores.sessions.open(new).await.unwrap();
        let found = shop.stores.sessions.caller(id, timestamp(1)).await.unwrap().unwrap();
        assert_eq!(found.session, id);
    }
}

pub async fn opening_a_session_for_an_unknown_account_fails(shop: ShopFixture) {
    let unknown = UserId::new(shop.customer.id.get() + 1_000);
    let opened = shop.stores.sessions.open(session(1, unknown, 0)).await;
    assert!(matches!(opened, Err(OpenSessionError::AccountGone)), "{opened:?}");
    assert_eq!(caller(&shop, 1, timestamp(1)).await, None);
}

pub async fn a_caller_has_the_accounts_current_name_and_role(shop: ShopFixture) {
    shop.stores.sessions.open(session(1, shop.customer.id, 0)).await.unwrap();
    let commands = [
        AccountCommand::ChangeRole(RoleChange::Set(Role::Admin)),
        AccountCommand::update(Some(person("Countess")), None),
        AccountCommand::ChangeRole(RoleChange::Set(Role::User)),
    ];
    for command in commands {
        let (accounts, admin) = (&shop.stores.accounts, shop.admin.actor());
        let changed =
            accounts.execute(shop.customer.id, &command, admin, timestamp(1)).await.unwrap();
        assert!(changed.is_some());
        assert_eq!(caller(&shop, 1, timestamp(1)).await, changed);
    }
}

pub async fn a_session_has_no_caller_from_its_end_on(shop: ShopFixture) {
    let new = session(1, shop.customer.id, 0);
    let end = new.ends_at;
    shop.stores.sessions.open(new).await.unwrap();
    let shortest = TimeDelta::microseconds(1);
    assert!(caller(&shop, 1, end - shortest).await.is_some());
    assert!(caller(&shop, 1, end).await.is_none());
    assert!(caller(&shop, 1, end + shortest).await.is_none());
}

pub async fn a_revoked_session_has_no_caller_and_cannot_be_refreshed(shop: ShopFixture) {
    let sessions = &shop.stores.sessions;
    sessions.open(session(1, shop.customer.id, 0)).await.unwrap();
    sessions.open(session(2, shop.customer.id, 0)).await.unwrap();
    sessions.revoke(session_id(1), timestamp(5)).await.unwrap();
    assert_eq!(caller(&shop, 1, timestamp(5)).await, None);
    for successor in [None, Some(token_hash(9))] {
        let refreshed = sessions.refresh(&token_hash(1), successor, LIFETIMES, timestamp(6)).await;
        let rejected = matches!(refreshed, Err(RefreshError::Refused(_) | RefreshError::Unknown));
        assert!(rejected, "{refreshed:?}");
    }
    assert_eq!(
        caller(&shop, 2, timestamp(5)).await,
        Some(shop.customer.clone()),
        "the other session stays valid"
    );
}

pub async fn revoking_an_ended_or_unknown_session_succeeds(shop: ShopFixture) {
    let new = session(1, shop.customer.id, 0);
    let end = new.ends_at;
    shop.stores.sessions.open(new).await.unwrap();
    for now in [timestamp(1), timestamp(2), end + TimeDelta::days(1)] {
        shop.stores.sessions.revoke(session_id(1), now).await.unwrap();
    }
    shop.stores.sessions.revoke(session_id(77), timestamp(1)).await.unwrap();
}

pub async fn a_purge_removes_ended_sessions_up_to_its_limit(shop: ShopFixture) {
    let sessions = &shop.stores.sessions;
    for number in 1..=5 {
        sessions.open(session(number, shop.customer.id, 0)).await.unwrap();
    }
    sessions.open(session(6, shop.customer.id, 100)).await.unwrap();
    let end = session(1, shop.customer.id, 0).ends_at;
    assert_eq!(sessions.purge(end - TimeDelta::seconds(1), 100).await.unwrap(), 0);
    let after = end + TimeDelta::seconds(1);
    assert_eq!(sessions.purge(after, 3).await.unwrap(), 3);
    assert_eq!(sessions.purge(after, 3).await.unwrap(), 2);
    assert_eq!(sessions.purge(after, 3).await.unwrap(), 0);
    assert!(caller(&shop, 6, after).await.is_some(), "a session that has not ended is kept");
}
