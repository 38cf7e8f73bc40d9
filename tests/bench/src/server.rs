//! The server under test: the `oms` binary with production settings.

use std::path::{Path, PathBuf};

use crate::{
    error::BenchError,
    process::{Process, command, run},
};

/// The email address of the admin.
pub(crate) const ADMIN_EMAIL: &str = "admin@example.com";
/// The password of the admin and of every customer.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// The settings of the binary. All others have their defaults.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    program: PathBuf,
    dir: PathBuf,
    variables: Vec<(String, String)>,
}

impl Settings {
    /// Settings with data and log in this directory.
    pub(crate) fn new(program: &Path, dir: &Path) -> Self {
        let settings =
            Self { program: program.to_owned(), dir: dir.to_owned(), variables: Vec::new() };
        settings
            .with("HOST", "127.0.0.1")
            .with("PORT", "0")
            .with("DATA_DIR", &dir.display().to_string())
            .with("SECRET_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef")
            // The tokens are used in all rounds of a run.
            .with("ACCESS_TOKEN_EXPIRE_MINUTES", "1440")
            .with("RATE_LIMIT_LOGIN", "off")
            .with("RATE_LIMIT_REGISTER", "off")
            .with("RATE_LIMIT_ACCOUNT_LOGIN", "off")
            .with("ADMIN_EMAIL", ADMIN_EMAIL)
            .with("ADMIN_PASSWORD", PASSWORD)
    }

    /// Moves data and log to this directory.
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

    /// Runs another command of the program, such as `migrate` or `audit`, to completion.
    ///
    /// # Errors
    /// If it fails, with its output.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String, BenchError> {
        let mut oms = command(&self.program);
        oms.current_dir(&self.dir).args(arguments).envs(self.variables.iter().cloned());
        run(oms).await
    }

    /// Starts a server and waits until it listens.
    pub(crate) async fn start(&self) -> Result<Server, BenchError> {
        let mut oms = command(&self.program);
        oms.current_dir(&self.dir).arg("serve").envs(self.variables.iter().cloned());
        let mut process = Process::start(oms, &self.dir.join("oms.log"))?;
        let base_url = process.wait_for_output(listening).await?;
        Ok(Server { process, base_url })
    }
}

/// Parses the URL in `listening on http://127.0.0.1:41234` in the output of a server.
pub(crate) fn listening(output: &str) -> Option<String> {
    let (_before, rest) = output.split_once("listening on http://")?;
    // The URL ends with the line or with a JSON string. Without that end, further digits may
    // follow.
    let end = rest.find(|char: char| !(char.is_ascii_digit() || char == '.' || char == ':'))?;
    Some(format!("http://{}", rest.get(..end)?))
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    base_url: String,
}

impl Server {
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The peak resident memory of the server in bytes.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        self.process.peak_memory()
    }

    pub(crate) async fn stop(self) -> Result<(), BenchError> {
        self.process.stop("TERM").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_parsed_from_text_and_from_json() {
        let text = "oms 0.1.0\nlistening on http://127.0.0.1:4123\n  docs …";
        let json = r#"{"message":"listening on http://127.0.0.1:4123","docs":"http://127.0.0.1"}"#;
        assert_eq!(listening(text).as_deref(), Some("http://127.0.0.1:4123"));
        assert_eq!(listening(json).as_deref(), Some("http://127.0.0.1:4123"));
        assert_eq!(listening("listening on http://127.0.0.1:41"), None);
    }
}
