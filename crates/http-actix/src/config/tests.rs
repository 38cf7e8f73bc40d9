//! Each variable: its meaning, its default, and the error for an invalid value.

mod connections;
mod mails;
mod operators;
mod origins;
mod security;
mod slips;
mod tracing;

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use domain::account::service::RefreshRotation;

use super::*;
use crate::adapters::{JwtAlgorithm, SmtpTimeouts};

fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_env(&variables.iter().copied().collect())
}

fn good(name: &str, value: &str) -> Config {
    config(&[(name, value)]).unwrap_or_else(|error| panic!("{name}={value}: {error}"))
}

/// The error for an invalid value, which must name the variable.
fn refusal(name: &str, value: &str) -> String {
    match config(&[(name, value)]) {
        Ok(_) => panic!("{name}={value} was accepted"),
        Err(error) => {
            let line = error.to_string();
            assert!(line.starts_with(&format!("{name}: must ")), "{line}");
            assert!(!line.contains('\n'), "{line}");
            line
        }
    }
}

#[test]
fn every_setting_has_a_default() {
    let config = config(&[]).unwrap();
    assert_eq!(config.listen.host, "127.0.0.1");
    assert_eq!(config.listen.port, 8000);
    assert_eq!(config.listen.workers, None);
    assert_eq!(config.listen.shutdown_timeout, Duration::from_secs(30));
    assert_eq!(config.store, StoreConfig::Sqlite { path: PathBuf::from("./data/oms.db") });
    assert_eq!(config.data_dir, PathBuf::from("./data"));
    assert_eq!(config.security.secret, SecretConfig::File(PathBuf::from("./data/secret.key")));
    assert_eq!(config.security.algorithm, JwtAlgorithm::Hs256);
    assert_eq!(config.security.lifetimes.access, TimeDelta::minutes(60));
    assert_eq!(config.security.lifetimes.refresh, TimeDelta::days(7));
    assert_eq!(config.security.bcrypt_cost.get(), 12);
    assert_eq!(config.limits.login, "5/minute".parse().ok());
    assert_eq!(config.limits.register, "3/minute".parse().ok());
    assert_eq!(config.cors, AllowedOrigins::Loopback);
    assert_eq!(config.trusted_proxies, Vec::new());
    assert_eq!(config.currency, None);
    assert!(config.first_admin.is_none());
    assert_eq!(
        config.logging,
        LogConfig {
            format: None,
            filter: "info,actix_server=warn,actix_http=off,tokio_postgres=warn".to_owned()
        }
    );
}

#[test]
fn an_empty_value_counts_as_unset() {
    let empty =
        ["PORT", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ADMIN_EMAIL", "ADMIN_PASSWORD"];
    let variables: Vec<_> = empty.iter().map(|name| (*name, "")).collect();
    let config = config(&variables).unwrap();
    assert_eq!(config.listen.port, 8000);
    assert!(matches!(config.security.secret, SecretConfig::File(_)));
}

#[test]
fn the_port_is_a_number_of_16_bits() {
    assert_eq!(good("PORT", "0").listen.port, 0);
    assert_eq!(good("PORT", " 65535 ").listen.port, 65_535);
    assert_eq!(
        refusal("PORT", "abc"),
        r#"PORT: must be a number from 0 to 65535, such as 8000, not "abc""#
    );
    refusal("PORT", "65536");
    refusal("PORT", "-1");
}

#[test]
fn the_host_is_an_address_or_a_name_without_a_port() {
    assert_eq!(good("HOST", "0.0.0.0").listen.host, "0.0.0.0");
    assert_eq!(good("HOST", "localhost").listen.host, "localhost");
    assert_eq!(good("HOST", "::").listen.host, "::");
    assert_eq!(good("HOST", "[::1]").listen.host, "::1");
    refusal("HOST", "localhost:8000");
    refusal("HOST", "http://localhost");
}

#[test]
fn the_number_of_threads_and_the_shutdown_timeout_are_bounded() {
    assert_eq!(good("WORKERS", "3").listen.workers, NonZeroUsize::new(3));
    refusal("WORKERS", "0");
    let timeout = good("SHUTDOWN_TIMEOUT_SECONDS", "0").listen.shutdown_timeout;
    assert_eq!(timeout, Duration::ZERO);
    refusal("SHUTDOWN_TIMEOUT_SECONDS", "soon");
}

#[test]
fn an_sqlite_url_with_two_slashes_is_relative_and_with_three_absolute() {
    let path = |url| match good("DATABASE_URL", url).store {
        StoreConfig::Sqlite { path } => path,
        other @ StoreConfig::Postgres(_) => panic!("{other:?}"),
    };
    assert_eq!(path("sqlite://oms.db"), PathBuf::from("oms.db"));
    assert_eq!(path("sqlite://./data/shop.db"), PathBuf::from("./data/shop.db"));
    assert_eq!(path("sqlite:///var/lib/oms.db"), PathBuf::from("/var/lib/oms.db"));
}

#[test]
fn all_postgresql_schemes_are_accepted_and_the_password_is_not_displayed() {
    for scheme in ["postgres", "postgresql", "postgresql+psycopg2"] {
        let url = format!("{scheme}://ann:hunter2@db:5432/shop");
        let store = good("DATABASE_URL", &url).store;
        assert_eq!(store.describe(), "PostgreSQL, db:5432/shop");
        assert!(!format!("{store:?}").contains("hunter2"));
        let StoreConfig::Postgres(postgres) = store else { panic!("{scheme}") };
        assert_eq!((postgres.url.expose(), postgres.connections), (url.as_str(), 8));
    }
    let line = config(&[("DATABASE_URL", "mysql://a:hunter2@db/oms")]).unwrap_err().to_string();
    assert!(line.contains("not") && !line.contains("hunter2"), "{line}");
}

#[test]
fn a_replica_requires_postgresql() {
    let primary = ("DATABASE_URL", "postgres://db/shop");
    let both = config(&[primary, ("DATABASE_REPLICA_URL", "postgres://copy/shop")]).unwrap();
    let StoreConfig::Postgres(postgres) = both.store else { panic!("not PostgreSQL") };
    assert_eq!(postgres.replica.unwrap().redacted(), "copy/shop");
    refusal("DATABASE_REPLICA_URL", "postgres://copy/shop");
    let line = config(&[primary, ("DATABASE_REPLICA_URL", "sqlite://x")]).unwrap_err().to_string();
    assert!(line.starts_with("DATABASE_REPLICA_URL: must be"), "{line}");
    refusal("DATABASE_POOL_SIZE", "0");
}

#[test]
fn an_sqlite_url_must_name_a_file() {
    for url in ["oms.db", "sqlite://", "sqlite://:memory:", "sqlite://oms.db?mode=ro", "ftp://x"] {
        refusal("DATABASE_URL", url);
    }
}

#[test]
fn redis_has_a_url_a_prefix_and_a_stream_length() {
    assert_eq!(config(&[]).unwrap().redis, None);
    let redis = good("REDIS_URL", "rediss://:hunter2@cache:6380/1").redis.unwrap();
    assert_eq!((redis.url.redacted(), redis.prefix.as_str()), ("cache:6380/1", "oms"));
    let url = ("REDIS_URL", "redis://cache");
    let other = config(&[url, ("REDIS_PREFIX", "shop-2")]).unwrap().redis.unwrap();
    assert_eq!(other.prefix.as_str(), "shop-2");
    refusal("REDIS_URL", "cache:6379");
    refusal("REDIS_PREFIX", "a b");
    refusal("EVENT_STREAM_LENGTH", "0");
}

#[test]
fn trusted_proxies_are_addresses_and_cidr_blocks() {
    let proxies = good("TRUSTED_PROXIES", "10.0.0.0/8, 192.168.1.7, fd00::/8").trusted_proxies;
    let shown: Vec<_> = proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.0/8", "192.168.1.7/32", "fd00::/8"]);
    refusal("TRUSTED_PROXIES", "10.0.0.0/8, proxy.local");
}

#[test]
fn the_currency_has_two_decimal_places() {
    assert_eq!(good("CURRENCY", "USD").currency, Currency::parse("USD").ok());
    refusal("CURRENCY", "JPY");
    refusal("CURRENCY", "dollars");
}

#[test]
fn the_first_admin_needs_an_email_and_a_password() {
    let both = [("ADMIN_EMAIL", "Ann@Example.com"), ("ADMIN_PASSWORD", " correct horse ")];
    let admin = config(&both).unwrap().first_admin.unwrap();
    assert_eq!(admin.email.as_str(), "ann@example.com");
    assert_eq!(admin.password.expose(), " correct horse ");
    for (name, value) in both {
        let line = config(&[(name, value)]).unwrap_err().to_string();
        assert!(line.contains("together"), "{line}");
    }
}

#[test]
fn the_first_admins_password_is_validated_and_not_quoted() {
    let line = refusal("ADMIN_PASSWORD", "hunter2");
    assert!(line.contains("8 characters") && !line.contains("hunter2"), "{line}");
    refusal("ADMIN_EMAIL", "ann");
}

#[test]
fn logging_has_a_format_and_a_filter() {
    assert_eq!(good("LOG_FORMAT", "JSON").logging.format, Some(LogFormat::Json));
    assert_eq!(good("LOG_LEVEL", "WARN").logging.filter, "warn,actix_http=off");
    let both = config(&[("LOG_LEVEL", "warn"), ("RUST_LOG", "info,http_actix=debug")]).unwrap();
    assert_eq!(both.logging.filter, "info,http_actix=debug");
    refusal("LOG_FORMAT", "xml");
    refusal("LOG_LEVEL", "loud");
    refusal("RUST_LOG", "http_actix=loud");
}

#[test]
fn the_log_is_text_on_a_terminal_and_json_elsewhere_by_default() {
    let logging = config(&[]).unwrap().logging;
    assert_eq!(logging.format_on(true), LogFormat::Text);
    assert_eq!(logging.format_on(false), LogFormat::Json);
    assert_eq!(good("LOG_FORMAT", "text").logging.format_on(false), LogFormat::Text);
}

#[test]
fn a_file_supplies_variables_that_the_environment_does_not_set() {
    let env: Env = [("PORT", "9000"), ("HOST", "")].into_iter().collect();
    let file = "# a comment\nPORT=1\nHOST=0.0.0.0\nexport CURRENCY='USD'\n";
    let env = env.with_file("shop.env".as_ref(), file.as_bytes()).unwrap();
    let config = Config::from_env(&env).unwrap();
    assert_eq!(config.listen.port, 9000);
    assert_eq!(config.listen.host, "0.0.0.0");
    assert_eq!(config.currency, Currency::parse("USD").ok());
}

#[test]
fn the_error_for_a_bad_line_names_the_entry_before_it_and_does_not_quote_it() {
    let file = "PORT=1\nADMIN_PASSWORD hunter2\n";
    let error = Env::default().with_file("shop.env".as_ref(), file.as_bytes()).err().unwrap();
    let line = error.to_string();
    assert!(line.contains("shop.env") && line.contains("after PORT"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn an_unreadable_file_is_not_reported_as_a_bad_line() {
    let directory = tempfile::tempdir().unwrap();
    let opened = std::fs::File::open(directory.path()).unwrap();
    let error = Env::default().with_file(directory.path(), opened).err().unwrap();
    let line = error.to_string();
    assert!(line.starts_with("ENV_FILE: cannot read "), "{line}");
}

#[test]
fn a_long_invalid_value_is_truncated_in_the_error() {
    let line = refusal("PORT", &"9".repeat(1_000));
    assert!(line.len() < 200 && line.ends_with('…'), "{line}");
}
