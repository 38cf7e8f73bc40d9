//! The macros that turn the cases of this crate into tests of an adapter.
//!
//! A test has to be an item with a name in the adapter's own test program, so that it can be run and
//! read by itself; no function can make one. That is all these macros do: they name the cases. What a
//! case does is a plain function in the module of its port.

mod books;
mod outbox;
mod stores;

/// Tests a [`ProductCache`](domain::product::ProductCache): one test for each case, in the module
/// `product_cache`.
///
/// Takes the name of an `async fn fixture() -> Arc<dyn ProductCache>` beside it, which hands out an empty
/// cache each time.
#[macro_export]
macro_rules! product_cache_suite {
    ($fixture:ident) => {
        mod product_cache {
            $crate::__async_tests!(
                super::$fixture().await,
                product_cache,
                an_empty_cache_has_nothing,
                what_was_read_is_kept,
                what_is_not_there_and_what_failed_is_not_kept,
                what_was_kept_comes_back_as_it_was,
                what_was_invalidated_is_gone,
                any_invalidation_voids_every_page,
                an_invalidation_of_all_leaves_nothing,
                a_slow_reader_cannot_put_an_old_product_back,
                a_slow_reader_cannot_put_an_old_page_back,
                what_is_suspended_is_neither_served_nor_kept_until_it_is_known,
                what_was_read_before_it_was_suspended_is_not_kept,
                different_queries_have_pages_of_their_own,
                a_search_is_the_same_in_any_case,
            );
            $crate::__async_tests!(
                super::$fixture().await,
                cached_products,
                a_product_that_is_read_twice_is_read_from_the_store_once,
                every_change_through_the_cache_is_seen_at_once,
                a_reader_never_sees_what_was_replaced_before_it_came,
                a_refusal_that_proves_a_cached_product_wrong_drops_it,
                a_change_whose_commit_comes_late_is_seen_at_once,
            );
        }
    };
}

/// Tests a [`RateLimiter`](domain::rate_limit::RateLimiter): one test for each case, in the module
/// `rate_limiter`.
///
/// Takes the name of an `async fn fixture(login: Option<RateLimit>, register: Option<RateLimit>) ->
/// Arc<dyn RateLimiter>` beside it, which hands out a limiter that has counted nothing yet.
#[macro_export]
macro_rules! rate_limiter_suite {
    ($fixture:ident) => {
        mod rate_limiter {
            $crate::__async_tests!(
                super::$fixture,
                rate_limiter,
                attempts_up_to_the_limit_pass_and_the_next_is_refused,
                actions_are_counted_apart,
                an_action_without_a_limit_always_passes,
                addresses_are_counted_apart,
                an_ipv4_address_in_ipv6_form_is_the_same_client,
                an_ipv6_network_of_64_bits_is_one_client,
                of_racing_attempts_exactly_the_limit_passes,
                a_refused_attempt_makes_nobody_wait_longer,
                who_waited_as_long_as_told_passes,
            );
        }
    };
}

/// Tests a [`PasswordHasher`](domain::account::port::PasswordHasher): one test for each case, in the
/// module `password_hasher`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn PasswordHasher>` beside it. Set to its lowest cost, it
/// makes for quick tests.
#[macro_export]
macro_rules! password_hasher_suite {
    ($fixture:ident) => {
        mod password_hasher {
            $crate::__async_tests!(
                super::$fixture(),
                password_hasher,
                the_right_password_fits_its_hash_and_no_other_does,
                nothing_fits_no_hash,
                two_hashes_of_one_password_differ_and_both_fit,
                a_hash_does_not_show_the_password,
                passwords_may_be_of_any_characters,
                every_one_of_72_bytes_counts,
                an_attempt_beyond_72_bytes_fits_nothing,
                a_hash_that_is_none_is_an_error,
                hashing_does_not_hold_up_the_thread_that_asks,
                many_at_once_are_all_answered,
                who_goes_away_while_waiting_takes_no_place,
            );
        }
    };
}

/// Tests [`AccessTokens`](domain::account::port::AccessTokens): one test for each case, in the module
/// `access_tokens`.
///
/// Takes the name of a `fn fixture(secret: &[u8]) -> Arc<dyn AccessTokens>` beside it, whose tokens are
/// JWTs under an HMAC with that secret.
#[macro_export]
macro_rules! access_tokens_suite {
    ($fixture:ident) => {
        mod access_tokens {
            $crate::__sync_tests!(
                super::$fixture,
                access_tokens,
                a_token_says_what_it_was_issued_for,
                a_token_is_text_that_fits_a_header,
                a_token_is_good_for_every_holder_of_the_secret,
                a_token_expires_at_its_second,
                a_token_of_another_secret_is_not_ours,
                a_token_that_was_changed_is_not_ours,
                parts_of_two_tokens_make_none,
                a_token_without_a_signature_is_not_ours,
                a_token_of_another_algorithm_is_not_ours,
                a_token_of_another_kind_is_not_ours,
                what_is_no_token_is_not_ours,
            );
        }
    };
}

/// Tests a [`SecretSource`](domain::account::port::SecretSource): one test for each case, in the module
/// `secret_source`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn SecretSource>` beside it.
#[macro_export]
macro_rules! secret_source_suite {
    ($fixture:ident) => {
        mod secret_source {
            $crate::__sync_tests!(
                super::$fixture().as_ref(),
                secret_source,
                session_identifiers_are_fresh_and_even,
                refresh_tokens_are_fresh_and_even,
                a_token_has_one_successor_and_no_two_tokens_share_one,
                secrets_are_fresh_in_every_thread,
            );
        }
    };
}

/// Tests a [`Clock`](domain::Clock): one test for each case, in the module `clock`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn Clock>` beside it.
#[macro_export]
macro_rules! clock_suite {
    ($fixture:ident) => {
        mod clock {
            $crate::__sync_tests!(
                super::$fixture().as_ref(),
                clock,
                it_tells_whole_microseconds,
                it_tells_the_systems_time,
                it_goes_on,
            );
        }
    };
}

/// One test for each case that waits.
#[doc(hidden)]
#[macro_export]
macro_rules! __async_tests {
    ($adapter:expr, $subject:ident, $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::$subject::$case($adapter).await;
            }
        )*
    };
}

/// One test for each case that waits for nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __sync_tests {
    ($adapter:expr, $subject:ident, $($case:ident),* $(,)?) => {
        $(
            #[test]
            fn $case() {
                $crate::$subject::$case($adapter);
            }
        )*
    };
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fs, path::Path};

    /// All Rust sources below a folder.
    fn sources(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(sources(&path));
            } else {
                found.push(fs::read_to_string(path).unwrap());
            }
        }
        found
    }

    #[test]
    fn every_case_is_named_in_its_suite() {
        let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let suites = [
            include_str!("suite.rs"),
            include_str!("suite/books.rs"),
            include_str!("suite/outbox.rs"),
            include_str!("suite/stores.rs"),
        ];
        let word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let named: HashSet<_> =
            suites.iter().flat_map(|suite| suite.split(|letter| !word(letter))).collect();
        let mut cases = 0;
        for source in &sources {
            let mut lines = source.lines();
            if !lines.any(|line| line.starts_with("#![expect(missing_docs,")) {
                continue;
            }
            for line in lines {
                let function = line.strip_prefix("pub async fn ").or(line.strip_prefix("pub fn "));
                if let Some(name) = function.and_then(|rest| rest.split('(').next()) {
                    assert!(named.contains(name), "{name} is in no suite");
                    cases += 1;
                }
            }
        }
        assert!(cases > 200, "the cases are found: {cases}");
    }
}
