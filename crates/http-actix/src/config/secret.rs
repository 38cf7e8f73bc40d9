//! The secret that signs access tokens: given by a variable, or kept in a file of the data directory.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A secret. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// Fewer bytes than this can be guessed, or are shorter than the signature (RFC 7518, section 3.2).
    pub(crate) const SHORT: usize = 32;

    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is shorter than it should be.
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
    Given(Secret),
    /// From this file, which is made when it is first needed.
    Kept(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretFileError {
    #[error("cannot use the secret in {path}: {cause}")]
    Io { path: String, cause: io::Error },
    /// It holds no secret worth the name: cut off, or somebody emptied it.
    #[error(
        "the secret in {path} has fewer than {short} characters; remove the file to get a new one, which ends all sessions",
        short = Secret::MIN_BYTES
    )]
    TooShort { path: String },
}

impl SecretConfig {
    /// The secret. Makes the file if there is none; its directory must exist.
    pub(crate) fn load(&self) -> Result<Secret, SecretFileError> {
        match self {
            Self::Value(secret) => {
                if secret.is_short() {
                    tracing::warn!(
                        "SECRET_KEY (or JWT_SECRET): shorter than {} bytes, so its signatures are weak",
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
                let kept = Secret::new(fs::read(path).map_err(io)?.trim_ascii());
                if kept.is_short() {
                    return Err(SecretFileError::TooShort { path: path.display().to_string() });
                }
                Ok(kept)
            }
        }
    }
}

/// Makes the file with 32 random bytes in hexadecimal digits, in one step: no reader ever sees half of it,
/// and of two processes that start at once, the second takes the first one's.
fn create(path: &Path) -> io::Result<()> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let text = random.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let written = write_new(&draft, &text).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // Without the link the draft is rubbish, with it a second name that nobody needs.
    let removed = fs::remove_file(&draft);
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
        tracing::warn!("{path}: others than its owner can read the secret; chmod 600 it");
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

    fn kept(directory: &tempfile::TempDir) -> (PathBuf, SecretConfig) {
        let path = directory.path().join("secret.key");
        (path.clone(), SecretConfig::File(path))
    }

    #[test]
    fn a_secret_that_is_not_given_is_made_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (path, config) = kept(&directory);
        let first = config.load().unwrap();
        assert_eq!(first.expose().len(), 64);
        assert_eq!(config.load().unwrap(), first);
        assert_eq!(fs::read(path).unwrap().trim_ascii(), first.expose());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_ne!(kept(&one).1.load().unwrap(), kept(&other).1.load().unwrap());
    }

    #[test]
    fn of_a_secret_that_another_process_made_meanwhile_there_is_one() {
        let directory = tempfile::tempdir().unwrap();
        let (path, config) = kept(&directory);
        let first = config.load().unwrap();
        create(&path).unwrap();
        assert_eq!(config.load().unwrap(), first);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().unwrap();
        let (path, config) = kept(&directory);
        config.load().unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_was_emptied_or_cut_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (path, config) = kept(&directory);
        for text in ["", "\n", "0123456789abcdef0123456789abcde\n"] {
            fs::write(&path, text).unwrap();
            assert!(matches!(config.load(), Err(SecretFileError::TooShort { .. })), "{text:?}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing").join("secret.key");
        let error = SecretConfig::File(path.clone()).load().unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}
