//! The secret that signs access tokens: the value of a variable, or a generated file in the data
//! directory.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A secret, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// A signing key must be at least as long as the hash (RFC 7518, section 3.2), which is 32
    /// bytes for HS256.
    pub(crate) const MIN_BYTES: usize = 32;

    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether it has fewer than [`Self::MIN_BYTES`].
    pub(crate) fn is_short(&self) -> bool {
        self.0.len() < Self::MIN_BYTES
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretConfig {
    Value(Secret),
    /// The path of a file that is created with a random secret at the first use.
    File(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretFileError {
    #[error("cannot use the secret in {path}: {cause}")]
    Io { path: String, cause: io::Error },
    /// The file was truncated or emptied.
    #[error(
        "the secret in {path} has fewer than {min} bytes; remove the file to get a new one, which \
         ends all sessions",
        min = Secret::MIN_BYTES
    )]
    TooShort { path: String },
}

impl SecretConfig {
    /// Returns the secret. Creates the file if it is missing; its directory must exist.
    pub(crate) fn load(&self) -> Result<Secret, SecretFileError> {
        match self {
            Self::Value(secret) => {
                if secret.is_short() {
                    tracing::warn!(
                        "SECRET_KEY (or JWT_SECRET) has fewer than {} bytes, so signatures are weak; \
                         generate a key with `openssl rand -hex 32`",
                        Secret::MIN_BYTES
                    );
                }
                Ok(secret.clone())
            }
            Self::File(path) => {
                let io = |cause| SecretFileError::Io { path: path.display().to_string(), cause };
                if !path.try_exists().map_err(io)? {
                    create(path).map_err(io)?;
                }
                warn_if_readable_by_others(path).map_err(io)?;
                let secret = Secret::new(fs::read(path).map_err(io)?.trim_ascii());
                if secret.is_short() {
                    return Err(SecretFileError::TooShort { path: path.display().to_string() });
                }
                Ok(secret)
            }
        }
    }
}

/// Creates the file atomically, with 32 random bytes in hexadecimal digits. No reader sees a part
/// of it, and of two processes that start at the same time the second uses the first one's file.
fn create(path: &Path) -> io::Result<()> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let text = random.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let temporary = path.with_extension(format!("{}.new", std::process::id()));
    let written =
        write_new(&temporary, &text).and_then(|()| match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    let removed = fs::remove_file(&temporary);
    written.and(removed)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(unix)]
fn warn_if_readable_by_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        tracing::warn!("{path}: other users can read the secret; run `chmod 600 {path}`");
    }
    Ok(())
}

#[cfg(not(unix))]
fn warn_if_readable_by_others(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret_file(directory: &tempfile::TempDir) -> (PathBuf, SecretConfig) {
        let path = directory.path().join("secret.key");
        (path.clone(), SecretConfig::File(path))
    }

    #[test]
    fn the_secret_file_is_created_once_and_read_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let (path, config) = secret_file(&directory);
        let first = config.load().unwrap();
        assert_eq!(first.expose().len(), 64);
        assert_eq!(config.load().unwrap(), first);
        assert_eq!(fs::read(path).unwrap().trim_ascii(), first.expose());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn generated_secrets_differ() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_ne!(secret_file(&one).1.load().unwrap(), secret_file(&other).1.load().unwrap());
    }

    #[test]
    fn a_secret_file_that_another_process_created_first_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (path, config) = secret_file(&directory);
        let first = config.load().unwrap();
        create(&path).unwrap();
        assert_eq!(config.load().unwrap(), first);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_the_secret_file() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().unwrap();
        let (path, config) = secret_file(&directory);
        config.load().unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn an_empty_or_truncated_secret_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (path, config) = secret_file(&directory);
        for text in ["", "\n", "0123456789abcdef0123456789abcde\n"] {
            fs::write(&path, text).unwrap();
            assert!(matches!(config.load(), Err(SecretFileError::TooShort { .. })), "{text:?}");
        }
    }

    #[test]
    fn the_error_for_a_missing_directory_names_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing").join("secret.key");
        let error = SecretConfig::File(path.clone()).load().unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}
