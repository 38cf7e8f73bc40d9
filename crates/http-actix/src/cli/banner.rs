//! The banner that a server prints or logs when it is ready.

use std::{env, fmt, net::SocketAddr};

use super::{first_admin::AdminState, output};
use crate::{config::LogFormat, version};

/// Where the server listens, where its data is, and whether an admin exists.
pub(super) struct Banner {
    pub(super) address: SocketAddr,
    /// The operators' listener, if it is separate.
    pub(super) operators_address: Option<SocketAddr>,
    pub(super) store: String,
    pub(super) admin: AdminState,
}

impl Banner {
    /// Prints the banner as text, or logs it as one JSON object.
    pub(super) fn show(&self, format: LogFormat) {
        let Self { address, operators_address, store, admin } = self;
        match format {
            LogFormat::Text => output::print(self),
            LogFormat::Json => tracing::info!(
                %address,
                docs = format!("http://{address}/docs"),
                metrics = operators_address.map(metrics_url),
                store,
                admin = describe_without_email(admin),
                version = version::VERSION,
                commit = version::COMMIT,
                "listening on http://{address}"
            ),
        }
    }
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, operators_address, store, admin } = self;
        writeln!(f, "oms {}", version::VERSION_AND_COMMIT)?;
        writeln!(f, "listening on http://{address}")?;
        writeln!(f, "  docs     http://{address}/docs")?;
        writeln!(f, "  store    {store}")?;
        if let Some(operators_address) = operators_address {
            writeln!(f, "  metrics  {}", metrics_url(*operators_address))?;
        }
        write!(f, "  admin    {}", describe(admin))
    }
}

/// The URL of the metrics on the operators' listener.
pub(super) fn metrics_url(operators_address: SocketAddr) -> String {
    format!("http://{operators_address}/metrics")
}

fn describe(admin: &AdminState) -> String {
    match admin {
        AdminState::Present => "exists".to_owned(),
        AdminState::Created(email) => format!("{email}, created just now"),
        AdminState::Missing => {
            format!("none yet; create one: {} admin create --email you@example.com", program_path())
        }
    }
}

/// The description for a log, which holds no personal data.
fn describe_without_email(admin: &AdminState) -> String {
    match admin {
        AdminState::Created(_email) => "created just now".to_owned(),
        AdminState::Present | AdminState::Missing => describe(admin),
    }
}

/// The path by which this program was started, so that the suggested command runs in the same
/// directory.
fn program_path() -> String {
    let path = env::args_os().next().and_then(|name| name.into_string().ok());
    path.filter(|name| name.ends_with("oms")).unwrap_or_else(|| "oms".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_has_a_line_with_the_actual_port() {
        let banner = Banner {
            address: "127.0.0.1:41234".parse().unwrap(),
            operators_address: Some("127.0.0.1:41235".parse().unwrap()),
            store: "SQLite, ./data/oms.db".to_owned(),
            admin: AdminState::Missing,
        };
        let text = banner.to_string();
        assert!(text.lines().any(|line| line == "listening on http://127.0.0.1:41234"), "{text}");
        assert!(text.contains("metrics  http://127.0.0.1:41235/metrics"), "{text}");
        assert!(text.contains("oms admin create --email"), "{text}");
    }

    #[test]
    fn the_new_admins_email_is_printed_and_not_logged() {
        let created = AdminState::Created("ann@example.com".to_owned());
        assert!(describe(&created).contains("ann@example.com"));
        assert!(!describe_without_email(&created).contains("ann"));
    }
}
