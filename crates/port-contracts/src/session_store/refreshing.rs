//! Refreshing sessions without rotating the refresh token. `rotating` has the cases with rotation.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use chrono::TimeDelta;
use domain::account::{NewSession, RefreshRefusal, Session, SessionLifetimes, port::RefreshError};

use super::{LIFETIMES, assert_refused, is_valid, refresh, rotate, session, shop_with_session};
use crate::{
    ShopFixture, Stores,
    builders::{session_id, timestamp, token_hash},
    race,
};

/// The interval in seconds at which clients of the classic API refresh.
const HOUR: i64 = 3_600;

pub async fn without_rotation_one_token_refreshes_for_seven_days_or_until_logout(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let last = LIFETIMES.refresh.num_seconds() - 1;
    for seconds in [HOUR, 2 * HOUR, 3 * HOUR, last] {
        let refreshed = refresh(&shop, 1, seconds).await.unwrap();
        assert_eq!((refreshed.id, refreshed.refresh), (session_id(1), token_hash(1)));
        assert!(is_valid(&shop, seconds).await);
    }
    shop.stores.sessions.revoke(session_id(1), timestamp(last)).await.unwrap();
    assert_refused(refresh(&shop, 1, last).await, RefreshRefusal::Revoked);
}

pub async fn a_refresh_without_rotation_changes_only_the_sessions_end(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let opened = Session {
        id: session_id(1),
        user: shop.customer.id,
        refresh: token_hash(1),
        previous_refresh: None,
        refresh_expires_at: timestamp(0) + LIFETIMES.refresh,
        rotated_at: None,
        ends_at: timestamp(0) + LIFETIMES.refresh,
        revoked: false,
    };
    assert_eq!(refresh(&shop, 1, HOUR).await.unwrap(), opened);
    // The last access token outlives its refresh token, and the session lasts as long as it does.
    let late = LIFETIMES.refresh.num_seconds() - 1;
    let ends_at = LIFETIMES.access_end(timestamp(late));
    assert_eq!(refresh(&shop, 1, late).await.unwrap(), Session { ends_at, ..opened });
    let shortest = TimeDelta::microseconds(1);
    for (now, valid) in [(ends_at - shortest, true), (ends_at, false)] {
        let caller = shop.stores.sessions.caller(session_id(1), now).await.unwrap();
        assert_eq!(caller.is_some(), valid, "{now}");
    }
}

pub async fn an_unknown_refresh_token_is_rejected(stores: Stores) {
    let shop = shop_with_session(stores).await;
    for unknown in [refresh(&shop, 99, 1).await, rotate(&shop, 99, 2, 1).await] {
        assert!(matches!(unknown, Err(RefreshError::Unknown)), "{unknown:?}");
    }
    assert!(refresh(&shop, 1, 1).await.is_ok(), "the known token still works");
}

pub async fn a_refresh_token_works_until_it_expires(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let seconds = LIFETIMES.refresh.num_seconds();
    assert_refused(refresh(&shop, 1, seconds).await, RefreshRefusal::Expired);
    assert_refused(rotate(&shop, 1, 2, seconds).await, RefreshRefusal::Expired);
    assert!(refresh(&shop, 1, seconds - 1).await.is_ok());
    assert!(rotate(&shop, 1, 2, seconds - 1).await.is_ok());
}

pub async fn a_refresh_token_may_expire_before_its_session_ends(shop: ShopFixture) {
    let lifetimes = SessionLifetimes { access: TimeDelta::days(2), refresh: TimeDelta::days(1) };
    let new = NewSession {
        refresh_expires_at: timestamp(0) + lifetimes.refresh,
        ends_at: lifetimes.session_end(timestamp(0)),
        ..session(1, shop.customer.id, 0)
    };
    shop.stores.sessions.open(new).await.unwrap();
    let day = TimeDelta::days(1).num_seconds();
    assert_refused(refresh(&shop, 1, day).await, RefreshRefusal::Expired);
    assert!(is_valid(&shop, day).await, "its access token still works");
    assert!(!is_valid(&shop, 2 * day).await);
}

pub async fn a_logout_concurrent_with_refreshes_ends_the_session(shop: ShopFixture) {
    for round in 1..=10 {
        shop.stores.sessions.open(session(round, shop.customer.id, 0)).await.unwrap();
        race(3, |racer| {
            let shop = shop.clone();
            async move {
                match racer {
                    0 => {
                        shop.stores.sessions.revoke(session_id(round), timestamp(1)).await.unwrap();
                    }
                    // A refresh may come before or after the logout; both are correct.
                    1 => drop(refresh(&shop, round, 1).await),
                    _ => drop(rotate(&shop, round, 100 + round, 1).await),
                }
            }
        })
        .await;
        let sessions = &shop.stores.sessions;
        assert!(sessions.caller(session_id(round), timestamp(2)).await.unwrap().is_none());
        for token in [round, 100 + round] {
            assert!(refresh(&shop, token, 2).await.is_err());
        }
    }
}
