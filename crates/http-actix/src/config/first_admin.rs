//! `ADMIN_EMAIL`, `ADMIN_PASSWORD`: the admin that a start creates if there is none.

use domain::account::{EmailAddress, NewPassword, PasswordPolicy};

use super::{ConfigError, Env};

#[derive(Debug, Clone)]
pub(crate) struct FirstAdmin {
    pub(crate) email: EmailAddress,
    pub(crate) password: NewPassword,
}

impl FirstAdmin {
    pub(crate) const VARIABLES: [&'static str; 2] = ["ADMIN_EMAIL", "ADMIN_PASSWORD"];

    /// Reads the variables; both must be set, or neither.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let email = env.parse_with("ADMIN_EMAIL", EmailAddress::parse)?;
        let password = password_from_env(env)?;
        match (email, password) {
            (None, None) => Ok(None),
            (Some(email), Some(password)) => Ok(Some(Self { email, password })),
            (Some(_), None) => Err(ConfigError::new(
                "ADMIN_PASSWORD",
                "must be set together with ADMIN_EMAIL, to a password of 8 characters or more",
            )),
            (None, Some(_)) => Err(ConfigError::new(
                "ADMIN_EMAIL",
                "must be set together with ADMIN_PASSWORD, such as to admin@example.com",
            )),
        }
    }
}

/// `ADMIN_PASSWORD`, if it is set. The error does not quote it.
pub(crate) fn password_from_env(env: &Env) -> Result<Option<NewPassword>, ConfigError> {
    env.verbatim("ADMIN_PASSWORD")?
        .map(|raw| NewPassword::parse(raw, PasswordPolicy::V1))
        .transpose()
        .map_err(|error| ConfigError::new("ADMIN_PASSWORD", error.to_string()))
}
