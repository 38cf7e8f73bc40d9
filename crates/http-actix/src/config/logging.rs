//! `LOG_FORMAT`, `RUST_LOG`, `LOG_LEVEL`: the format and the filter of the log.

mod directives;

use std::str::FromStr;

use super::{ConfigError, Env};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        match raw.to_ascii_lowercase().as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json"),
        }
    }
}

/// The filter of the level `info`. The web server and the database driver log warnings only.
/// `actix_http` is off, because it logs an error for every client that does not speak HTTP.
const INFO: &str = "info,actix_server=warn,actix_http=off,tokio_postgres=warn";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogConfig {
    pub(crate) format: Option<LogFormat>,
    /// Valid directives of [`EnvFilter`](tracing_subscriber::EnvFilter).
    pub(crate) filter: String,
}

impl LogConfig {
    /// Reads the variables. `RUST_LOG` wins over `LOG_LEVEL`.
    pub(super) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let directives = env.parse_with("RUST_LOG", directives::parse)?;
        let level = env.parse_with("LOG_LEVEL", level)?;
        Ok(Self {
            format: env.parse_with("LOG_FORMAT", str::parse)?,
            filter: directives.or(level).unwrap_or_else(|| INFO.to_owned()),
        })
    }

    /// The configured format; without one, text on a terminal and JSON elsewhere.
    pub(crate) fn format_on(&self, terminal: bool) -> LogFormat {
        self.format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json })
    }
}

fn level(raw: &str) -> Result<String, &'static str> {
    match raw.to_ascii_lowercase().as_str() {
        "info" => Ok(INFO.to_owned()),
        level @ ("error" | "warn") => Ok(format!("{level},actix_http=off")),
        level @ ("off" | "debug" | "trace") => Ok(level.to_owned()),
        _ => Err("must be off, error, warn, info, debug or trace"),
    }
}
