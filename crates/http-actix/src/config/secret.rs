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

    /// Takes a secret over as it is.
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The secret, for a signer.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is shorter than it should be.
    pub(crate) fn is_short(&self) -> bool {
        self.0.len() < Self::SHORT
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Where the secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretConfig {
    /// From a variable.
    Given(Secret),
    /// From this file, which is made when it is first needed.
    Kept(PathBuf),
}

/// The file with the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretFileError {
    /// It cannot be read or made.
    #[error("cannot use the secret in {path}: {cause}")]
    Io {
        /// Which file.
        path: String,
        /// Why not.
        cause: io::Error,
    },
    /// It holds no secret worth the name: cut off, or somebody emptied it.
    #[error(
        "the secret in {path} has fewer than {short} characters; remove the file to get a new one, which ends all sessions",
        short = Secret::SHORT
    )]
    TooShort {
        /// Which file.
        path: String,
    },
}

impl SecretConfig {
    /// The secret. Makes the file if there is none; its directory must exist.
    ///
    /// # Errors
    /// [`SecretFileError`] if the file cannot be used.
    pub(crate) fn load(&self) -> Result<Secret, SecretFileError> {
        match self {
            Self::Given(secret) => {
                if secret.is_short() {
                    tracing::warn!(
                        "SECRET_KEY: shorter than {} bytes, so its signatures are weak",
                        Secret::SHORT
                    );
                }
                Ok(secret.clone())
            }
            Self::Kept(path) => {
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
