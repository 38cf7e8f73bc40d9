//! `oms health`: asks a server whether it is ready, for whoever starts and restarts it.

use std::{error::Error, net::IpAddr, time::Duration};

use domain::innermost_cause;
use reqwest::{Client, StatusCode, Url, header::ACCEPT, redirect::Policy};
use serde::Deserialize;

use super::{error::CommandError, output};
use crate::{
    config::{Env, ListenConfig, OperatorsConfig},
    tls,
};

const LONG_ABOUT: &str = "Ask the server on this machine whether it is ready.

It is found by the settings that the server has itself: at METRICS_PORT if there is one, else at PORT. Nothing is \
opened but a connection to it, so this is quick, and good for a container's HEALTHCHECK. The exit code is 0 if \
requests may be sent there, 1 if not or if nobody answers.";

/// Ask the server on this machine whether it is ready
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Examples:\n  oms health\n  oms health --url http://10.0.0.7:8000")]
pub(super) struct Arguments {
    /// Ask this server instead, named by http:// and its address
    #[arg(long)]
    url: Option<String>,
    /// How many seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

/// What a server says of itself, as far as it is of use here.
#[derive(Deserialize)]
struct Said {
    status: String,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    problem: Option<String>,
}

pub(super) async fn run(arguments: &Arguments, env: &Env) -> Result<(), CommandError> {
    let server = match &arguments.url {
        Some(url) => named(url).ok_or_else(|| CommandError::Usage(format!("--url: {EXPECTED}")))?,
        None => own(env)?,
    };
    let place = server.origin().ascii_serialization();
    let answer = ask(server, Duration::from_secs(arguments.timeout)).await;
    let (status, body) = answer.map_err(|error| {
        CommandError::Refused(format!("no answer from {place}: {}", innermost_cause(&*error)))
    })?;
    let said = words(&body).ok_or_else(|| {
        let status = status.as_u16();
        CommandError::Refused(format!("{place} is no server of this kind: status {status}"))
    })?;
    if status != StatusCode::OK {
        return Err(CommandError::Refused(said));
    }
    output::print(said);
    Ok(())
}

/// Asks a server whether it is ready, and takes no longer than that for all of it.
async fn ask(
    mut server: Url,
    within: Duration,
) -> Result<(StatusCode, Vec<u8>), Box<dyn Error + Send + Sync>> {
    server.set_path("/readyz");
    // It answers itself or not at all: no other address, and no proxy, is asked in its stead.
    let client = Client::builder()
        .timeout(within)
        .redirect(Policy::none())
        .no_proxy()
        .tls_backend_preconfigured(tls::client(false)?)
        .build()?;
    let answer = client.get(server).header(ACCEPT, "application/json").send().await?;
    Ok((answer.status(), answer.bytes().await?.into()))
}

const EXPECTED: &str = "must be http:// and an address or a name, with a port if it is not 80, such as \
    http://10.0.0.7:8000";

/// The server of that name, if it is one.
fn named(url: &str) -> Option<Url> {
    let url: Url = url.parse().ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let user = !url.username().is_empty() || url.password().is_some();
    (url.scheme() == "http" && url.has_host() && bare && !user).then_some(url)
}

fn own(env: &Env) -> Result<Url, CommandError> {
    let listen = ListenConfig::from_env(env)?;
    let operators = OperatorsConfig::from_env(env, &listen)?;
    let (variable, host, port) = match operators.own {
        Some(own) => ("METRICS_PORT", own.host, own.port),
        None => ("PORT", listen.host, listen.port),
    };
    if port == 0 {
        let problem = format!("{variable} is 0, so that the port is not known: name it with --url");
        return Err(CommandError::Usage(problem));
    }
    let host = reachable(host);
    let place = if host.contains(':') { format!("[{host}]") } else { host };
    named(&format!("http://{place}:{port}"))
        .ok_or_else(|| CommandError::Usage(format!("{place}:{port} is no address to ask at")))
}

/// Who listens everywhere listens on this machine as well.
fn reachable(host: String) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "::1".to_owned(),
        _ => host,
    }
}

/// What the answer says, on one line; nothing if it is none to this question.
fn words(body: &[u8]) -> Option<String> {
    let said: Said = serde_json::from_slice(body).ok()?;
    let problems: Vec<_> = said
        .dependencies
        .iter()
        .filter_map(|it| it.problem.as_ref().map(|problem| format!("{}: {problem}", it.name)))
        .collect();
    let status = said.status.replace('_', " ");
    Some(if problems.is_empty() { status } else { format!("{status} ({})", problems.join("; ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> String {
        own(&variables.iter().copied().collect())
            .map_or_else(|error| error.to_string(), |it| it.origin().ascii_serialization())
    }

    #[test]
    fn the_server_is_found_where_its_settings_put_it() {
        assert_eq!(found(&[]), "http://127.0.0.1:8000");
        assert_eq!(found(&[("HOST", "0.0.0.0"), ("PORT", "80")]), "http://127.0.0.1");
        assert_eq!(found(&[("HOST", "::")]), "http://[::1]:8000");
        assert_eq!(
            found(&[("HOST", "0.0.0.0"), ("METRICS_PORT", "9090")]),
            "http://127.0.0.1:9090"
        );
        let own = [("METRICS_HOST", "10.0.0.7"), ("METRICS_PORT", "9090")];
        assert_eq!(found(&own), "http://10.0.0.7:9090");
        assert!(found(&[("PORT", "0")]).contains("--url"));
    }

    #[test]
    fn a_server_is_named_by_its_url() {
        for server in ["http://10.0.0.7:8000", "http://localhost/", "http://[::1]:9090"] {
            assert!(named(server).is_some(), "{server}");
        }
        for none in ["", "localhost:8000", "https://shop", "http://", "http://a:b", "http://a/b"] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_on_the_line() {
        assert_eq!(words(br#"{"status":"ready"}"#).as_deref(), Some("ready"));
        let body = br#"{"status":"not_ready","dependencies":[{"name":"redis"},{"name":"database","problem":"away"}]}"#;
        assert_eq!(words(body).as_deref(), Some("not ready (database: away)"));
        assert_eq!(words(b"<html>"), None);
    }
}
