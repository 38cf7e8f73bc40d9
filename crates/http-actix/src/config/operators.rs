//! `METRICS_PORT`, `METRICS_HOST`, `METRICS_TOKEN`: how operators reach what a program says about itself.

use super::{ConfigError, Env, ListenConfig, Secret, listen};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperatorsConfig {
    /// A listener of their own; whoever reaches it is one of them.
    pub(crate) own: Option<OperatorsListenerConfig>,
    /// What lets a caller of the main port in as an operator, beside what an administrator has anyway.
    pub(crate) token: Option<Secret>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperatorsListenerConfig {
    /// An address or a host name, IPv6 addresses without brackets.
    pub(crate) host: String,
    /// The port; 0 lets the operating system choose one.
    pub(crate) port: u16,
}

impl OperatorsConfig {
    /// A token with fewer characters could be guessed.
    const MIN_TOKEN_BYTES: usize = 16;

    /// Reads the variables. What is not said follows from where the server listens.
    pub(crate) fn from_env(env: &Env, listen: &ListenConfig) -> Result<Self, ConfigError> {
        let host = env.parse_with("METRICS_HOST", listen::host)?;
        let port = env.number("METRICS_PORT", &(0..=u16::MAX), &9090)?;
        if port.is_some_and(|port| port != 0 && port == listen.port) {
            let problem = format!("must be another port than PORT, which is {}", listen.port);
            return Err(ConfigError::new("METRICS_PORT", problem));
        }
        let host = host.unwrap_or_else(|| listen.host.clone());
        Ok(Self { own: port.map(|port| OperatorsListenerConfig { host, port }), token: token(env)? })
    }
}

/// The token, which no error quotes.
fn token(env: &Env) -> Result<Option<Secret>, ConfigError> {
    let least = OperatorsConfig::MIN_TOKEN_BYTES;
    let Some(token) = env.secret("METRICS_TOKEN")? else { return Ok(None) };
    // What else there is cannot stand in a header as it is.
    if token.len() < least || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem =
            format!("must be {least} or more letters, digits and signs, without white space");
        return Err(ConfigError::new("METRICS_TOKEN", problem));
    }
    Ok(Some(Secret::new(token)))
}
