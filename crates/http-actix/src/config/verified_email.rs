//! `REQUIRE_VERIFIED_EMAIL`: what an account needs a confirmed address for.

use domain::account::VerifiedEmailPolicy;

use super::{ConfigError, Env, MailConfig};

const NAME: &str = "REQUIRE_VERIFIED_EMAIL";

/// Reads the variable. Without one, a shop that sends mails sends them to confirmed addresses only.
///
/// # Errors
/// [`ConfigError`] if it is no policy, or needs confirmed addresses in a shop that cannot ask for
/// them.
pub(super) fn from_env(
    env: &Env,
    mail: Option<&MailConfig>,
) -> Result<VerifiedEmailPolicy, ConfigError> {
    let given = env.parse_with(NAME, |raw| raw.to_ascii_lowercase().parse())?;
    match (given, mail) {
        (None, None) => Ok(VerifiedEmailPolicy::Off),
        (None, Some(_)) => Ok(VerifiedEmailPolicy::Mail),
        (Some(VerifiedEmailPolicy::Mail | VerifiedEmailPolicy::Order), None) => {
            Err(ConfigError::new(
                NAME,
                "must be off unless SMTP_URL is set: a mail confirms an address",
            ))
        }
        (Some(policy), _) => Ok(policy),
    }
}
