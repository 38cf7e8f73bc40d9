//! The contract of a [`SessionStore`](domain::account::port::SessionStore).

use chrono::TimeDelta;
use domain::{
    UserId,
    account::{NewSession, RefreshRefusal, Session, SessionLifetimes, port::RefreshError},
};

use crate::{
    ShopFixture, Stores,
    builders::{session_id, timestamp, token_hash},
};

pub mod networks;
pub mod refreshing;
pub mod rotating;
pub mod validity;

/// The lifetimes in these cases: an hour for access tokens, seven days for refresh tokens.
pub const LIFETIMES: SessionLifetimes =
    SessionLifetimes { access: TimeDelta::hours(1), refresh: TimeDelta::days(7) };

/// The session with this number, opened at this [`timestamp`]. Its refresh token has the same
/// number.
pub fn session(number: u64, user: UserId, seconds: i64) -> NewSession {
    let opened_at = timestamp(seconds);
    NewSession {
        id: session_id(number),
        user,
        network: None,
        refresh: token_hash(number),
        opened_at,
        refresh_expires_at: opened_at + LIFETIMES.refresh,
        ends_at: LIFETIMES.session_end(opened_at),
    }
}

/// A shop whose customer has session 1.
async fn shop_with_session(stores: Stores) -> ShopFixture {
    let shop = ShopFixture::open(stores).await;
    shop.stores.sessions.open(session(1, shop.customer.id, 0)).await.unwrap();
    shop
}

/// Refreshes a session without rotating the token.
async fn refresh(shop: &ShopFixture, token: u64, seconds: i64) -> Result<Session, RefreshError> {
    shop.stores.sessions.refresh(&token_hash(token), None, LIFETIMES, timestamp(seconds)).await
}

/// Refreshes a session and rotates the token.
async fn rotate(
    shop: &ShopFixture,
    token: u64,
    successor: u64,
    seconds: i64,
) -> Result<Session, RefreshError> {
    let successor = Some(token_hash(successor));
    shop.stores.sessions.refresh(&token_hash(token), successor, LIFETIMES, timestamp(seconds)).await
}

fn assert_refused(refreshed: Result<Session, RefreshError>, why: RefreshRefusal) {
    match refreshed {
        Err(RefreshError::Refused(refusal)) => assert_eq!(refusal, why),
        other => panic!("expected {why:?}, but: {other:?}"),
    }
}

async fn is_valid(shop: &ShopFixture, seconds: i64) -> bool {
    shop.stores.sessions.caller(session_id(1), timestamp(seconds)).await.unwrap().is_some()
}
