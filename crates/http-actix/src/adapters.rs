//! The adapter types and checks that the configuration and the commands name. Only this module and
//! `composition` import adapter crates.

pub(crate) use infra_local::{BcryptCost, JwtAlgorithm, SystemClock};
pub(crate) use infra_postgres::check_url as check_postgres_url;
pub(crate) use infra_redis::{KeyPrefix, RedisUrl};
pub(crate) use infra_smtp::{SmtpSettings, SmtpSettingsError, SmtpTimeouts};

/// The crates of the adapters, as log directives name them.
pub(crate) const ADAPTER_CRATES: [&str; 6] =
    ["infra_local", "infra_postgres", "infra_redis", "infra_smtp", "infra_sql", "infra_sqlite"];
