//! `OTEL_…`: whether traces are recorded, and where they are sent.
//!
//! OpenTelemetry's SDK reads these variables itself, from the environment of the process, and
//! silently ignores invalid values. This module refuses them at the start.

use std::time::Duration;

use actix_web::http::{
    Uri,
    header::{HeaderName, HeaderValue},
};
use percent_encoding::percent_decode_str;

use super::{ConfigError, Env, SecretUrl, env::invalid_value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TracingConfig {
    /// The whole URL that spans are sent to.
    pub(crate) endpoint: SecretUrl,
    /// How long a request to the collector may take.
    pub(crate) timeout: Duration,
}

/// The name of a variable for traces, and that of the variable for all OpenTelemetry signals, which
/// is its default.
type VariableNames = [&'static str; 2];

const ENDPOINT: VariableNames =
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const PROTOCOL: VariableNames =
    ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const COMPRESSION: VariableNames =
    ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
const TIMEOUT: VariableNames = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const HEADERS: VariableNames = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];

/// The samplers that the SDK supports.
const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

impl TracingConfig {
    /// Reads the variables. `None` without an endpoint or with `OTEL_SDK_DISABLED`: then nothing is
    /// recorded, and the other variables are not validated.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let boolean = |raw: &str| match raw.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("must be true or false"),
        };
        if env.parse_with("OTEL_SDK_DISABLED", boolean)?.unwrap_or(false) {
            return Ok(None);
        }
        let Some(endpoint) = endpoint(env)? else { return Ok(None) };
        one_of(env, &PROTOCOL, &["http/protobuf"])?;
        one_of(env, &COMPRESSION, &["none"])?;
        one_of(env, &["OTEL_TRACES_SAMPLER"], &SAMPLERS)?;
        let share = |raw: &str| raw.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        parse_first(env, &["OTEL_TRACES_SAMPLER_ARG"], "must be a number from 0 to 1", share)?;
        let sampler = first_set(env, &["OTEL_TRACES_SAMPLER"])?.map(|(_name, sampler)| sampler);
        if first_set(env, &["OTEL_TRACES_SAMPLER_ARG"])?.is_some()
            && !sampler.is_some_and(|sampler| sampler.ends_with("traceidratio"))
        {
            return Err(must_be(
                "OTEL_TRACES_SAMPLER_ARG",
                "unset unless OTEL_TRACES_SAMPLER is traceidratio or parentbased_traceidratio",
            ));
        }
        let millis = |raw: &str| raw.parse().ok().filter(|millis| (1..=600_000).contains(millis));
        let expected = "must be a number of milliseconds from 1 to 600000, such as 10000";
        let timeout = parse_first(env, &TIMEOUT, expected, millis)?.unwrap_or(10_000);
        let expected = "must be pairs, comma-separated, such as deployment.environment.name=shop";
        parse_first(env, &["OTEL_RESOURCE_ATTRIBUTES"], expected, |raw| {
            all_pairs(raw, is_attribute)
        })?;
        if let Some((name, raw)) = first_set(env, &HEADERS)?
            && all_pairs(raw, is_header).is_none()
        {
            // Headers may be secrets and are not quoted.
            return Err(must_be(
                name,
                "headers, comma-separated, such as authorization=Bearer%20abc",
            ));
        }
        Ok(Some(Self { endpoint, timeout: Duration::from_millis(timeout) }))
    }
}

fn must_be(name: &'static str, expected: &str) -> ConfigError {
    ConfigError::new(name, format!("must be {expected}"))
}

/// The name and value of the first of these variables that is set. The value is not trimmed, as the
/// SDK does not.
fn first_set<'a>(
    env: &'a Env,
    names: &[&'static str],
) -> Result<Option<(&'static str, &'a str)>, ConfigError> {
    for name in names {
        if let Some(raw) = env.verbatim(name)? {
            return Ok(Some((name, raw)));
        }
    }
    Ok(None)
}

/// Parses the first of these variables that is set.
fn parse_first<T>(
    env: &Env,
    names: &[&'static str],
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    let Some((name, raw)) = first_set(env, names)? else { return Ok(None) };
    parse(raw).map(Some).ok_or_else(|| invalid_value(name, &expected, raw))
}

fn one_of(env: &Env, names: &[&'static str], values: &[&str]) -> Result<(), ConfigError> {
    let expected = format!("must be {}", values.join(" or "));
    parse_first(env, names, &expected, |raw| values.contains(&raw).then_some(())).map(drop)
}

/// The URL for traces unchanged, or else the collector's URL with the path for traces added.
fn endpoint(env: &Env) -> Result<Option<SecretUrl>, ConfigError> {
    let Some((name, raw)) = first_set(env, &ENDPOINT)? else { return Ok(None) };
    let url = raw.trim();
    let is_valid = url.parse::<Uri>().is_ok_and(|uri| {
        let host_only = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        matches!(uri.scheme_str(), Some("http" | "https")) && host_only
    });
    if !is_valid {
        return Err(must_be(
            name,
            "the URL of a collector, without a user, such as http://localhost:4318",
        ));
    }
    let [for_traces, _for_all_signals] = ENDPOINT;
    Ok(Some(SecretUrl::new(if name == for_traces {
        url.to_owned()
    } else {
        format!("{}/v1/traces", url.trim_end_matches('/'))
    })))
}

/// `Some` if all comma-separated pairs `name=value` are valid.
fn all_pairs(raw: &str, is_valid: fn(&str, &str) -> bool) -> Option<()> {
    let mut pairs = raw.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let all = pairs.all(|pair| {
        pair.split_once('=').is_some_and(|(name, value)| is_valid(name.trim(), value.trim()))
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
