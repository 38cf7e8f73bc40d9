//! Where variables come from: the environment of the process, and an `.env` file behind it.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Display,
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::ConfigError;

/// Named values. An empty one counts as unset.
#[derive(Clone, Default)]
pub(crate) struct Env {
    variables: BTreeMap<String, OsString>,
}

impl Env {
    /// The environment of this process and, for what is not set there, the file that `ENV_FILE` names.
    /// Without `ENV_FILE`, `.env` in the working directory is read if it exists.
    ///
    /// What the file adds is in the environment of this process from then on, where libraries look for what is theirs
    /// (`OTEL_…`, `SSL_CERT_FILE`). Must be called before there is another thread.
    ///
    /// # Errors
    /// [`ConfigError`] if the named file is missing, or a file cannot be read.
    pub(crate) fn from_process() -> Result<Self, ConfigError> {
        let own: Self = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        let named = own.text("ENV_FILE")?.map(PathBuf::from);
        let path = named.clone().unwrap_or_else(|| PathBuf::from(".env"));
        match fs::read(&path) {
            Ok(text) => {
                let env = own.with_file(&path, text.as_slice())?;
                // It was understood just now.
                let _understood = dotenvy::from_read(text.as_slice());
                Ok(env)
            }
            // In a directory that this user may not look into, there is none for them either.
            Err(_) if named.is_none() && fs::symlink_metadata(&path).is_err() => Ok(own),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// Adds what a file says. What is set already stays.
    pub(super) fn with_file(
        mut self,
        path: &Path,
        file: impl io::Read,
    ) -> Result<Self, ConfigError> {
        let mut last = None;
        for entry in dotenvy::from_read_iter(file) {
            let (name, value) = match entry {
                Ok(entry) => entry,
                Err(dotenvy::Error::Io(error)) => return Err(unreadable(path, &error)),
                Err(_with_the_line) => return Err(malformed(path, last.as_deref())),
            };
            if self.raw(&name).is_none() {
                self.variables.insert(name.clone(), value.into());
            }
            last = Some(name);
        }
        Ok(self)
    }

    /// The same without some of the variables.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let mut env = self.clone();
        env.variables.retain(|name, _| !names.contains(&name.as_str()));
        env
    }

    fn raw(&self, name: &str) -> Option<&OsString> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }

    /// A value exactly as it was given, for secrets.
    pub(crate) fn secret(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        self.raw(name)
            .map(|value| value.to_str().ok_or_else(|| ConfigError::new(name, "must be UTF-8 text")))
            .transpose()
    }

    /// A value without the white space around it. Blank counts as unset.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        Ok(self.secret(name)?.map(str::trim).filter(|value| !value.is_empty()))
    }

    /// A value that `parse` understands. Its errors must read on from the variable's name: "must be …".
    pub(crate) fn parse_with<T, E: Display>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        self.text(name)?
            .map(|raw| parse(raw).map_err(|error| refused(name, &error, raw)))
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
                let (least, most) = (bounds.start(), bounds.end());
                format!("must be a number from {least} to {most}, such as {example}")
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

    /// The parts of a comma-separated list, without the white space around them and without empty ones.
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
        Self { variables: own.collect() }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError::new("ENV_FILE", format!("cannot read {}: {error}", path.display()))
}

/// The error for an entry, behind the one of that name. Does not quote the line, which may hold a secret.
fn malformed(path: &Path, last: Option<&str>) -> ConfigError {
    let place =
        last.map_or_else(|| "its first entry".to_owned(), |name| format!("the entry after {name}"));
    let path = path.display();
    let problem = format!("{path}: {place} is not NAME=value, or lacks quotes around the value");
    ConfigError::new("ENV_FILE", problem)
}

/// The error for a value that is no secret: says what was expected, and what came instead.
pub(super) fn refused(name: &'static str, expected: &impl Display, raw: &str) -> ConfigError {
    /// More of a value than this does not help anybody.
    const SHOWN: usize = 60;
    let cut: String = raw.chars().take(SHOWN).collect();
    let ellipsis = if cut.len() < raw.len() { "…" } else { "" };
    ConfigError::new(name, format!("{expected}, not {cut:?}{ellipsis}"))
}
