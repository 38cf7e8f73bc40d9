//! The database URL: hosts, database, and connection parameters.

#[cfg(test)]
mod tests;

use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::{Config, config::TargetSessionAttrs};

use crate::{
    connection::Prepare,
    tls::{CertificateCheck, Encryption, RootCertificatesError},
};

/// How long connecting to a host may take, unless the URL gives a time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent data may stay unacknowledged before the connection is dropped.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection is idle before TCP keepalive probes start.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// The parsed URL.
#[derive(Clone)]
pub(crate) struct Target {
    /// The configuration of each host, in the order of the URL.
    pub(crate) hosts: Vec<Config>,
    pub(crate) prepare: Prepare,
    pub(crate) encryption: Encryption,
}

/// The URL is not valid. The text never quotes the URL, which may contain a password.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database's URL is not valid: {0}")]
pub struct UrlError(String);

impl From<RootCertificatesError> for UrlError {
    fn from(error: RootCertificatesError) -> Self {
        Self(error.to_string())
    }
}

impl Target {
    /// Parses a URL: `postgres://` or `postgresql://`, also with the name of a driver, as other
    /// programs need it (`postgresql+psycopg2://`).
    pub(crate) fn parse(url: &str) -> Result<Self, UrlError> {
        // Of several hosts one is the primary, and that may change: a connection to another host is
        // of no use.
        Self::of(url, TargetSessionAttrs::ReadWrite)
    }

    /// Parses the URL of a read replica. Any of its hosts will do.
    pub(crate) fn parse_replica(url: &str) -> Result<Self, UrlError> {
        Self::of(url, TargetSessionAttrs::Any)
    }

    /// Parses a URL. `default_attrs` applies if it names several hosts and no
    /// `target_session_attrs`.
    fn of(url: &str, default_attrs: TargetSessionAttrs) -> Result<Self, UrlError> {
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| UrlError("it has no scheme".to_owned()))?;
        let plain = scheme.split_once('+').map_or(scheme, |(plain, _driver)| plain);
        if !["postgres", "postgresql"].contains(&plain) {
            return Err(UrlError("its scheme is not postgresql".to_owned()));
        }
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let parameters = Parameters::read(query)?;
        let driver_url = format!("postgresql://{address}?{}", parameters.for_driver.join("&"));
        let config: Config = driver_url.parse().map_err(|error: tokio_postgres::Error| {
            // The driver's text names the parameter, never its value.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            UrlError(cause.unwrap_or_else(|| error.to_string()))
        })?;
        Ok(Self {
            hosts: hosts(&config, default_attrs)?,
            prepare: parameters.prepare,
            encryption: parameters.encryption,
        })
    }
}

/// Checks the URL of a database: its scheme, hosts, ports, and parameters with their values. Does
/// not connect.
///
/// # Errors
/// [`UrlError`] if [`PostgresStore::open`](crate::PostgresStore::open) would refuse it for one.
pub fn check_url(url: &str) -> Result<(), UrlError> {
    Target::parse(url).map(drop)
}

/// The query parameters of a URL.
struct Parameters {
    prepare: Prepare,
    encryption: Encryption,
    /// Parameters that are passed on to the driver.
    for_driver: Vec<String>,
}

impl Parameters {
    fn read(query: &str) -> Result<Self, UrlError> {
        let mut parameters = Self {
            prepare: Prepare::Named,
            encryption: Encryption::default(),
            for_driver: Vec::new(),
        };
        let mut required = false;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=').unwrap_or((parameter, "")) {
                ("pgbouncer", "true") => parameters.prepare = Prepare::Unnamed,
                ("pgbouncer", "false") => parameters.prepare = Prepare::Named,
                ("pgbouncer", _) => {
                    return Err(UrlError("pgbouncer must be true or false".to_owned()));
                }
                ("sslrootcert", "system") => {}
                ("sslrootcert", path) => {
                    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
                    parameters.encryption.root_certificates = Some(path.into());
                }
                ("sslmode", "allow") => parameters.for_driver.push("sslmode=prefer".to_owned()),
                ("sslmode", word @ ("require" | "verify-ca" | "verify-full")) => {
                    required = true;
                    parameters.encryption.check = match word {
                        "verify-ca" => CertificateCheck::Authority,
                        "verify-full" => CertificateCheck::AuthorityAndName,
                        _ => CertificateCheck::None,
                    };
                }
                ("target_session_attrs", "primary") => {
                    parameters.for_driver.push("target_session_attrs=read-write".to_owned());
                }
                _ => parameters.for_driver.push(parameter.to_owned()),
            }
        }
        if required {
            parameters.for_driver.push("sslmode=require".to_owned());
            // As in libpq, `require` with a root certificate verifies the authority.
            if parameters.encryption.check == CertificateCheck::None
                && parameters.encryption.root_certificates.is_some()
            {
                parameters.encryption.check = CertificateCheck::Authority;
            }
        }
        Ok(parameters)
    }
}

/// A separate configuration for each host, so that each has its own timeout.
fn hosts(url: &Config, default_attrs: TargetSessionAttrs) -> Result<Vec<Config>, UrlError> {
    let wanted = match url.get_target_session_attrs() {
        TargetSessionAttrs::Any if url.get_hosts().len() > 1 => default_attrs,
        given => given,
    };
    let ports = url.get_ports();
    if ports.len() > 1 && ports.len() != url.get_hosts().len() {
        return Err(UrlError("it has not as many ports as hosts".to_owned()));
    }
    let hosts: Vec<Config> = url
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let mut host_config = Config::new();
            match host {
                tokio_postgres::config::Host::Tcp(name) => host_config.host(name),
                #[cfg(unix)]
                tokio_postgres::config::Host::Unix(path) => host_config.host_path(path),
            };
            if let Some(address) = url.get_hostaddrs().get(index) {
                host_config.hostaddr(*address);
            }
            host_config.port(ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432));
            copy_settings(url, &mut host_config);
            host_config.target_session_attrs(wanted);
            host_config
        })
        .collect();
    if hosts.is_empty() { Err(UrlError("it names no host".to_owned())) } else { Ok(hosts) }
}

/// Copies the parameters that all hosts share.
fn copy_settings(url: &Config, host: &mut Config) {
    if let Some(user) = url.get_user() {
        host.user(user);
    }
    if let Some(password) = url.get_password() {
        host.password(password);
    }
    if let Some(name) = url.get_dbname() {
        host.dbname(name);
    }
    if let Some(options) = url.get_options() {
        host.options(options);
    }
    host.application_name(url.get_application_name().unwrap_or("oms"));
    host.ssl_mode(url.get_ssl_mode());
    host.ssl_negotiation(url.get_ssl_negotiation());
    host.channel_binding(url.get_channel_binding());
    host.connect_timeout(url.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT));
    host.tcp_user_timeout(url.get_tcp_user_timeout().copied().unwrap_or(TCP_USER_TIMEOUT));
    host.keepalives(true).keepalives_idle(url.get_keepalives_idle().min(KEEPALIVE_IDLE));
    host.keepalives_interval(url.get_keepalives_interval().unwrap_or(Duration::from_secs(5)));
    host.keepalives_retries(url.get_keepalives_retries().unwrap_or(3));
}
