//! `OTEL_…`: where traces go, what they say of this program, and how many there are. The names and what they mean
//! are those of the OpenTelemetry specification, for one signal and one protocol: traces over HTTP.

use std::{fmt, time::Duration};

use actix_web::http::{
    Uri,
    header::{HeaderName, HeaderValue},
};
use percent_encoding::percent_decode_str;

use super::{ConfigError, Env, SecretUrl};

/// Where traces go, and what they say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TracingConfig {
    /// Where spans are sent to: the whole URL.
    pub(crate) endpoint: SecretUrl,
    /// What goes along with each request to it.
    pub(crate) headers: SecretHeaders,
    /// How long such a request may take.
    pub(crate) timeout: Duration,
    /// What this program is called.
    pub(crate) service: String,
    /// What else is said of it, by name.
    pub(crate) attributes: Vec<(String, String)>,
    /// Which traces are recorded.
    pub(crate) sampling: Sampling,
}

/// Headers of requests. Their values are secrets: neither shown nor logged.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct SecretHeaders(Vec<(String, String)>);

impl SecretHeaders {
    /// Names and values, for whoever sends them.
    pub(crate) fn expose(&self) -> &[(String, String)] {
        &self.0
    }
}

impl fmt::Debug for SecretHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _secret)| name)).finish()
    }
}

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampling {
    /// What becomes of a trace that begins here.
    pub(crate) share: Share,
    /// Whether one that began elsewhere is recorded if it is there, and only then.
    pub(crate) follows_caller: bool,
}

/// How many traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Share {
    /// All.
    All,
    /// None.
    None,
    /// So many of them, from 0 to 1, chosen by the trace's identifier: alike by all who see it.
    Ratio(f64),
}

impl TracingConfig {
    /// Reads the variables. `None` without an endpoint, or if `OTEL_SDK_DISABLED` says so: then nothing is recorded.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        if env.parse_with("OTEL_SDK_DISABLED", truth)?.unwrap_or(false) {
            return Ok(None);
        }
        // What a cluster says to all that run in it concerns only who sends spans.
        let Some(endpoint) = endpoint(env)? else { return Ok(None) };
        either(env, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL", protocol)?;
        either(
            env,
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_COMPRESSION",
            compression,
        )?;
        let timeout =
            either(env, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT", millis)?;
        let headers = headers(env)?;
        let mut attributes = env.parse_with("OTEL_RESOURCE_ATTRIBUTES", pairs)?.unwrap_or_default();
        let named = attributes.iter().position(|(name, _)| name == "service.name");
        let named = named.map(|place| attributes.remove(place).1);
        let service = env.text("OTEL_SERVICE_NAME")?.map(str::to_owned).or(named);
        let sampling = sampling(env)?;
        Ok(Some(Self {
            endpoint,
            headers,
            timeout: timeout.unwrap_or(Duration::from_secs(10)),
            service: service.unwrap_or_else(|| "oms".to_owned()),
            attributes,
            sampling,
        }))
    }
}

/// What the variable for traces says, or else the one for all signals.
fn either<T>(
    env: &Env,
    of_traces: &'static str,
    of_all: &'static str,
    parse: fn(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, ConfigError> {
    match env.parse_with(of_traces, parse)? {
        Some(value) => Ok(Some(value)),
        None => env.parse_with(of_all, parse),
    }
}

/// The URL for traces as it stands, or else that of the collector, with the path for traces.
fn endpoint(env: &Env) -> Result<Option<SecretUrl>, ConfigError> {
    let checked = |name, url: String| {
        let valid = url.parse::<Uri>().is_ok_and(|uri| {
            let user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
            matches!(uri.scheme_str(), Some("http" | "https")) && !user
        });
        if valid {
            return Ok(Some(SecretUrl::new(url)));
        }
        let problem =
            "must be the URL of a collector, without a user, such as http://localhost:4318";
        Err(ConfigError::new(name, problem))
    };
    let (of_traces, of_all) = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
    if let Some(url) = env.text(of_traces)? {
        return checked(of_traces, url.to_owned());
    }
    match env.text(of_all)? {
        Some(url) => checked(of_all, format!("{}/v1/traces", url.trim_end_matches('/'))),
        None => Ok(None),
    }
}

/// A refusal does not quote what was refused.
fn headers(env: &Env) -> Result<SecretHeaders, ConfigError> {
    let (of_traces, of_all) = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS");
    for variable in [of_traces, of_all] {
        let Some(raw) = env.text(variable)? else { continue };
        let sound = |(name, value): &(String, String)| {
            name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(value).is_ok()
        };
        return match pairs(raw) {
            Ok(headers) if headers.iter().all(sound) => Ok(SecretHeaders(headers)),
            _ => Err(ConfigError::new(
                variable,
                "must be headers, comma-separated, such as authorization=Bearer%20abc",
            )),
        };
    }
    Ok(SecretHeaders::default())
}

fn sampling(env: &Env) -> Result<Sampling, ConfigError> {
    /// What `OTEL_TRACES_SAMPLER` may say of the share.
    enum Word {
        All,
        None,
        Ratio,
    }
    let argument = env.parse_with("OTEL_TRACES_SAMPLER_ARG", ratio)?;
    let chosen = env.parse_with("OTEL_TRACES_SAMPLER", |raw| {
        let (follows_caller, root) = match raw.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, raw),
        };
        let word = match root {
            "always_on" => Word::All,
            "always_off" => Word::None,
            "traceidratio" => Word::Ratio,
            _ => {
                return Err("must be always_on, always_off or traceidratio, or one of them after \
                     parentbased_");
            }
        };
        Ok((follows_caller, word))
    })?;
    let (follows_caller, word) = chosen.unwrap_or((true, Word::All));
    let share = match word {
        Word::All => Share::All,
        Word::None => Share::None,
        Word::Ratio => Share::Ratio(argument.unwrap_or(1.0)),
    };
    Ok(Sampling { share, follows_caller })
}

fn truth(raw: &str) -> Result<bool, &'static str> {
    match raw.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn protocol(raw: &str) -> Result<(), &'static str> {
    if raw == "http/protobuf" { Ok(()) } else { Err("must be http/protobuf") }
}

fn compression(raw: &str) -> Result<(), &'static str> {
    if raw == "none" { Ok(()) } else { Err("must be none") }
}

fn millis(raw: &str) -> Result<Duration, &'static str> {
    let millis = raw.parse().ok().filter(|millis| (1..=600_000).contains(millis));
    millis
        .map(Duration::from_millis)
        .ok_or("must be a number of milliseconds from 1 to 600000, such as 10000")
}

fn ratio(raw: &str) -> Result<f64, &'static str> {
    let ratio = raw.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or("must be a number from 0 to 1, such as 0.1")
}

/// Names and values, `name=value` with a comma between; what cannot stand in a value as it is, is percent-encoded.
fn pairs(raw: &str) -> Result<Vec<(String, String)>, &'static str> {
    let bad = "must be pairs, comma-separated, such as deployment.environment.name=production";
    raw.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or(bad)?;
            let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_bytes| bad)?;
            let name = name.trim();
            if name.is_empty() { Err(bad) } else { Ok((name.to_owned(), value.into_owned())) }
        })
        .collect()
}
