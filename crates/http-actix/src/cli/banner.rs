//! What a server says about itself when it is ready.

use std::{env, fmt, net::SocketAddr};

use super::{first_admin::AdminState, output};
use crate::{config::LogFormat, version};

/// Where the server is, and what is needed to begin.
pub(super) struct Banner {
    pub(super) address: SocketAddr,
    pub(super) operators: Option<SocketAddr>,
    pub(super) store: String,
    pub(super) admin: AdminState,
}

impl Banner {
    /// Prints it for people, or logs it for machines.
    pub(super) fn show(&self, format: LogFormat) {
        let Self { address, operators, store, admin } = self;
        match format {
            LogFormat::Text => output::print(self),
            LogFormat::Json => tracing::info!(
                %address,
                docs = format!("http://{address}/docs"),
                metrics = operators.map(metrics_at),
                store,
                admin = without_address(admin),
                version = version::VERSION,
                commit = version::COMMIT,
                "listening on http://{address}"
            ),
        }
    }
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, operators, store, admin } = self;
        writeln!(f, "oms {}", version::VERSION_AND_COMMIT)?;
        writeln!(f, "listening on http://{address}")?;
        writeln!(f, "  docs     http://{address}/docs")?;
        writeln!(f, "  store    {store}")?;
        if let Some(operators) = operators {
            writeln!(f, "  metrics  {}", metrics_at(*operators))?;
        }
        write!(f, "  admin    {}", hint(admin))
    }
}

/// Where the metrics are, given where operators have a port of their own.
pub(super) fn metrics_at(operators: SocketAddr) -> String {
    format!("http://{operators}/metrics")
}

fn hint(admin: &AdminState) -> String {
    match admin {
        AdminState::Present => "there is one".to_owned(),
        AdminState::Made(email) => format!("{email}, made just now"),
        AdminState::Missing => {
            format!("none yet; make one with: {} admin create --email you@example.com", program())
        }
    }
}

/// The same for a log, which holds no personal data.
fn without_address(admin: &AdminState) -> String {
    match admin {
        AdminState::Made(_email) => "made just now".to_owned(),
        AdminState::Present | AdminState::Missing => hint(admin),
    }
}

/// This program, as it was called: a command that names it so can be typed at the same place.
fn program() -> String {
    let called = env::args_os().next().and_then(|name| name.into_string().ok());
    called.filter(|name| name.ends_with("oms")).unwrap_or_else(|| "oms".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_tells_where_it_listens_with_the_real_port() {
        let banner = Banner {
            address: "127.0.0.1:41234".parse().unwrap(),
            operators: Some("127.0.0.1:41235".parse().unwrap()),
            store: "SQLite, ./data/oms.db".to_owned(),
            admin: AdminState::Missing,
        };
        let text = banner.to_string();
        assert!(text.lines().any(|line| line == "listening on http://127.0.0.1:41234"), "{text}");
        assert!(text.contains("metrics  http://127.0.0.1:41235/metrics"), "{text}");
        assert!(text.contains("oms admin create --email"), "{text}");
    }

    #[test]
    fn the_new_admins_address_is_shown_and_not_logged() {
        let made = AdminState::Made("ann@example.com".to_owned());
        assert!(hint(&made).contains("ann@example.com"));
        assert!(!without_address(&made).contains("ann"));
    }
}
