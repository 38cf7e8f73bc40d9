//! The source of the variables: the environment of the process, and an `.env` file for those that
//! are not set there.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Display,
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{ConfigError, names};

/// Environment variables. An empty value counts as unset.
#[derive(Clone, Default)]
pub(crate) struct Env {
    variables: BTreeMap<String, OsString>,
    /// The names in the file that no setting has.
    unknown: Vec<String>,
}

impl Env {
    /// The environment of this process and, for variables not set there, the file at `ENV_FILE`.
    /// Without `ENV_FILE`, `.env` in the working directory is read if it exists.
    ///
    /// The variables of the file are also set in the environment of this process, where libraries
    /// read theirs (`OTEL_…`, `SSL_CERT_FILE`). Must be called before another thread is started.
    ///
    /// # Errors
    /// [`ConfigError`] if the file at `ENV_FILE` is missing, if a file cannot be read or parsed, or
    /// if a name is almost that of a setting.
    pub(crate) fn from_process() -> Result<Self, ConfigError> {
        let own: Self = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        let inherited: Vec<String> = own.variables.keys().cloned().collect();
        let env = own.with_env_file()?;
        names::check_environment(inherited.iter().map(String::as_str), |name| {
            env.raw(name).is_some()
        })?;
        Ok(env)
    }

    fn with_env_file(self) -> Result<Self, ConfigError> {
        let configured = self.text("ENV_FILE")?.map(PathBuf::from);
        let path = configured.clone().unwrap_or_else(|| PathBuf::from(".env"));
        match fs::read(&path) {
            Ok(text) => {
                let env = self.with_file(&path, text.as_slice())?;
                // Parsing cannot fail here, as the same text was parsed above.
                let _parsed = dotenvy::from_read(text.as_slice());
                Ok(env)
            }
            // A directory that this user cannot read counts as one without the file.
            Err(_) if configured.is_none() && fs::symlink_metadata(&path).is_err() => Ok(self),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// Adds the variables of a file. Variables that are set already keep their values.
    pub(super) fn with_file(
        mut self,
        path: &Path,
        file: impl io::Read,
    ) -> Result<Self, ConfigError> {
        let mut last = None;
        let mut found = Vec::new();
        for entry in dotenvy::from_read_iter(file) {
            let (name, value) = match entry {
                Ok(entry) => entry,
                Err(dotenvy::Error::Io(error)) => return Err(unreadable(path, &error)),
                // The error is dropped, because it quotes the line.
                Err(_quotes_the_line) => return Err(malformed(path, last.as_deref())),
            };
            if self.raw(&name).is_none() {
                self.variables.insert(name.clone(), value.into());
            }
            found.push(name.clone());
            last = Some(name);
        }
        self.unknown = names::check_file(path, found.iter().map(String::as_str))?;
        Ok(self)
    }

    /// Logs the names in the file that no setting has, if there are any.
    pub(crate) fn warn_of_unknown_names(&self) {
        if !self.unknown.is_empty() {
            let names = self.unknown.join(", ");
            tracing::warn!("the file with settings has names that are no settings: {names}");
        }
    }

    /// A copy without some of the variables.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let mut env = self.clone();
        env.variables.retain(|name, _| !names.contains(&name.as_str()));
        env
    }

    /// A value that is not empty. Every setting is read here.
    fn raw(&self, name: &str) -> Option<&OsString> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }

    /// A value exactly as it is set, including white space, for secrets.
    pub(crate) fn verbatim(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        debug_assert!(names::is_setting(name), "{name} is missing in .env.example");
        self.raw(name)
            .map(|value| value.to_str().ok_or_else(|| ConfigError::new(name, "must be UTF-8 text")))
            .transpose()
    }

    /// A value without the white space around it. A blank value counts as unset.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        Ok(self.verbatim(name)?.map(str::trim).filter(|value| !value.is_empty()))
    }

    /// A parsed value. The errors of `parse` must continue the variable's name: "must be …".
    pub(crate) fn parse_with<T, E: Display>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        self.text(name)?
            .map(|raw| parse(raw).map_err(|error| invalid_value(name, &error, raw)))
            .transpose()
    }

    pub(crate) fn number<T>(
        &self,
        name: &'static str,
        bounds: &RangeInclusive<T>,
        example: &T,
    ) -> Result<Option<T>, ConfigError>
    where
        T: FromStr + PartialOrd + Display,
    {
        self.parse_with(name, |raw| {
            raw.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
                let (min, max) = (bounds.start(), bounds.end());
                format!("must be a number from {min} to {max}, such as {example}")
            })
        })
    }

    pub(crate) fn on_or_off(&self, name: &'static str) -> Result<Option<bool>, ConfigError> {
        self.parse_with(name, |raw| match raw.to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" | "1" => Ok(true),
            "off" | "false" | "no" | "0" => Ok(false),
            _ => Err("must be on or off"),
        })
    }

    /// The parts of a comma-separated list, trimmed, without empty parts.
    pub(crate) fn list(
        &self,
        name: &'static str,
    ) -> Result<impl Iterator<Item = &str> + use<'_>, ConfigError> {
        let list = self.text(name)?.unwrap_or_default();
        Ok(list.split(',').map(str::trim).filter(|part| !part.is_empty()))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let own = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: own.collect(), unknown: Vec::new() }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError::new("ENV_FILE", format!("cannot read {}: {error}", path.display()))
}

/// The error for a malformed entry, located by the name of the entry before it. It does not quote
/// the line, which may hold a secret.
fn malformed(path: &Path, previous: Option<&str>) -> ConfigError {
    let entry = previous
        .map_or_else(|| "the first entry".to_owned(), |name| format!("the entry after {name}"));
    let path = path.display();
    let problem = format!("{path}: {entry} is not NAME=value, or lacks quotes around the value");
    ConfigError::new("ENV_FILE", problem)
}

/// The error for an invalid value that is no secret: what was expected, and the start of the value.
pub(super) fn invalid_value(name: &'static str, expected: &impl Display, raw: &str) -> ConfigError {
    const MAX_QUOTED_CHARS: usize = 60;
    let cut: String = raw.chars().take(MAX_QUOTED_CHARS).collect();
    let ellipsis = if cut.len() < raw.len() { "…" } else { "" };
    ConfigError::new(name, format!("{expected}, not {cut:?}{ellipsis}"))
}
