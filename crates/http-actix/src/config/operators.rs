//! `METRICS_PORT`, `METRICS_HOST`, `METRICS_TOKEN`: access to metrics and detailed probes.

use super::{ConfigError, Env, ListenConfig, Secret, listen};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperatorsConfig {
    /// The separate listener for operators, if there is one. Every client that reaches it has
    /// access.
    pub(crate) listener: Option<OperatorsListenerConfig>,
    /// The bearer token that gives operators access at the main port. Admins have access with their
    /// own tokens.
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
    /// A shorter token could be guessed.
    const MIN_TOKEN_BYTES: usize = 16;

    /// Reads the variables. The default of `METRICS_HOST` is the server's host.
    pub(crate) fn from_env(env: &Env, listen: &ListenConfig) -> Result<Self, ConfigError> {
        let host = env.parse_with("METRICS_HOST", listen::host)?;
        let port = env.number("METRICS_PORT", &(0..=u16::MAX), &9090)?;
        if port.is_some_and(|port| port != 0 && port == listen.port) {
            let problem = format!("must be another port than PORT, which is {}", listen.port);
            return Err(ConfigError::new("METRICS_PORT", problem));
        }
        if host.is_some() && port.is_none() {
            let problem = "must be set together with METRICS_HOST, such as to 9090";
            return Err(ConfigError::new("METRICS_PORT", problem));
        }
        let host = host.unwrap_or_else(|| listen.host.clone());
        Ok(Self {
            listener: port.map(|port| OperatorsListenerConfig { host, port }),
            token: token(env)?,
        })
    }
}

/// The token. The error does not quote it.
fn token(env: &Env) -> Result<Option<Secret>, ConfigError> {
    let min = OperatorsConfig::MIN_TOKEN_BYTES;
    let Some(token) = env.verbatim("METRICS_TOKEN")? else { return Ok(None) };
    // Other characters could not be sent in a header unchanged.
    if token.len() < min || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem =
            format!("must be {min} or more ASCII letters, digits and signs, without white space");
        return Err(ConfigError::new("METRICS_TOKEN", problem));
    }
    Ok(Some(Secret::new(token)))
}
