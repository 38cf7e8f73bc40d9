//! `oms health`: requests a server's readiness, for example as a container's health check.

use std::{error::Error, net::IpAddr, time::Duration};

use domain::innermost_cause;
use reqwest::{Client, StatusCode, Url, header::ACCEPT, redirect::Policy};
use serde::Deserialize;

use super::{error::CommandError, output};
use crate::{
    config::{Env, ListenConfig, OperatorsConfig},
    tls,
};

const LONG_ABOUT: &str = "\
Check whether the server on this machine is ready.

The command reads the same settings as the server and sends one request to METRICS_PORT if it is \
set, else to PORT. It opens no database, so it is quick enough for a container's HEALTHCHECK. The \
exit code is 0 if the server is ready for requests, and 1 if it is not ready or does not answer.";

/// Check whether the server on this machine is ready
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Examples:\n  oms health\n  oms health --url http://10.0.0.7:8000")]
pub(super) struct Arguments {
    /// The URL of another server to check: http://, its host and its port
    #[arg(long)]
    url: Option<String>,
    /// How many seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

/// The body of a response of `/readyz`, as far as it is used here.
#[derive(Deserialize)]
struct Readiness {
    status: String,
    #[serde(default)]
    dependencies: Vec<DependencyStatus>,
}

#[derive(Deserialize)]
struct DependencyStatus {
    name: String,
    problem: Option<String>,
}

pub(super) async fn run(arguments: &Arguments, env: &Env) -> Result<(), CommandError> {
    let server = match &arguments.url {
        Some(url) => parse_server_url(url)
            .ok_or_else(|| CommandError::Usage(format!("--url: {EXPECTED_URL}")))?,
        None => configured_server(env)?,
    };
    let origin = server.origin().ascii_serialization();
    let response = request_readiness(server, Duration::from_secs(arguments.timeout)).await;
    let (status, body) = response.map_err(|error| {
        CommandError::Refused(format!("no answer from {origin}: {}", innermost_cause(&*error)))
    })?;
    let summary = summarize(&body).ok_or_else(|| {
        let status = status.as_u16();
        CommandError::Refused(format!("{origin} is not an OMS server: it answered {status}"))
    })?;
    if status != StatusCode::OK {
        return Err(CommandError::Refused(summary));
    }
    output::print(summary);
    Ok(())
}

/// Requests `/readyz`, within the timeout.
async fn request_readiness(
    mut server: Url,
    timeout: Duration,
) -> Result<(StatusCode, Vec<u8>), Box<dyn Error + Send + Sync>> {
    server.set_path("/readyz");
    // Neither a redirect nor a proxy may answer for the server.
    let client = Client::builder()
        .timeout(timeout)
        .redirect(Policy::none())
        .no_proxy()
        .tls_backend_preconfigured(tls::client(false)?)
        .build()?;
    let response = client.get(server).header(ACCEPT, "application/json").send().await?;
    Ok((response.status(), response.bytes().await?.into()))
}

const EXPECTED_URL: &str = "must be http:// and an address or a name, with a port if it is not 80, \
    such as http://10.0.0.7:8000";

/// Parses a server's URL: `http`, without user, path, query and fragment.
fn parse_server_url(url: &str) -> Option<Url> {
    let url: Url = url.parse().ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let has_user = !url.username().is_empty() || url.password().is_some();
    (url.scheme() == "http" && url.has_host() && is_bare && !has_user).then_some(url)
}

/// The URL of the server that these settings start on this machine.
fn configured_server(env: &Env) -> Result<Url, CommandError> {
    let listen = ListenConfig::from_env(env)?;
    let operators = OperatorsConfig::from_env(env, &listen)?;
    let (variable, host, port) = match operators.listener {
        Some(listener) => ("METRICS_PORT", listener.host, listener.port),
        None => ("PORT", listen.host, listen.port),
    };
    if port == 0 {
        let problem =
            format!("{variable} is 0, so the port is not known; name the server with --url");
        return Err(CommandError::Usage(problem));
    }
    let host = loopback_if_unspecified(host);
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    parse_server_url(&format!("http://{host}:{port}"))
        .ok_or_else(|| CommandError::Usage(format!("{host}:{port} is not the address of a server")))
}

/// A server that listens on all addresses is reached at the loopback address.
fn loopback_if_unspecified(host: String) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "::1".to_owned(),
        _ => host,
    }
}

/// The status and the problems of dependencies on one line; `None` if the body is not that of
/// `/readyz`.
fn summarize(body: &[u8]) -> Option<String> {
    let readiness: Readiness = serde_json::from_slice(body).ok()?;
    let problems: Vec<_> = readiness
        .dependencies
        .iter()
        .filter_map(|it| it.problem.as_ref().map(|problem| format!("{}: {problem}", it.name)))
        .collect();
    let status = readiness.status.replace('_', " ");
    Some(if problems.is_empty() { status } else { format!("{status} ({})", problems.join("; ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_of(variables: &[(&str, &str)]) -> String {
        configured_server(&variables.iter().copied().collect())
            .map_or_else(|error| error.to_string(), |url| url.origin().ascii_serialization())
    }

    #[test]
    fn the_server_s_url_follows_from_its_settings() {
        assert_eq!(server_of(&[]), "http://127.0.0.1:8000");
        assert_eq!(server_of(&[("HOST", "0.0.0.0"), ("PORT", "80")]), "http://127.0.0.1");
        assert_eq!(server_of(&[("HOST", "::")]), "http://[::1]:8000");
        assert_eq!(
            server_of(&[("HOST", "0.0.0.0"), ("METRICS_PORT", "9090")]),
            "http://127.0.0.1:9090"
        );
        let separate = [("METRICS_HOST", "10.0.0.7"), ("METRICS_PORT", "9090")];
        assert_eq!(server_of(&separate), "http://10.0.0.7:9090");
        assert!(server_of(&[("PORT", "0")]).contains("--url"));
    }

    #[test]
    fn a_server_url_has_a_host_and_no_path() {
        for valid in ["http://10.0.0.7:8000", "http://localhost/", "http://[::1]:9090"] {
            assert!(parse_server_url(valid).is_some(), "{valid}");
        }
        let others = ["", "localhost:8000", "https://shop", "http://", "http://a:b", "http://a/b"];
        for invalid in others {
            assert_eq!(parse_server_url(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn the_summary_contains_the_problems_of_dependencies() {
        assert_eq!(summarize(br#"{"status":"ready"}"#).as_deref(), Some("ready"));
        let body = br#"{"status":"not_ready","dependencies":[{"name":"redis"},{"name":"database","problem":"away"}]}"#;
        assert_eq!(summarize(body).as_deref(), Some("not ready (database: away)"));
        assert_eq!(summarize(b"<html>"), None);
    }
}
