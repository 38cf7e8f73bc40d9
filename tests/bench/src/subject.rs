//! The subject: the `oms` binary, as a shop would run it.

use std::path::{Path, PathBuf};

use crate::{
    failure::Failure,
    process::{Running, command, run},
};

/// Whoever administrates the shop that is measured, and every customer's password.
pub(crate) const ADMIN_EMAIL: &str = "admin@example.com";
/// Nobody else sees that shop.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// What the binary is run with. Whatever is not said here is as the program has it by default.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    program: PathBuf,
    dir: PathBuf,
    variables: Vec<(String, String)>,
}

impl Settings {
    /// A server with its data and its log in this directory.
    pub(crate) fn new(program: &Path, dir: &Path) -> Self {
        let settings =
            Self { program: program.to_owned(), dir: dir.to_owned(), variables: Vec::new() };
        settings
            .with("HOST", "127.0.0.1")
            .with("PORT", "0")
            .with("DATA_DIR", &dir.display().to_string())
            .with("SECRET_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef")
            // Tokens are taken once and used for as long as all rounds last.
            .with("ACCESS_TOKEN_EXPIRE_MINUTES", "1440")
            .with("RATE_LIMIT_LOGIN", "off")
            .with("RATE_LIMIT_REGISTER", "off")
            .with("ADMIN_EMAIL", ADMIN_EMAIL)
            .with("ADMIN_PASSWORD", PASSWORD)
    }

    /// With its data and its log in this directory.
    pub(crate) fn in_directory(self, dir: &Path) -> Self {
        let dir = dir.to_owned();
        let settings = Self { dir: dir.clone(), ..self };
        settings.with("DATA_DIR", &dir.display().to_string())
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _value)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs one of the program's other commands, such as `migrate` or `audit`, to its end.
    ///
    /// # Errors
    /// If it fails, with its words.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut oms = command(&self.program);
        oms.current_dir(&self.dir).args(arguments).envs(self.variables.iter().cloned());
        run(oms).await
    }

    /// Starts a server and waits until it listens.
    pub(crate) async fn start(&self) -> Result<Subject, Failure> {
        let mut oms = command(&self.program);
        oms.current_dir(&self.dir).arg("serve").envs(self.variables.iter().cloned());
        let mut running = Running::start(oms, &self.dir.join("oms.log"))?;
        let base = running.says(listening).await?;
        Ok(Subject { running, base })
    }
}

/// Finds `listening on http://127.0.0.1:41234` in what a server has printed.
pub(crate) fn listening(said: &str) -> Option<String> {
    let (_before, rest) = said.split_once("listening on http://")?;
    // What follows may be the end of a line of text, or of a text in JSON; until it is there, so may digits be.
    let end = rest.find(|char: char| !(char.is_ascii_digit() || char == '.' || char == ':'))?;
    Some(format!("http://{}", rest.get(..end)?))
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Subject {
    running: Running,
    base: String,
}

impl Subject {
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The most memory that it has had resident, in bytes.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        self.running.peak_memory()
    }

    pub(crate) async fn stop(self) -> Result<(), Failure> {
        self.running.stop("TERM").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_where_it_listens_in_text_and_in_json() {
        let text = "oms 0.1.0\nlistening on http://127.0.0.1:4123\n  docs …";
        let json = r#"{"message":"listening on http://127.0.0.1:4123","docs":"http://127.0.0.1"}"#;
        assert_eq!(listening(text).as_deref(), Some("http://127.0.0.1:4123"));
        assert_eq!(listening(json).as_deref(), Some("http://127.0.0.1:4123"));
        assert_eq!(listening("listening on http://127.0.0.1:41"), None);
    }
}
