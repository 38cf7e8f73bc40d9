//! Refreshing sessions with rotation. A rotated token works for a grace period of one minute.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use chrono::TimeDelta;
use domain::account::{RefreshRefusal, Session, port::RefreshError};

use super::{LIFETIMES, assert_refused, is_valid, refresh, rotate, shop_with_session};
use crate::{
    Stores,
    builders::{session_id, timestamp, token_hash},
    race,
};

pub async fn a_rotation_replaces_the_refresh_token_and_extends_the_session(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let expected = Session {
        id: session_id(1),
        user: shop.customer.id,
        refresh: token_hash(2),
        previous_refresh: Some(token_hash(1)),
        refresh_expires_at: timestamp(1_000) + LIFETIMES.refresh,
        rotated_at: Some(timestamp(1_000)),
        ends_at: LIFETIMES.session_end(timestamp(1_000)),
        revoked: false,
    };
    assert_eq!(rotate(&shop, 1, 2, 1_000).await.unwrap(), expected);
    let shortest = TimeDelta::microseconds(1);
    for (now, valid) in [(expected.ends_at - shortest, true), (expected.ends_at, false)] {
        let caller = shop.stores.sessions.caller(session_id(1), now).await.unwrap();
        assert_eq!(caller.is_some(), valid, "{now}");
    }
}

pub async fn rotated_tokens_refresh_the_session_until_logout(stores: Stores) {
    let shop = shop_with_session(stores).await;
    for (token, seconds) in [(1, 3_600), (2, 7_200), (3, 10_800)] {
        let refreshed = rotate(&shop, token, token + 1, seconds).await.unwrap();
        assert_eq!((refreshed.id, refreshed.refresh), (session_id(1), token_hash(token + 1)));
    }
    shop.stores.sessions.revoke(session_id(1), timestamp(10_801)).await.unwrap();
    assert_refused(rotate(&shop, 4, 5, 10_802).await, RefreshRefusal::Revoked);
}

pub async fn a_token_within_the_rotation_grace_refreshes_without_a_second_rotation(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let rotated = rotate(&shop, 1, 2, 1_000).await.unwrap();
    let grace = Session::ROTATION_GRACE.num_seconds();
    for seconds in [1_000, 1_001, 1_000 + grace] {
        assert_eq!(rotate(&shop, 1, 2, seconds).await.unwrap(), rotated);
        assert_eq!(refresh(&shop, 1, seconds).await.unwrap(), rotated);
    }
    assert!(rotate(&shop, 2, 3, 1_061).await.is_ok(), "the successor works");
}

pub async fn a_rotated_token_with_another_successor_is_refused_and_the_session_stays_valid(
    stores: Stores,
) {
    let shop = shop_with_session(stores).await;
    rotate(&shop, 1, 2, 1_000).await.unwrap();
    assert_refused(rotate(&shop, 1, 3, 1_001).await, RefreshRefusal::Rotated);
    assert!(is_valid(&shop, 1_001).await);
    assert!(rotate(&shop, 2, 4, 1_001).await.is_ok(), "the current token works");
}

pub async fn a_token_replayed_after_the_rotation_grace_ends_the_session(stores: Stores) {
    let shop = shop_with_session(stores).await;
    rotate(&shop, 1, 2, 1_000).await.unwrap();
    let late = 1_001 + Session::ROTATION_GRACE.num_seconds();
    assert_refused(rotate(&shop, 1, 2, late).await, RefreshRefusal::Replayed);
    assert!(!is_valid(&shop, late).await, "its access tokens are rejected");
    assert_refused(rotate(&shop, 2, 4, late).await, RefreshRefusal::Revoked);
    assert_refused(rotate(&shop, 1, 4, late).await, RefreshRefusal::Revoked);
}

pub async fn a_token_older_than_the_previous_one_is_unknown(stores: Stores) {
    let shop = shop_with_session(stores).await;
    rotate(&shop, 1, 2, 1_000).await.unwrap();
    rotate(&shop, 2, 3, 2_000).await.unwrap();
    let oldest = rotate(&shop, 1, 2, 2_000).await;
    assert!(matches!(oldest, Err(RefreshError::Unknown)), "{oldest:?}");
    assert!(is_valid(&shop, 2_000).await);
    assert!(rotate(&shop, 2, 3, 2_001).await.is_ok());
}

pub async fn concurrent_rotations_of_one_token_all_get_its_successor(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let results = race(32, |_racer| {
        let shop = shop.clone();
        async move { rotate(&shop, 1, 2, 1_000).await }
    })
    .await;
    for refreshed in results {
        let refreshed = refreshed.unwrap();
        assert_eq!(
            (refreshed.refresh, refreshed.rotated_at),
            (token_hash(2), Some(timestamp(1_000)))
        );
    }
    assert!(rotate(&shop, 2, 3, 1_001).await.is_ok());
}
