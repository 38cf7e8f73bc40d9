//! The macros that turn the cases of this crate into tests of an adapter.
//!
//! A test has to be an item with a name in the adapter's own test program, so that it can be run and
//! read by itself; no function can make one. That is all these macros do: they name the cases. What a
//! case does is a plain function in the module of its port.

/// Tests an adapter's four stores: one test for each case, in the modules `account_store`,
/// `session_store`, `product_store` and `order_store`.
///
/// Takes the name of an `async fn fixture() -> impl StoreFixture` beside it, which hands out fresh,
/// empty stores each time. See [`StoreFixture`](crate::StoreFixture).
#[macro_export]
macro_rules! store_suite {
    ($fixture:ident) => {
        mod account_store {
            $crate::__store_tests!(super::$fixture, account_store::registration,
                a_new_account_is_found_by_id_and_address,
            );
        }
        mod session_store {
            $crate::__store_tests!(super::$fixture, session_store::opening,
                an_open_session_tells_who_calls,
            );
        }
        mod product_store {
            $crate::__store_tests!(super::$fixture, product_store::changes,
                a_new_product_is_found,
            );
        }
        mod order_store {
            $crate::__store_tests!(super::$fixture, order_store::placement,
                an_order_takes_its_stock_off_the_shelf,
            );
        }
    };
}

/// Tests a [`ProductCache`](domain::product::ProductCache): one test for each case, in the module
/// `product_cache`.
///
/// Takes the name of an `async fn fixture() -> Arc<dyn ProductCache>` beside it, which hands out an empty
/// cache each time.
#[macro_export]
macro_rules! product_cache_suite {
    ($fixture:ident) => {
        mod product_cache {
            $crate::__async_tests!(super::$fixture().await, product_cache, what_was_put_is_a_hit,);
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
                the_right_password_fits_its_hash,
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
                no_two_sessions_have_one_identifier,
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
            $crate::__sync_tests!(super::$fixture().as_ref(), clock, it_tells_whole_microseconds,);
        }
    };
}

/// One test for each case of a store, on a database of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_tests {
    ($fixture:path, $subject:ident :: $part:ident, $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::run($fixture().await, $crate::$subject::$part::$case).await;
            }
        )*
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
