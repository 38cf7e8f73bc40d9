//! The names of the settings, and those that look like one of them with a slip.
//!
//! A misspelt name leaves its setting at the default, which may be the opposite of what was meant.
//! So an unknown name that is almost that of a setting stops the start.

use std::{collections::BTreeSet, path::Path, sync::LazyLock};

use strsim::osa_distance;

use super::ConfigError;

/// The template of a file with settings: its lines `#NAME=default` name them.
const TEMPLATE: &str = include_str!("../../../../.env.example");

/// Names that the template explains without a line for each.
const OTHERS: [&str; 14] = [
    "ENV_FILE",
    "JWT_ALGORITHM",
    "JWT_SECRET",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// Groups of settings of which no other program has one.
const PREFIXES: [&str; 3] = ["OUTBOX_", "RATE_LIMIT_", "SHUTDOWN_"];

/// The length from which the name of a setting is compared with those in the environment. Shorter
/// ones are too close to the names of other programs (`HOME` is almost `HOST`).
const MIN_ENVIRONMENT_NAME: usize = 8;

/// The names of all settings.
static NAMES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let lines = TEMPLATE.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || b"_0123456789".contains(&byte))
    };
    lines.map(|(name, _default)| name).filter(|name| is_name(name)).chain(OTHERS).collect()
});

/// Whether a setting has that name.
pub(super) fn is_setting(name: &str) -> bool {
    NAMES.contains(name)
}

/// The number of edits that turn a name into a setting's, if they are few: one, or two for a long
/// name.
fn edits(name: &str, setting: &str) -> Option<usize> {
    let max = if setting.len() > 8 { 2 } else { 1 };
    let may_be = name.len().abs_diff(setting.len()) <= max;
    may_be.then(|| osa_distance(name, setting)).filter(|edits| *edits <= max)
}

/// The setting whose name is almost the unknown one.
fn similar_setting(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase().replace('-', "_");
    let misspelt =
        NAMES.iter().filter_map(|setting| Some((edits(&upper, setting)?, *setting))).min();
    // The first words of a longer name.
    let cut = || {
        let is_start = |setting: &&str| {
            upper.len() >= 8
                && setting.strip_prefix(&*upper).is_some_and(|rest| rest.starts_with('_'))
        };
        NAMES.iter().copied().find(is_start)
    };
    misspelt.map(|(_edits, setting)| setting).or_else(cut)
}

/// Checks the names in a file. Returns those that are not known, without the variables of
/// OpenTelemetry, which has more than this program reads.
///
/// # Errors
/// [`ConfigError`] if a name is almost that of a setting, or starts like those of a group.
pub(super) fn check_file<'a>(
    path: &Path,
    names: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, ConfigError> {
    let mut unknown = Vec::new();
    for name in names.filter(|name| !is_setting(name)) {
        let path = path.display();
        if let Some(setting) = similar_setting(name) {
            let problem = format!("{path} sets {name}, which is no setting; is {setting} meant?");
            return Err(ConfigError::new("ENV_FILE", problem));
        }
        if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            let problem =
                format!("{path} sets {name}, which is no setting; `oms serve --help` lists them");
            return Err(ConfigError::new("ENV_FILE", problem));
        }
        if !name.starts_with("OTEL_") {
            unknown.push(name.to_owned());
        }
    }
    Ok(unknown)
}

/// Checks the names in the environment, where most are of other programs: an unknown name is a slip
/// only if it is almost that of a setting which is not set.
///
/// # Errors
/// [`ConfigError`] if there is such a name.
pub(super) fn check_environment<'a>(
    names: impl Iterator<Item = &'a str>,
    is_set: impl Fn(&str) -> bool,
) -> Result<(), ConfigError> {
    let settings = || NAMES.iter().filter(|setting| setting.len() >= MIN_ENVIRONMENT_NAME);
    for name in names.filter(|name| !is_setting(name)) {
        let misspelt = settings().find(|setting| edits(name, setting).is_some());
        if let Some(setting) = misspelt.filter(|setting| !is_set(setting)) {
            let problem = format!(
                "is not set, but {name} is, which is no setting: misspelt? Rename or unset it"
            );
            return Err(ConfigError::new(setting, problem));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(names: &[&str]) -> Result<Vec<String>, String> {
        check_file("shop.env".as_ref(), names.iter().copied()).map_err(|error| error.to_string())
    }

    fn environment(names: &[&str]) -> Result<(), String> {
        check_environment(names.iter().copied(), |name| names.contains(&name))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_template_names_the_settings() {
        for name in ["HOST", "PORT", "DATABASE_URL", "RATE_LIMIT_LOGIN", "OTEL_SERVICE_NAME"] {
            assert!(is_setting(name), "{name}");
        }
        for text in NAMES.iter() {
            assert!(!text.contains(' ') && text.len() >= 4, "{text:?} is no name");
        }
    }

    #[test]
    fn a_misspelt_name_in_a_file_is_refused_and_both_names_are_given() {
        for (name, setting) in [
            ("RATE_LIMT_LOGIN", "RATE_LIMIT_LOGIN"),
            ("DATABASE_URI", "DATABASE_URL"),
            ("CURENCY", "CURRENCY"),
            ("PORTS", "PORT"),
            ("Port", "PORT"),
            ("allowed-origins", "ALLOWED_ORIGINS"),
            ("MIGRATE_ON_STRAT", "MIGRATE_ON_START"),
            ("ACCESS_TOKEN_EXPIRE", "ACCESS_TOKEN_EXPIRE_MINUTES"),
            ("OTEL_EXPORTER_OTLP_ENPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ] {
            let line = file(&["HOST", name]).unwrap_err();
            let expected =
                format!("ENV_FILE: shop.env sets {name}, which is no setting; is {setting} meant?");
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_name_in_a_file_that_starts_like_a_group_of_settings_is_refused() {
        let line = file(&["RATE_LIMIT_EVERYTHING"]).unwrap_err();
        assert!(line.starts_with("ENV_FILE: shop.env sets RATE_LIMIT_EVERYTHING"), "{line}");
    }

    #[test]
    fn other_unknown_names_in_a_file_are_returned() {
        let names = ["PORT", "POSTGRES_PASSWORD", "OTEL_PROPAGATORS", "REDIS_HOST", "OMS_PORT"];
        let unknown = ["POSTGRES_PASSWORD", "REDIS_HOST", "OMS_PORT"].map(str::to_owned);
        assert_eq!(file(&names), Ok(unknown.to_vec()));
    }

    #[test]
    fn a_misspelt_name_in_the_environment_is_refused_unless_the_right_one_is_set() {
        let line = environment(&["HOME", "RATE_LIMT_LOGIN"]).unwrap_err();
        assert!(line.starts_with("RATE_LIMIT_LOGIN: is not set, but RATE_LIMT_LOGIN is"), "{line}");
        environment(&["REDIS_URL", "REDIS_URI"]).unwrap();
        let line = environment(&["CURENCY"]).unwrap_err();
        assert!(line.starts_with("CURRENCY: is not set, but CURENCY is"), "{line}");
    }

    #[test]
    fn names_of_other_programs_in_the_environment_are_ignored() {
        environment(&[
            "HOME",
            "HOSTNAME",
            "POST",
            "PWD",
            "LOGNAME",
            "SHELL",
            "PATH",
            "OMS_PORT",
            "REDIS_PORT",
            "REDIS_HOST",
            "REDIS_TLS",
            "POSTGRES_PASSWORD",
            "DATABASE_USER",
            "OTEL_TRACES_EXPORTER",
            "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
            "KUBERNETES_PORT",
            "RATE_LIMIT_OF_ANOTHER_PROGRAM",
            "SMTP_HOST",
            "SECRET_KEY_BASE",
            "LOG_LEVELS_FILE",
        ])
        .unwrap();
    }
}
