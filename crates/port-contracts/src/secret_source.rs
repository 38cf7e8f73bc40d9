//! The contract of a [`SecretSource`]. No test can check that secrets come from the operating
//! system's cryptographic source; these check that they are unique and uniformly distributed.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::collections::HashSet;

use domain::account::port::{HashPurpose, SecretSource};

const SECRETS: usize = 5_000;

/// Asserts that each digit of hexadecimal texts has each of its 16 values about equally often.
fn assert_uniform<'a>(texts: impl Iterator<Item = &'a str>, digits: usize) {
    let mut counts = vec![[0_usize; 16]; digits];
    for text in texts {
        assert_eq!(text.len(), digits, "{text}");
        for (index, digit) in text.chars().enumerate() {
            let value = digit.to_digit(16).expect("a hexadecimal digit");
            counts[index][usize::try_from(value).unwrap()] += 1;
        }
    }
    // With uniform digits, a count deviates from 312 (5,000 / 16) by more than 120 once in 10^11
    // runs.
    let outlier = counts.iter().flatten().find(|count| count.abs_diff(SECRETS / 16) > 120);
    assert_eq!(outlier, None, "a digit is too frequent or too rare");
}

pub fn session_ids_are_unique_and_uniformly_distributed(secrets: &dyn SecretSource) {
    let distinct: HashSet<_> = (0..SECRETS).map(|_| secrets.session_id().to_string()).collect();
    assert_eq!(distinct.len(), SECRETS);
    assert_uniform(distinct.iter().map(String::as_str), 32);
}

pub fn refresh_tokens_are_unique_and_uniformly_distributed(secrets: &dyn SecretSource) {
    let fresh = || secrets.refresh_token().expose().to_owned();
    let distinct: HashSet<_> = (0..SECRETS).map(|_| fresh()).collect();
    assert_eq!(distinct.len(), SECRETS);
    assert_uniform(distinct.iter().map(String::as_str), 64);
}

pub fn a_refresh_token_has_one_successor_that_no_other_token_shares(secrets: &dyn SecretSource) {
    let tokens: Vec<_> = (0..100).map(|_| secrets.refresh_token()).collect();
    let mut distinct: HashSet<_> = tokens.iter().map(|token| token.expose().to_owned()).collect();
    for token in &tokens {
        let successor = secrets.successor(token);
        assert_eq!(successor.hash(), secrets.successor(token).hash());
        assert_eq!(successor.expose().len(), 64, "as long as any refresh token");
        distinct.insert(successor.expose().to_owned());
    }
    assert_eq!(distinct.len(), 200, "all tokens differ");
}

pub fn a_keyed_hash_depends_on_the_data_and_the_purpose(secrets: &dyn SecretSource) {
    let purposes = [
        HashPurpose::Login,
        HashPurpose::Mailbox,
        HashPurpose::Client,
        HashPurpose::Network,
        HashPurpose::LoggedAddress,
        HashPurpose::LoggedNetwork,
    ];
    let mut distinct = HashSet::new();
    for purpose in purposes {
        for data in ["", "ada@example.com", "ada@example.co"] {
            let hash = secrets.keyed_hash(purpose, data.as_bytes());
            assert_eq!(hash, secrets.keyed_hash(purpose, data.as_bytes()));
            distinct.insert(hash);
        }
    }
    assert_eq!(distinct.len(), 18, "all hashes differ");
}

pub fn secrets_are_unique_across_threads(secrets: &dyn SecretSource) {
    let drawn: Vec<_> = std::thread::scope(|scope| {
        let draw = || (0..100).map(|_| secrets.session_id()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let distinct: HashSet<_> = drawn.iter().collect();
    assert_eq!(distinct.len(), 400);
}

pub fn a_message_has_one_code_that_no_other_message_shares(secrets: &dyn SecretSource) {
    let messages: Vec<_> = (0..200_u8).map(|byte| vec![byte; usize::from(byte)]).collect();
    let codes: HashSet<_> =
        messages.iter().map(|message| secrets.account_token_mac(message)).collect();
    assert_eq!(codes.len(), messages.len());
    assert!(messages.iter().all(|message| codes.contains(&secrets.account_token_mac(message))));
}
