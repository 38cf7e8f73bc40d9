//! Renewing sessions. Each refresh token works once.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use chrono::TimeDelta;
use domain::account::{NewSession, RefreshRefusal, Session, SessionLifetimes, port::RefreshError};

use super::{LIFETIMES, session};
use crate::{
    Shop, Stores,
    builders::{moment, session_id, token_hash},
    race,
};

async fn refresh(shop: &Shop, old: u64, new: u64, seconds: i64) -> Result<Session, RefreshError> {
    let sessions = &shop.stores.sessions;
    sessions.refresh(&token_hash(old), token_hash(new), LIFETIMES, moment(seconds)).await
}

fn assert_refused(refreshed: Result<Session, RefreshError>, why: RefreshRefusal) {
    match refreshed {
        Err(RefreshError::Refused(refusal)) => assert_eq!(refusal, why),
        other => panic!("expected {why:?}, but: {other:?}"),
    }
}

async fn shop_with_session(stores: Stores) -> Shop {
    let shop = Shop::open(stores).await;
    shop.stores.sessions.open(session(1, shop.customer.id, 0)).await.unwrap();
    shop
}

async fn is_alive(shop: &Shop, seconds: i64) -> bool {
    shop.stores.sessions.caller(session_id(1), moment(seconds)).await.unwrap().is_some()
}

pub async fn a_refresh_replaces_the_token_and_prolongs_the_session(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let renewed = refresh(&shop, 1, 2, 1_000).await.unwrap();
    let expected = Session {
        id: session_id(1),
        user: shop.customer.id,
        refresh: token_hash(2),
        refresh_expires_at: moment(1_000) + LIFETIMES.refresh,
        refreshed_at: Some(moment(1_000)),
        revoked: false,
    };
    assert_eq!(renewed, expected);
    let old_end = LIFETIMES.session_end(moment(0));
    let new_end = LIFETIMES.session_end(moment(1_000));
    let shortest = TimeDelta::microseconds(1);
    for (now, alive) in [(old_end, true), (new_end - shortest, true), (new_end, false)] {
        let caller = shop.stores.sessions.caller(session_id(1), now).await.unwrap();
        assert_eq!(caller.is_some(), alive, "{now}");
    }
    let again = refresh(&shop, 2, 3, 2_000).await.unwrap();
    assert_eq!(again.refresh, token_hash(3));
}

pub async fn an_unknown_token_renews_nothing(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let unknown = refresh(&shop, 99, 2, 1).await;
    assert!(matches!(unknown, Err(RefreshError::Unknown)), "{unknown:?}");
    assert!(refresh(&shop, 1, 2, 1).await.is_ok(), "the known one still works");
}

pub async fn a_token_works_until_it_expires(stores: Stores) {
    let shop = shop_with_session(stores).await;
    let seconds = LIFETIMES.refresh.num_seconds();
    assert_refused(refresh(&shop, 1, 2, seconds).await, RefreshRefusal::Expired);
    assert!(refresh(&shop, 1, 2, seconds - 1).await.is_ok());
}

pub async fn a_token_may_expire_before_its_session_ends(stores: Stores) {
    let shop = Shop::open(stores).await;
    let lifetimes = SessionLifetimes { access: TimeDelta::days(2), refresh: TimeDelta::days(1) };
    let new = NewSession {
        refresh_expires_at: moment(0) + lifetimes.refresh,
        ends_at: lifetimes.session_end(moment(0)),
        ..session(1, shop.customer.id, 0)
    };
    shop.stores.sessions.open(new).await.unwrap();
    let day = TimeDelta::days(1).num_seconds();
    assert_refused(refresh(&shop, 1, 2, day).await, RefreshRefusal::Expired);
    assert!(is_alive(&shop, day).await, "its access token goes on");
    assert!(!is_alive(&shop, 2 * day).await);
}

pub async fn a_token_used_a_moment_ago_is_refused_and_the_session_lives(stores: Stores) {
    let shop = shop_with_session(stores).await;
    refresh(&shop, 1, 2, 1_000).await.unwrap();
    let window = Session::RACE_WINDOW.num_seconds();
    for seconds in [1_000, 1_001, 1_000 + window] {
        assert_refused(refresh(&shop, 1, 3, seconds).await, RefreshRefusal::UsedUp);
    }
    assert!(is_alive(&shop, 1_061).await);
    assert!(refresh(&shop, 2, 4, 1_061).await.is_ok(), "the current one still works");
}

pub async fn a_token_replayed_later_ends_the_session(stores: Stores) {
    let shop = shop_with_session(stores).await;
    refresh(&shop, 1, 2, 1_000).await.unwrap();
    let late = 1_001 + Session::RACE_WINDOW.num_seconds();
    assert_refused(refresh(&shop, 1, 3, late).await, RefreshRefusal::Replayed);
    assert!(!is_alive(&shop, late).await, "the access tokens are dead");
    assert_refused(refresh(&shop, 2, 4, late).await, RefreshRefusal::Revoked);
    assert_refused(refresh(&shop, 1, 4, late).await, RefreshRefusal::Revoked);
}

pub async fn a_token_older_than_the_one_before_is_unknown(stores: Stores) {
    let shop = shop_with_session(stores).await;
    refresh(&shop, 1, 2, 1_000).await.unwrap();
    refresh(&shop, 2, 3, 2_000).await.unwrap();
    let oldest = refresh(&shop, 1, 4, 3_000).await;
    assert!(matches!(oldest, Err(RefreshError::Unknown)), "{oldest:?}");
    assert!(is_alive(&shop, 3_000).await);
    assert_refused(refresh(&shop, 2, 4, 2_001).await, RefreshRefusal::UsedUp);
}

pub async fn a_refused_refresh_changes_nothing(stores: Stores) {
    let shop = shop_with_session(stores).await;
    refresh(&shop, 1, 2, 1_000).await.unwrap();
    assert_refused(refresh(&shop, 1, 3, 1_001).await, RefreshRefusal::UsedUp);
    let rejected = refresh(&shop, 3, 4, 1_002).await;
    assert!(matches!(rejected, Err(RefreshError::Unknown)), "{rejected:?}");
    let renewed = refresh(&shop, 2, 5, 1_003).await.unwrap();
    assert_eq!(renewed.refreshed_at, Some(moment(1_003)));
}

pub async fn of_racing_refreshes_of_one_token_one_wins(stores: Stores) {
    const RACERS: u64 = 32;
    let shop = shop_with_session(stores).await;
    let results = race(32, |racer| {
        let shop = shop.clone();
        async move { refresh(&shop, 1, 100 + u64::try_from(racer).unwrap(), 1_000).await }
    })
    .await;
    let used_up = |result: &&Result<Session, RefreshError>| {
        matches!(result, Err(RefreshError::Refused(RefreshRefusal::UsedUp)))
    };
    assert_eq!(results.iter().filter(used_up).count(), 31, "{results:?}");
    let won = results.into_iter().find_map(Result::ok).expect("one wins");
    let winners: Vec<_> =
        (100..100 + RACERS).filter(|new| token_hash(*new) == won.refresh).collect();
    assert_eq!(winners.len(), 1, "the winner's own token is the one that works");
    assert!(refresh(&shop, winners[0], 999, 1_001).await.is_ok());
}

pub async fn a_logout_that_races_a_refresh_ends_the_session(stores: Stores) {
    let shop = Shop::open(stores).await;
    for round in 1..=10 {
        shop.stores.sessions.open(session(round, shop.customer.id, 0)).await.unwrap();
        race(2, |racer| {
            let shop = shop.clone();
            async move {
                if racer == 0 {
                    shop.stores.sessions.revoke(session_id(round), moment(1)).await.unwrap();
                } else {
                    // It may come first or too late; either is right.
                    let _ = refresh(&shop, round, 100 + round, 1).await;
                }
            }
        })
        .await;
        let sessions = &shop.stores.sessions;
        assert!(sessions.caller(session_id(round), moment(2)).await.unwrap().is_none());
        for token in [round, 100 + round] {
            assert!(refresh(&shop, token, 200 + round, 2).await.is_err());
        }
    }
}
