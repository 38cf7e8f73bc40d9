//! The contract of a [`PasswordHasher`]. Use the lowest cost, as these cases hash often.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{collections::HashSet, sync::Arc};

use domain::account::{
    NewPassword, PasswordAttempt, PasswordHash, PasswordPolicy,
    port::{HasherError, PasswordHasher},
};

use crate::race;

fn password(raw: &str) -> NewPassword {
    NewPassword::parse(raw, PasswordPolicy::CLASSIC).unwrap()
}

async fn matches(hasher: &dyn PasswordHasher, attempt: &str, hash: Option<&PasswordHash>) -> bool {
    hasher.verify(PasswordAttempt::new(attempt), hash.cloned()).await.unwrap()
}

pub async fn only_the_right_password_matches_its_hash(hasher: Arc<dyn PasswordHasher>) {
    let hasher = hasher.as_ref();
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    assert!(matches(hasher, "correct horse", Some(&hash)).await);
    for wrong in ["Correct horse", "correct horse ", "correct hors", "battery staple", ""] {
        assert!(!matches(hasher, wrong, Some(&hash)).await, "{wrong:?}");
    }
}

pub async fn no_password_matches_a_missing_hash(hasher: Arc<dyn PasswordHasher>) {
    for attempt in ["correct horse", "", "password", &"x".repeat(100)] {
        assert!(!matches(hasher.as_ref(), attempt, None).await, "{attempt:?}");
    }
}

pub async fn two_hashes_of_one_password_differ_and_both_match(hasher: Arc<dyn PasswordHasher>) {
    let one = hasher.hash(password("correct horse")).await.unwrap();
    let other = hasher.hash(password("correct horse")).await.unwrap();
    assert_ne!(one.expose(), other.expose(), "each has its own salt");
    assert!(matches(hasher.as_ref(), "correct horse", Some(&one)).await);
    assert!(matches(hasher.as_ref(), "correct horse", Some(&other)).await);
}

pub async fn a_hash_does_not_contain_the_password(hasher: Arc<dyn PasswordHasher>) {
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    assert!(hash.expose().starts_with("$2b$"), "the modular crypt format of bcrypt");
    assert!(!hash.expose().contains("correct"));
}

pub async fn passwords_may_have_any_characters(hasher: Arc<dyn PasswordHasher>) {
    let hasher = hasher.as_ref();
    for raw in
        ["пароль-пароль", "密码密码密码", "🔑🔑🔑🔑🔑🔑", " spaces ", "a\tb\nc\r\n", "ÄÖÜäöüß"]
    {
        let hash = hasher.hash(password(raw)).await.unwrap();
        assert!(matches(hasher, raw, Some(&hash)).await, "{raw:?}");
        assert!(!matches(hasher, &raw.replacen(|_| true, "x", 1), Some(&hash)).await, "{raw:?}");
    }
}

pub async fn all_72_bytes_of_a_password_count(hasher: Arc<dyn PasswordHasher>) {
    let hasher = hasher.as_ref();
    let longest = "x".repeat(71) + "y";
    let hash = hasher.hash(password(&longest)).await.unwrap();
    assert!(matches(hasher, &longest, Some(&hash)).await);
    assert!(!matches(hasher, &"x".repeat(72), Some(&hash)).await, "the last byte differs");
    assert!(!matches(hasher, &"x".repeat(71), Some(&hash)).await);
    let characters = "🔑".repeat(18);
    let hash = hasher.hash(password(&characters)).await.unwrap();
    assert!(matches(hasher, &characters, Some(&hash)).await, "72 bytes of 18 characters");
}

pub async fn an_attempt_longer_than_72_bytes_never_matches(hasher: Arc<dyn PasswordHasher>) {
    let hasher = hasher.as_ref();
    let longest = "x".repeat(72);
    let hash = hasher.hash(password(&longest)).await.unwrap();
    for more in [longest.clone() + "x", longest.clone() + "y", longest.repeat(1_000)] {
        let bytes = more.len();
        assert!(
            !matches(hasher, &more, Some(&hash)).await,
            "{bytes} bytes are not truncated to 72"
        );
    }
}

pub async fn verifying_against_a_malformed_hash_is_an_error(hasher: Arc<dyn PasswordHasher>) {
    for broken in [
        "",
        "correct horse",
        "$2b$",
        "$2b$04$short",
        "$2b$99$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ] {
        let attempt = PasswordAttempt::new("correct horse");
        let result = hasher.verify(attempt, Some(PasswordHash::new(broken))).await;
        assert!(matches!(result, Err(HasherError::Broken(_))), "{broken:?}: {result:?}");
    }
}

pub async fn hashing_and_verifying_do_not_block_the_calling_thread(
    hasher: Arc<dyn PasswordHasher>,
) {
    const ATTEMPTS: usize = 10;
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    // On the calling thread, the work would be finished at the first poll of its future, every
    // time. On another thread, that happens rarely.
    let mut elsewhere = [false; 3];
    for _ in 0..ATTEMPTS {
        let mut hashing = hasher.hash(password("correct horse"));
        if futures::poll!(&mut hashing).is_pending() {
            elsewhere[0] = true;
            hashing.await.unwrap();
        }
        for (known, elsewhere) in [Some(&hash), None].into_iter().zip(&mut elsewhere[1..]) {
            let attempt = PasswordAttempt::new("correct horse");
            let mut verifying = hasher.verify(attempt, known.cloned());
            if futures::poll!(&mut verifying).is_pending() {
                *elsewhere = true;
                assert_eq!(verifying.await.unwrap(), known.is_some());
            }
        }
    }
    assert_eq!(elsewhere, [true; 3], "hashing, verifying, verifying without a hash");
}

pub async fn concurrent_calls_get_a_hash_or_an_overload_error(hasher: Arc<dyn PasswordHasher>) {
    let results = race(48, |_| {
        let hasher = Arc::clone(&hasher);
        async move { hasher.hash(password("correct horse")).await }
    })
    .await;
    let mut distinct = HashSet::new();
    for result in results {
        match result {
            Ok(hash) => assert!(distinct.insert(hash.expose().to_owned()), "a salt was used twice"),
            // The queue is bounded, and further calls fail.
            Err(HasherError::Overloaded) => {}
            Err(broken) => panic!("{broken}"),
        }
    }
    assert!(!distinct.is_empty(), "some calls succeed");
    let hash = hasher.hash(password("battery staple")).await.unwrap();
    assert!(matches(hasher.as_ref(), "battery staple", Some(&hash)).await, "later calls succeed");
}

pub async fn cancelled_calls_free_their_place_in_the_queue(hasher: Arc<dyn PasswordHasher>) {
    for _ in 0..200 {
        let mut hashing = hasher.hash(password("correct horse"));
        // Polled once, so that it takes a place in the queue, and dropped, as when a client
        // disconnects.
        let _ = futures::poll!(&mut hashing);
    }
    let mut answered = false;
    for _ in 0..10_000 {
        match hasher.hash(password("correct horse")).await {
            Ok(_) => {
                answered = true;
                break;
            }
            Err(HasherError::Overloaded) => tokio::task::yield_now().await,
            Err(broken) => panic!("{broken}"),
        }
    }
    assert!(answered, "the places of cancelled calls become free");
}
