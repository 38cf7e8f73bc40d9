//! bcrypt: what it refuses, what bounds it.

use std::{num::NonZeroUsize, time::Duration};

use domain::account::{
    NewPassword, PasswordAttempt, PasswordHash, PasswordPolicy,
    port::{HasherError, PasswordHasher},
};
use futures::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use infra_local::{BcryptCost, BcryptCostError, BcryptHasher};

fn hasher(cost: u32) -> BcryptHasher {
    BcryptHasher::new(BcryptCost::new(cost).unwrap(), NonZeroUsize::MIN)
}

fn password(raw: &str) -> NewPassword {
    NewPassword::parse(raw, PasswordPolicy::CLASSIC).unwrap()
}

async fn fits(raw: &str, hash: &PasswordHash) -> bool {
    hasher(4).verify(PasswordAttempt::new(raw), Some(hash.clone())).await.unwrap()
}

#[test]
fn a_cost_is_one_that_the_algorithm_has() {
    assert_eq!(BcryptCost::new(3), Err(BcryptCostError::OutOfRange));
    assert_eq!(BcryptCost::new(32), Err(BcryptCostError::OutOfRange));
    assert_eq!(BcryptCost::new(31).map(BcryptCost::get), Ok(31));
}

#[tokio::test]
async fn a_hash_says_its_version_and_its_cost() {
    let hash = hasher(5).hash(password("correct horse")).await.unwrap();
    assert!(hash.expose().starts_with("$2b$05$"), "{}", hash.expose());
}

#[tokio::test]
async fn hashes_of_other_programs_and_costs_can_be_verified() {
    // As the old services' libraries write them; both are of "correct horse".
    for version in ["2a", "2b", "2y"] {
        let raw = bcrypt::hash_with_salt("correct horse", 5, *b"sixteen bytes ok").unwrap();
        let hash = PasswordHash::new(raw.to_string().replacen("2b", version, 1));
        assert!(fits("correct horse", &hash).await, "{version}");
        assert!(!fits("wrong horse", &hash).await, "{version}");
    }
}

#[tokio::test]
async fn a_password_repeated_after_a_nul_is_another_one() {
    let hash = hasher(4).hash(password("abcdef")).await.unwrap();
    assert!(!fits("abcdef\0abcdef", &hash).await);
}

/// A hash that takes a quarter of a second to compare with, whatever the hasher's own cost.
fn slow_hash() -> PasswordHash {
    PasswordHash::new("$2b$12$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u")
}

/// So many attempts, of which the first holds the others up.
fn hold_up(
    hasher: &BcryptHasher,
    attempts: usize,
) -> Vec<BoxFuture<'_, Result<bool, HasherError>>> {
    let mut all: Vec<_> = (0..attempts)
        .map(|place| {
            let hash = (place == 0).then(slow_hash);
            hasher.verify(PasswordAttempt::new("x"), hash)
        })
        .collect();
    // Each takes its place when it is first polled.
    for attempt in &mut all {
        assert!(attempt.now_or_never().is_none(), "it is running or waiting");
    }
    all
}

#[tokio::test]
async fn beyond_the_places_for_waiting_the_hasher_is_overloaded_and_recovers() {
    let hasher = hasher(4);
    let held_up = hold_up(&hasher, 1 + BcryptHasher::MAX_WAITING);
    for _ in 0..3 {
        let refused = hasher.verify(PasswordAttempt::new("x"), None).await;
        assert!(matches!(refused, Err(HasherError::Overloaded)), "{refused:?}");
    }
    let answers = join_all(held_up).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(false))), "{answers:?}");
    hasher.hash(password("correct horse")).await.unwrap();
}

#[tokio::test]
async fn callers_who_go_away_leave_no_place_taken() {
    let hasher = hasher(4);
    for _ in 0..3 {
        let held_up = hold_up(&hasher, 1 + BcryptHasher::MAX_WAITING);
        let refused = hasher.hash(password("correct horse")).await;
        assert!(matches!(refused, Err(HasherError::Overloaded)), "{refused:?}");
        drop(held_up);
        // The places of those who waited are free at once; the one that was running ends by itself.
        let answered = hasher.verify(PasswordAttempt::new("x"), None);
        let answered = tokio::time::timeout(Duration::from_mins(1), answered).await;
        assert!(!answered.expect("a place is free").unwrap());
    }
}
