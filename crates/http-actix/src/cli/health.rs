//! `oms health`: asks a server whether it is ready, for whoever starts and restarts it.

mod probe;

use std::{net::IpAddr, time::Duration};

use serde::Deserialize;

use self::probe::{Answer, Target};
use super::{CommandError, output};
use crate::config::{Env, ListenConfig, OperatorsConfig};

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

/// Asks, and prints the answer.
pub(super) fn run(arguments: &Arguments, env: &Env) -> Result<(), CommandError> {
    let target = match &arguments.url {
        Some(url) => url.parse().map_err(|error| CommandError::Usage(format!("--url: {error}")))?,
        None => own(env)?,
    };
    let answer = probe::get(&target, "/readyz", Duration::from_secs(arguments.timeout));
    let answer = answer.map_err(|error| {
        CommandError::Refused(format!("no answer from http://{target}: {error}"))
    })?;
    let said = words(&answer).ok_or_else(|| {
        let status = answer.status;
        CommandError::Refused(format!("http://{target} is no server of this kind: status {status}"))
    })?;
    if answer.status != 200 {
        return Err(CommandError::Refused(said));
    }
    output::print(said);
    Ok(())
}

/// The server that these settings start.
fn own(env: &Env) -> Result<Target, CommandError> {
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
    Ok(Target { host: reachable(host), port })
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
fn words(answer: &Answer) -> Option<String> {
    let said: Said = serde_json::from_slice(&answer.body).ok()?;
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

    fn target(variables: &[(&str, &str)]) -> String {
        own(&variables.iter().copied().collect())
            .map_or_else(|error| error.to_string(), |it| it.to_string())
    }

    #[test]
    fn the_server_is_found_where_its_settings_put_it() {
        assert_eq!(target(&[]), "127.0.0.1:8000");
        assert_eq!(target(&[("HOST", "0.0.0.0"), ("PORT", "80")]), "127.0.0.1:80");
        assert_eq!(target(&[("HOST", "::")]), "[::1]:8000");
        assert_eq!(target(&[("HOST", "0.0.0.0"), ("METRICS_PORT", "9090")]), "127.0.0.1:9090");
        let own = [("METRICS_HOST", "10.0.0.7"), ("METRICS_PORT", "9090")];
        assert_eq!(target(&own), "10.0.0.7:9090");
        assert!(target(&[("PORT", "0")]).contains("--url"));
    }

    #[test]
    fn what_is_wrong_is_told_on_the_line() {
        let answer = |body: &str| Answer { status: 503, body: body.as_bytes().to_vec() };
        assert_eq!(words(&answer(r#"{"status":"ready"}"#)).as_deref(), Some("ready"));
        let body = r#"{"status":"not_ready","dependencies":[{"name":"redis"},{"name":"database","problem":"away"}]}"#;
        assert_eq!(words(&answer(body)).as_deref(), Some("not ready (database: away)"));
        assert_eq!(words(&answer("<html>")), None);
    }
}
