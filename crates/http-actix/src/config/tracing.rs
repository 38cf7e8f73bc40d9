//! `OTEL_…`: whether there are traces, and where they go.
//!
//! OpenTelemetry's SDK reads these variables itself, from the environment of the process, and passes over in silence what
//! it does not understand. Here is what stops the start instead.

use std::time::Duration;

use actix_web::http::{
    Uri,
    header::{HeaderName, HeaderValue},
};
use percent_encoding::percent_decode_str;

use super::{ConfigError, Env, SecretUrl, env::refused};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TracingConfig {
    /// Where spans are sent to: the whole URL.
    pub(crate) endpoint: SecretUrl,
    /// How long a request to it may take.
    pub(crate) timeout: Duration,
}

/// The names of a variable for traces and of the one for all signals, which counts where the first is not set.
type Names = [&'static str; 2];

const ENDPOINT: Names = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const PROTOCOL: Names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const COMPRESSION: Names =
    ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
const TIMEOUT: Names = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const HEADERS: Names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];

/// The samplers that the SDK knows.
const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

impl TracingConfig {
    /// Looks through the variables. `None` without an endpoint, or if `OTEL_SDK_DISABLED` says so: then nothing is
    /// recorded, and the others may say what they like.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let truth = |raw: &str| match raw.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("must be true or false"),
        };
        if env.parse_with("OTEL_SDK_DISABLED", truth)?.unwrap_or(false) {
            return Ok(None);
        }
        let Some(endpoint) = endpoint(env)? else { return Ok(None) };
        one_of(env, &PROTOCOL, &["http/protobuf"])?;
        one_of(env, &COMPRESSION, &["none"])?;
        one_of(env, &["OTEL_TRACES_SAMPLER"], &SAMPLERS)?;
        let share = |raw: &str| raw.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        checked(env, &["OTEL_TRACES_SAMPLER_ARG"], "must be a number from 0 to 1", share)?;
        let millis = |raw: &str| raw.parse().ok().filter(|millis| (1..=600_000).contains(millis));
        let expected = "must be a number of milliseconds from 1 to 600000, such as 10000";
        let timeout = checked(env, &TIMEOUT, expected, millis)?.unwrap_or(10_000);
        let expected = "must be pairs, comma-separated, such as deployment.environment.name=shop";
        checked(env, &["OTEL_RESOURCE_ATTRIBUTES"], expected, |raw| all_pairs(raw, is_attribute))?;
        if let Some((name, raw)) = first(env, &HEADERS)?
            && all_pairs(raw, is_header).is_none()
        {
            // They are secrets, and not quoted.
            return Err(must(name, "headers, comma-separated, such as authorization=Bearer%20abc"));
        }
        Ok(Some(Self { endpoint, timeout: Duration::from_millis(timeout) }))
    }
}

fn must(name: &'static str, be: &str) -> ConfigError {
    ConfigError::new(name, format!("must be {be}"))
}

/// The first of these variables that is set, exactly as the SDK sees it.
fn first<'a>(
    env: &'a Env,
    names: &[&'static str],
) -> Result<Option<(&'static str, &'a str)>, ConfigError> {
    for name in names {
        if let Some(raw) = env.secret(name)? {
            return Ok(Some((name, raw)));
        }
    }
    Ok(None)
}

/// What the first of these variables says, if it can be understood.
fn checked<T>(
    env: &Env,
    names: &[&'static str],
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    let Some((name, raw)) = first(env, names)? else { return Ok(None) };
    parse(raw).map(Some).ok_or_else(|| refused(name, &expected, raw))
}

fn one_of(env: &Env, names: &[&'static str], words: &[&str]) -> Result<(), ConfigError> {
    let expected = format!("must be {}", words.join(" or "));
    checked(env, names, &expected, |raw| words.contains(&raw).then_some(())).map(drop)
}

/// The URL for traces as it stands, or else that of the collector, with the path for traces.
fn endpoint(env: &Env) -> Result<Option<SecretUrl>, ConfigError> {
    let Some((name, raw)) = first(env, &ENDPOINT)? else { return Ok(None) };
    let url = raw.trim();
    let sound = url.parse::<Uri>().is_ok_and(|uri| {
        let user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
        matches!(uri.scheme_str(), Some("http" | "https")) && !user
    });
    if !sound {
        return Err(must(
            name,
            "the URL of a collector, without a user, such as http://localhost:4318",
        ));
    }
    let [of_traces, _of_all] = ENDPOINT;
    Ok(Some(SecretUrl::new(if name == of_traces {
        url.to_owned()
    } else {
        format!("{}/v1/traces", url.trim_end_matches('/'))
    })))
}

/// Whether each of `name=value`, with a comma between, is sound.
fn all_pairs(raw: &str, sound: fn(&str, &str) -> bool) -> Option<()> {
    let mut pairs = raw.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let all = pairs.all(|pair| {
        pair.split_once('=').is_some_and(|(name, value)| sound(name.trim(), value.trim()))
    });
    all.then_some(())
}

fn is_attribute(name: &str, _value: &str) -> bool {
    !name.is_empty()
}

fn is_header(name: &str, value: &str) -> bool {
    let value = percent_decode_str(value).decode_utf8();
    name.parse::<HeaderName>().is_ok()
        && value.is_ok_and(|value| !value.is_empty() && HeaderValue::from_str(&value).is_ok())
}
