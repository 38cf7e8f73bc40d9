//! The bcrypt hasher: costs, foreign hashes, overload.

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

async fn matches(raw: &str, hash: &PasswordHash) -> bool {
    hasher(4).verify(PasswordAttempt::new(raw), Some(hash.clone())).await.unwrap()
}

#[test]
fn a_cost_is_within_the_range_of_the_algorithm() {
    assert_eq!(BcryptCost::new(3), Err(BcryptCostError::OutOfRange));
    assert_eq!(BcryptCost::new(32), Err(BcryptCostError::OutOfRange));
    assert_eq!(BcryptCost::new(31).map(BcryptCost::get), Ok(31));
}

#[tokio::test]
async fn a_hash_contains_its_version_and_its_cost() {
    let hash = hasher(5).hash(password("correct horse")).await.unwrap();
    assert!(hash.expose().starts_with("$2b$05$"), "{}", hash.expose());
}

#[tokio::test]
async fn hashes_of_other_programs_and_costs_can_be_verified() {
    // The versions that the libraries of the old services write.
    for version in ["2a", "2b", "2y"] {
        let raw = bcrypt::hash_with_salt("correct horse", 5, *b"sixteen bytes ok").unwrap();
        let hash = PasswordHash::new(raw.to_string().replacen("2b", version, 1));
        assert!(matches("correct horse", &hash).await, "{version}");
        assert!(!matches("wrong horse", &hash).await, "{version}");
    }
}

#[tokio::test]
async fn a_password_repeated_after_a_nul_does_not_match() {
    let hash = hasher(4).hash(password("abcdef")).await.unwrap();
    assert!(!matches("abcdef\0abcdef", &hash).await);
}

/// A hash that takes a quarter of a second to verify, at any cost of the hasher.
fn slow_hash() -> PasswordHash {
    PasswordHash::new("$2b$12$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u")
}

/// Starts that many attempts, of which the first is slow and delays the others.
fn start_attempts(
    hasher: &BcryptHasher,
    attempts: usize,
) -> Vec<BoxFuture<'_, Result<bool, HasherError>>> {
    let mut all: Vec<_> = (0..attempts)
        .map(|index| {
            let hash = (index == 0).then(slow_hash);
            hasher.verify(PasswordAttempt::new("x"), hash)
        })
        .collect();
    // Each takes its permit when it is first polled.
    for attempt in &mut all {
        assert!(attempt.now_or_never().is_none(), "the attempt is running or waiting");
    }
    all
}

#[tokio::test]
async fn beyond_the_waiting_limit_the_hasher_is_overloaded_and_recovers() {
    let hasher = hasher(4);
    let pending = start_attempts(&hasher, 1 + BcryptHasher::MAX_WAITING);
    for _ in 0..3 {
        let refused = hasher.verify(PasswordAttempt::new("x"), None).await;
        assert!(matches!(refused, Err(HasherError::Overloaded)), "{refused:?}");
    }
    let results = join_all(pending).await;
    assert!(results.iter().all(|result| matches!(result, Ok(false))), "{results:?}");
    hasher.hash(password("correct horse")).await.unwrap();
}

#[tokio::test]
async fn cancelled_callers_free_their_permits() {
    let hasher = hasher(4);
    for _ in 0..3 {
        let pending = start_attempts(&hasher, 1 + BcryptHasher::MAX_WAITING);
        let refused = hasher.hash(password("correct horse")).await;
        assert!(matches!(refused, Err(HasherError::Overloaded)), "{refused:?}");
        drop(pending);
        // The waiting ones free their permits at once, the running one when it ends.
        let verified = hasher.verify(PasswordAttempt::new("x"), None);
        let verified = tokio::time::timeout(Duration::from_mins(1), verified).await;
        assert!(!verified.expect("a permit is free").unwrap());
    }
}
