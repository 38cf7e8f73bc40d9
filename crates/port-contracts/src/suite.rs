//! The macros that turn the cases of this crate into tests of an adapter.
//!
//! A test has to be a named item in the adapter's test program, so that it can be run and reported
//! by itself; only a macro can create one. The build script finds all cases and generates the macro
//! `__cases!`, which lists them.

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

/// Tests an adapter's stores: one test for each case, in the modules `account_store`,
/// `session_store`, `product_store`, `order_store`, `event_store` and `shop_store`.
///
/// Takes the name of an `async fn fixture() -> impl StoreFixture` in the same module, which returns
/// fresh, empty stores on each call. See [`StoreFixture`](crate::StoreFixture).
#[macro_export]
macro_rules! store_suite {
    ($fixture:ident) => {
        mod account_store {
            $crate::__cases!(account_store, __store_test, super::$fixture);
        }
        mod session_store {
            $crate::__cases!(session_store, __store_test, super::$fixture);
        }
        mod product_store {
            $crate::__cases!(product_store, __store_test, super::$fixture);
        }
        mod order_store {
            $crate::__cases!(order_store, __store_test, super::$fixture);
        }
        mod event_store {
            $crate::__cases!(event_store, __store_test, super::$fixture);
        }
        mod shop_store {
            $crate::__cases!(shop_store, __store_test, super::$fixture);
        }
    };
}

/// Tests an [`Auditor`](domain::audit::Auditor): one test for each case, in the module `auditor`.
///
/// Takes the name of an `async fn fixture() -> impl StoreFixture` in the same module, which returns
/// a fresh, empty database on each call.
#[macro_export]
macro_rules! auditor_suite {
    ($fixture:ident) => {
        mod auditor {
            $crate::__cases!(auditor, __async_test, super::$fixture().await);
        }
    };
}

/// Tests that a shop can be copied from one database to another: one test for each case, in a
/// module of the given name.
///
/// Takes the names of two `async fn fixture() -> impl StoreFixture` in the same module. Each
/// returns a fresh, empty database on each call, whose store is an `ArchiveSource` and an
/// `ArchiveTarget`.
#[macro_export]
macro_rules! archive_suite {
    ($name:ident, $from:ident, $to:ident) => {
        mod $name {
            $crate::__cases!(archive, __archive_test, super::$from, super::$to);
        }
    };
}

/// Tests a [`ProductCache`](domain::product::ProductCache): one test for each case, in the modules
/// `product_cache` and `cached_products`.
///
/// Takes the name of an `async fn fixture() -> Arc<dyn ProductCache>` in the same module, which
/// returns an empty cache on each call.
#[macro_export]
macro_rules! product_cache_suite {
    ($fixture:ident) => {
        mod product_cache {
            $crate::__cases!(product_cache, __async_test, super::$fixture().await);
        }
        mod cached_products {
            $crate::__cases!(cached_products, __async_test, super::$fixture().await);
        }
    };
}

/// Tests a [`RateLimiter`](domain::rate_limit::RateLimiter): one test for each case, in the module
/// `rate_limiter`.
///
/// Takes the name of an `async fn fixture(limits: RateLimits) -> Arc<dyn RateLimiter>` in the same
/// module, which returns a limiter without counted attempts.
#[macro_export]
macro_rules! rate_limiter_suite {
    ($fixture:ident) => {
        mod rate_limiter {
            $crate::__cases!(rate_limiter, __async_test, super::$fixture);
        }
    };
}

/// Tests a [`PasswordHasher`](domain::account::port::PasswordHasher): one test for each case, in
/// the module `password_hasher`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn PasswordHasher>` in the same module. Use the lowest
/// cost, so that the tests are fast.
#[macro_export]
macro_rules! password_hasher_suite {
    ($fixture:ident) => {
        mod password_hasher {
            $crate::__cases!(password_hasher, __async_test, super::$fixture());
        }
    };
}

/// Tests [`AccessTokens`](domain::account::port::AccessTokens): one test for each case, in the
/// module `access_tokens`.
///
/// Takes the name of a `fn fixture(secret: &[u8]) -> Arc<dyn AccessTokens>` in the same module,
/// whose tokens are JWTs signed by an HMAC with that secret.
#[macro_export]
macro_rules! access_tokens_suite {
    ($fixture:ident) => {
        mod access_tokens {
            $crate::__cases!(access_tokens, __sync_test, super::$fixture);
        }
    };
}

/// Tests a [`SecretSource`](domain::account::port::SecretSource): one test for each case, in the
/// module `secret_source`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn SecretSource>` in the same module.
#[macro_export]
macro_rules! secret_source_suite {
    ($fixture:ident) => {
        mod secret_source {
            $crate::__cases!(secret_source, __sync_test, super::$fixture().as_ref());
        }
    };
}

/// Tests a [`Clock`](domain::Clock): one test for each case, in the module `clock`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn Clock>` in the same module.
#[macro_export]
macro_rules! clock_suite {
    ($fixture:ident) => {
        mod clock {
            $crate::__cases!(clock, __sync_test, super::$fixture().as_ref());
        }
    };
}

/// A test of the stores, on its own database.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_test {
    ($($module:ident)::+, $case:ident, $fixture:path) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::run($fixture().await, $crate::$($module)::+::$case).await;
        }
    };
}

/// A test of copying, on its own two databases.
#[doc(hidden)]
#[macro_export]
macro_rules! __archive_test {
    ($($module:ident)::+, $case:ident, $from:path, $to:path) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let (from, to) = ($from().await, $to().await);
            $crate::archive::run(from, to, $crate::$($module)::+::$case).await;
        }
    };
}

/// A test of an asynchronous case.
#[doc(hidden)]
#[macro_export]
macro_rules! __async_test {
    ($($module:ident)::+, $case:ident, $adapter:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::$($module)::+::$case($adapter).await;
        }
    };
}

/// A test of a synchronous case.
#[doc(hidden)]
#[macro_export]
macro_rules! __sync_test {
    ($($module:ident)::+, $case:ident, $adapter:expr) => {
        #[test]
        fn $case() {
            $crate::$($module)::+::$case($adapter);
        }
    };
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// All Rust sources below the `tests` directories of the adapters.
    fn tests_of_adapters() -> String {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut folders: Vec<_> = fs::read_dir(crates)
            .unwrap()
            .map(|entry| entry.unwrap().path().join("tests"))
            .collect();
        let mut sources = String::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    sources.push_str(&fs::read_to_string(path).unwrap());
                }
            }
        }
        sources
    }

    #[test]
    fn every_case_is_run_by_an_adapter() {
        let adapters = tests_of_adapters();
        let suites: Vec<_> = include_str!("suite.rs").split("macro_rules! ").skip(1).collect();
        let cases = include_str!(concat!(env!("OUT_DIR"), "/cases.rs"));
        let ports = cases.lines().filter_map(|line| line.strip_prefix("    (")?.split_once(','));
        let mut checked = 0;
        for (port, _rest) in ports {
            let cases = format!("__cases!({port},");
            let suite = suites.iter().find(|suite| suite.contains(&cases));
            let suite = suite.unwrap_or_else(|| panic!("the cases of {port} are in no suite"));
            let (name, _rules) = suite.split_once(' ').unwrap();
            let run = format!("port_contracts::{name}!(");
            assert!(adapters.contains(&run), "no adapter runs {name}");
            checked += 1;
        }
        assert!(checked >= 12, "the ports are found: {checked}");
    }
}
