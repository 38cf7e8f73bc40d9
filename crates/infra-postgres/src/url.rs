//! The database's URL: whose server, which database, and how to behave there.

#[cfg(test)]
mod tests;

use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::{Config, config::TargetSessionAttrs};

use crate::{
    connection::Prepare,
    tls::{CertificateCheck, Encryption, RootCertificatesError},
};

/// How long a host may take to be reached, if the URL does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After how long without an answer a connection with something to say is given up.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// After how long without traffic the server is asked whether it is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// Where to connect to, and how.
#[derive(Clone)]
pub(crate) struct Target {
    /// One for each host, in the URL's order.
    pub(crate) hosts: Vec<Config>,
    pub(crate) prepare: Prepare,
    /// How connections are encrypted, if they are.
    pub(crate) encryption: Encryption,
}

/// A URL that names no database. It never quotes the URL, which may hold a password.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database's URL is not valid: {0}")]
pub struct UrlError(String);

impl From<RootCertificatesError> for UrlError {
    fn from(error: RootCertificatesError) -> Self {
        Self(error.to_string())
    }
}

impl Target {
    /// Reads a URL: `postgres://` or `postgresql://`, also with a driver's name as other programs want it
    /// (`postgresql+psycopg2://`).
    pub(crate) fn parse(url: &str) -> Result<Self, UrlError> {
        // Of several hosts one is the primary, and which changes: a connection to another is of no use.
        Self::of(url, TargetSessionAttrs::ReadWrite)
    }

    /// Reads the URL of a copy that is only read. Any of its hosts will do.
    pub(crate) fn parse_replica(url: &str) -> Result<Self, UrlError> {
        Self::of(url, TargetSessionAttrs::Any)
    }

    /// Reads a URL. If it names several hosts and does not say which it wants, it is one of `kind`.
    fn of(url: &str, default_attrs: TargetSessionAttrs) -> Result<Self, UrlError> {
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| UrlError("it has no scheme".to_owned()))?;
        let plain = scheme.split_once('+').map_or(scheme, |(plain, _driver)| plain);
        if !["postgres", "postgresql"].contains(&plain) {
            return Err(UrlError("its scheme is not postgresql".to_owned()));
        }
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let own = Parameters::read(query)?;
        let for_driver = format!("postgresql://{address}?{}", own.others.join("&"));
        let config: Config = driver_url.parse().map_err(|error: tokio_postgres::Error| {
            // The driver's words name the parameter, never its value.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            UrlError(cause.unwrap_or_else(|| error.to_string()))
        })?;
        Ok(Self { hosts: hosts(&config, default_attrs)?, prepare: own.prepare, encryption: own.encryption })
    }
}

/// What a URL says behind its question mark that the driver does not know, or not by that word.
struct Parameters {
    prepare: Prepare,
    encryption: Encryption,
    for_driver: Vec<String>,
}

impl Parameters {
    fn read(query: &str) -> Result<Self, UrlError> {
        let mut read =
            Self { prepare: Prepare::Named, encryption: Encryption::default(), for_driver: Vec::new() };
        let mut required = false;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=').unwrap_or((parameter, "")) {
                ("pgbouncer", "true") => read.prepare = Prepare::Unnamed,
                ("pgbouncer", "false") => read.prepare = Prepare::Named,
                ("pgbouncer", _) => {
                    return Err(UrlError("pgbouncer must be true or false".to_owned()));
                }
                ("sslrootcert", "system") => {}
                ("sslrootcert", path) => {
                    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
                    read.encryption.root_certificates = Some(path.into());
                }
                ("sslmode", "allow") => read.for_driver.push("sslmode=prefer".to_owned()),
                ("sslmode", word @ ("require" | "verify-ca" | "verify-full")) => {
                    required = true;
                    read.encryption.check = match word {
                        "verify-ca" => CertificateCheck::Authority,
                        "verify-full" => CertificateCheck::AuthorityAndName,
                        _ => CertificateCheck::None,
                    };
                }
                ("target_session_attrs", "primary") => {
                    read.for_driver.push("target_session_attrs=read-write".to_owned());
                }
                _ => read.for_driver.push(parameter.to_owned()),
            }
        }
        if required {
            read.for_driver.push("sslmode=require".to_owned());
            // Who names an authority wants it asked.
            if read.encryption.check == CertificateCheck::None && read.encryption.root_certificates.is_some() {
                read.encryption.check = CertificateCheck::Authority;
            }
        }
        Ok(read)
    }
}

/// The configuration of each host by itself, so that each gets its own time.
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
            let mut one = Config::new();
            match host {
                tokio_postgres::config::Host::Tcp(name) => one.host(name),
                #[cfg(unix)]
                tokio_postgres::config::Host::Unix(path) => one.host_path(path),
            };
            if let Some(address) = url.get_hostaddrs().get(index) {
                one.hostaddr(*address);
            }
            one.port(ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432));
            copy_settings(url, &mut host_config);
            one.target_session_attrs(wanted);
            one
        })
        .collect();
    if hosts.is_empty() { Err(UrlError("it names no host".to_owned())) } else { Ok(hosts) }
}

/// What is the same for every host.
fn copy_settings(url: &Config, host: &mut Config) {
    if let Some(user) = url.get_user() {
        one.user(user);
    }
    if let Some(password) = url.get_password() {
        one.password(password);
    }
    if let Some(name) = url.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = url.get_options() {
        one.options(options);
    }
    one.application_name(url.get_application_name().unwrap_or("oms"));
    one.ssl_mode(url.get_ssl_mode());
    one.ssl_negotiation(url.get_ssl_negotiation());
    one.channel_binding(url.get_channel_binding());
    one.connect_timeout(url.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT));
    one.tcp_user_timeout(url.get_tcp_user_timeout().copied().unwrap_or(TCP_USER_TIMEOUT));
    one.keepalives(true).keepalives_idle(url.get_keepalives_idle().min(KEEPALIVE_IDLE));
    one.keepalives_interval(url.get_keepalives_interval().unwrap_or(Duration::from_secs(5)));
    one.keepalives_retries(url.get_keepalives_retries().unwrap_or(3));
}
