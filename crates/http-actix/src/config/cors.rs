//! `ALLOWED_ORIGINS`: the web pages that may call this server from another origin.

use actix_web::http::Uri;

use super::{ConfigError, Env, env::invalid_value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AllowedOrigins {
    Any,
    /// The allowed origins, serialized as browsers do; may be empty.
    Only(Vec<String>),
}

impl AllowedOrigins {
    pub(super) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        const NAME: &str = "ALLOWED_ORIGINS";
        let parts: Vec<_> = env.list(NAME)?.collect();
        if parts == ["*"] {
            return Ok(Self::Any);
        }
        let origin = |raw: &str| {
            let expected =
                "must be * alone, or origins without a path, such as https://shop.example.com";
            origin(raw).ok_or_else(|| invalid_value(NAME, &expected, raw))
        };
        parts.into_iter().map(origin).collect::<Result<_, _>>().map(Self::Only)
    }
}

/// An origin as a browser sends it (RFC 6454, section 6.2): in lower case, without the scheme's
/// default port.
fn origin(raw: &str) -> Option<String> {
    let (scheme, authority) = raw.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    if authority.contains(['/', '?', '#', '@', '*']) || authority.ends_with(':') {
        return None;
    }
    let authority = authority.to_ascii_lowercase();
    let uri: Uri = format!("{scheme}://{authority}").parse().ok()?;
    uri.host().filter(|host| !host.is_empty())?;
    // The parser accepts a port beyond 16 bits, which no browser sends.
    let port = authority.rsplit_once(':').map(|(_host, port)| port);
    if port.is_some_and(|port| !port.ends_with(']') && port.parse::<u16>().is_err()) {
        return None;
    }
    Some(format!("{scheme}://{}", authority.strip_suffix(default_port).unwrap_or(&authority)))
}
