//! Refreshing a session, with and without rotation of the refresh token.

use super::*;

const CURRENT: TokenHash = TokenHash::from_bytes([1; 32]);
const PREVIOUS: TokenHash = TokenHash::from_bytes([2; 32]);
const SUCCESSOR: TokenHash = TokenHash::from_bytes([3; 32]);
const LIFETIMES: SessionLifetimes =
    SessionLifetimes { access: TimeDelta::minutes(60), refresh: TimeDelta::days(7) };

fn now() -> Timestamp {
    Timestamp::from_timestamp(1_700_000_000, 0).unwrap()
}

/// A session whose token was rotated `ago`, and that ends in a day.
fn rotated(ago: TimeDelta) -> Session {
    Session {
        id: SessionId::from_random([9; 16]),
        user: UserId::new(7),
        refresh: CURRENT,
        previous_refresh: Some(PREVIOUS),
        refresh_expires_at: now() + TimeDelta::days(1),
        rotated_at: Some(now() - ago),
        ends_at: now() + TimeDelta::days(1),
        revoked: false,
    }
}

/// A session whose token was never rotated, and that ends in a day.
fn opened() -> Session {
    Session { previous_refresh: None, rotated_at: None, ..rotated(TimeDelta::zero()) }
}

fn keep(session: &Session, presented: TokenHash) -> Result<Session, RefreshRefusal> {
    session.decide_refresh(&presented, None, LIFETIMES, now())
}

fn rotate(session: &Session, presented: TokenHash) -> Result<Session, RefreshRefusal> {
    session.decide_refresh(&presented, Some(SUCCESSOR), LIFETIMES, now())
}

#[test]
fn without_rotation_a_refresh_keeps_the_token_and_its_expiry() {
    assert_eq!(keep(&opened(), CURRENT), Ok(opened()));
}

#[test]
fn without_rotation_a_session_lasts_at_least_as_long_as_its_last_access_token() {
    let session = Session { ends_at: now() + TimeDelta::minutes(59), ..opened() };
    let renewed = Session { ends_at: now() + TimeDelta::minutes(60), ..session.clone() };
    assert_eq!(keep(&session, CURRENT), Ok(renewed));
}

#[test]
fn with_rotation_the_successor_replaces_the_token() {
    for session in [opened(), rotated(TimeDelta::hours(1))] {
        let renewed = Session {
            refresh: SUCCESSOR,
            previous_refresh: Some(CURRENT),
            refresh_expires_at: now() + TimeDelta::days(7),
            rotated_at: Some(now()),
            ends_at: now() + TimeDelta::days(7),
            ..session.clone()
        };
        assert_eq!(rotate(&session, CURRENT), Ok(renewed));
    }
}

#[test]
fn a_revoked_session_cannot_be_refreshed() {
    let revoked = Session { revoked: true, ..rotated(TimeDelta::zero()) };
    for token in [CURRENT, PREVIOUS] {
        assert_eq!(keep(&revoked, token), Err(RefreshRefusal::Revoked));
        assert_eq!(rotate(&revoked, token), Err(RefreshRefusal::Revoked));
    }
}

#[test]
fn a_refresh_token_is_refused_from_its_expiry_on() {
    let ending = |at| Session { refresh_expires_at: at, ..opened() };
    let microsecond = TimeDelta::microseconds(1);
    for decide in [keep, rotate] {
        assert!(decide(&ending(now() + microsecond), CURRENT).is_ok());
        assert_eq!(decide(&ending(now()), CURRENT), Err(RefreshRefusal::Expired));
        assert_eq!(decide(&ending(now() - microsecond), CURRENT), Err(RefreshRefusal::Expired));
    }
}

#[test]
fn a_rotated_token_works_for_a_minute_and_counts_as_replayed_afterwards() {
    let minute = TimeDelta::seconds(60);
    // The clock of another process may be ahead of this one's.
    for ago in [TimeDelta::seconds(-5), TimeDelta::zero(), minute] {
        let session = Session { refresh: SUCCESSOR, ..rotated(ago) };
        assert_eq!(rotate(&session, PREVIOUS), Ok(session.clone()), "the same pair once more");
        assert_eq!(keep(&session, PREVIOUS), Ok(session), "rotation was switched off meanwhile");
    }
    for ago in [minute + TimeDelta::microseconds(1), TimeDelta::days(30)] {
        assert_eq!(rotate(&rotated(ago), PREVIOUS), Err(RefreshRefusal::Replayed));
        assert_eq!(keep(&rotated(ago), PREVIOUS), Err(RefreshRefusal::Replayed));
    }
}

#[test]
fn a_successor_that_is_not_the_current_token_cannot_be_issued_again() {
    assert_eq!(rotate(&rotated(TimeDelta::zero()), PREVIOUS), Err(RefreshRefusal::Rotated));
}

#[test]
fn a_replay_is_detected_even_when_the_current_token_has_expired() {
    let old = Session { refresh_expires_at: now(), ..rotated(TimeDelta::days(8)) };
    assert_eq!(rotate(&old, PREVIOUS), Err(RefreshRefusal::Replayed));
}

#[test]
fn a_session_ends_with_the_longer_lived_of_its_tokens() {
    let end = |access, refresh| SessionLifetimes { access, refresh }.session_end(now());
    assert_eq!(end(TimeDelta::hours(1), TimeDelta::days(7)), now() + TimeDelta::days(7));
    assert_eq!(end(TimeDelta::days(30), TimeDelta::days(7)), now() + TimeDelta::days(30));
}

#[test]
fn lifetimes_stop_at_the_last_timestamp() {
    let forever = SessionLifetimes { access: TimeDelta::MAX, refresh: TimeDelta::MAX };
    assert_eq!(forever.access_end(now()), Timestamp::MAX_UTC);
    assert_eq!(forever.refresh_end(now()), Timestamp::MAX_UTC);
    assert_eq!(forever.session_end(now()), Timestamp::MAX_UTC);
}
