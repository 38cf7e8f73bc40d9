//! `ALLOWED_ORIGINS`: the web pages that may call this server from another origin.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::http::Uri;

use super::{ConfigError, Env, ListenConfig, env::invalid_value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AllowedOrigins {
    Any,
    /// The allowed origins, serialized as browsers do; may be empty.
    Only(Vec<String>),
    /// Pages that this machine serves, at any port: those of a developer, while only this machine
    /// reaches the server.
    Loopback,
}

impl AllowedOrigins {
    pub(super) fn from_env(env: &Env, listen: &ListenConfig) -> Result<Self, ConfigError> {
        const NAME: &str = "ALLOWED_ORIGINS";
        if env.text(NAME)?.is_none() && is_loopback(&listen.host) {
            return Ok(Self::Loopback);
        }
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

impl AllowedOrigins {
    /// Whether pages of this origin may call the server. It is written as browsers write it.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(origins) => origins.iter().any(|allowed| allowed == origin),
            Self::Loopback => is_loopback_origin(origin),
        }
    }

    /// Whether the setting could name this origin.
    pub(crate) fn could_name(raw: &str) -> bool {
        origin(raw).is_some_and(|normalized| normalized == raw)
    }
}

/// Whether a listener on this host is reachable from this machine alone.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether pages of this origin come from this machine.
fn is_loopback_origin(raw: &str) -> bool {
    let Some(uri) = origin(raw).and_then(|origin| origin.parse::<Uri>().ok()) else { return false };
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost"
        || address.is_ok_and(|address| {
            address == IpAddr::from(Ipv4Addr::LOCALHOST)
                || address == IpAddr::from(Ipv6Addr::LOCALHOST)
        })
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
