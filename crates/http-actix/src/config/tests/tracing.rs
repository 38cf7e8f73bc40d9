//! The variables of OpenTelemetry.

use super::*;

const COLLECTOR: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

/// The configuration from these variables and a collector's endpoint.
fn tracing(variables: &[(&str, &str)]) -> TracingConfig {
    config(&[&[COLLECTOR], variables].concat()).unwrap().tracing.unwrap()
}

/// The error for an invalid value if a collector is configured. Must name the variable.
fn refusal(name: &str, value: &str) -> String {
    let line = config(&[COLLECTOR, (name, value)]).unwrap_err().to_string();
    assert!(line.starts_with(&format!("{name}: must ")), "{line}");
    line
}

#[test]
fn nothing_is_traced_without_a_collector_or_with_the_sdk_disabled() {
    assert_eq!(config(&[]).unwrap().tracing, None);
    assert_eq!(good("OTEL_SERVICE_NAME", "shop").tracing, None);
    let off = config(&[COLLECTOR, ("OTEL_SDK_DISABLED", "true")]).unwrap();
    assert_eq!(off.tracing, None);
    assert!(config(&[COLLECTOR, ("OTEL_SDK_DISABLED", "False")]).unwrap().tracing.is_some());
    refusal("OTEL_SDK_DISABLED", "perhaps");
}

#[test]
fn the_path_for_traces_is_added_only_to_the_general_endpoint() {
    let general = tracing(&[]);
    assert_eq!(general.endpoint.expose(), "http://collector:4318/v1/traces");
    assert_eq!(general.timeout, Duration::from_secs(10));
    let slash = good("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/otlp/").tracing.unwrap();
    assert_eq!(slash.endpoint.expose(), "https://c/otlp/v1/traces");
    let specific = tracing(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c/spans")]);
    assert_eq!(specific.endpoint.expose(), "https://c/spans");
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        for bad in ["collector:4318", "grpc://collector:4317", "http://", "http://ann:hunter2@c"] {
            assert!(!refusal(name, bad).contains("hunter2"));
        }
    }
}

#[test]
fn variables_for_traces_override_the_general_ones() {
    let tracing = tracing(&[
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
    ]);
    assert_eq!(tracing.timeout, Duration::from_millis(2_500));
}

#[test]
fn values_that_the_sdk_would_silently_ignore_are_refused() {
    for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
        assert_eq!(refusal(name, "grpc"), format!("{name}: must be http/protobuf, not \"grpc\""));
    }
    for (name, bad) in [
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", " 10"),
        ("OTEL_RESOURCE_ATTRIBUTES", "production"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b,=c"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER", "always_on "),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
    ] {
        refusal(name, bad);
    }
    tracing(&[
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop, deployment.environment.name=a"),
    ]);
}

#[test]
fn invalid_headers_are_refused_and_not_quoted() {
    tracing(&[("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2, x-a = b=c ,")]);
    for bad in ["hunter2", "a b=hunter2", "=hunter2", "a=hunter2%0A", "a=%FFhunter2", "a="] {
        assert!(!refusal("OTEL_EXPORTER_OTLP_HEADERS", bad).contains("hunter2"), "{bad}");
    }
}
