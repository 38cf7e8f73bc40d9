//! The variables of OpenTelemetry.

use super::*;
use crate::config::{Sampling, Share};

const COLLECTOR: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

/// What comes of these variables beside that of the collector.
fn tracing(variables: &[(&str, &str)]) -> TracingConfig {
    config(&[&[COLLECTOR], variables].concat()).unwrap().tracing.unwrap()
}

/// The line that a bad value is refused with, where there is a collector. Must name the variable.
fn refusal(name: &str, value: &str) -> String {
    let line = config(&[COLLECTOR, (name, value)]).unwrap_err().to_string();
    assert!(line.starts_with(&format!("{name}: must ")), "{line}");
    line
}

#[test]
fn nothing_is_traced_without_a_collector_or_where_that_is_switched_off() {
    assert_eq!(config(&[]).unwrap().tracing, None);
    assert_eq!(good("OTEL_SERVICE_NAME", "shop").tracing, None);
    let off = config(&[COLLECTOR, ("OTEL_SDK_DISABLED", "true")]).unwrap();
    assert_eq!(off.tracing, None);
    assert!(config(&[COLLECTOR, ("OTEL_SDK_DISABLED", "False")]).unwrap().tracing.is_some());
    refusal("OTEL_SDK_DISABLED", "perhaps");
}

#[test]
fn a_collector_is_all_that_has_to_be_said() {
    let tracing = tracing(&[]);
    assert_eq!(tracing.endpoint.expose(), "http://collector:4318/v1/traces");
    assert_eq!(tracing.headers.expose(), []);
    assert_eq!(tracing.timeout, Duration::from_secs(10));
    assert_eq!((tracing.service.as_str(), tracing.attributes), ("oms", vec![]));
    assert_eq!(tracing.sampling, Sampling { share: Share::All, follows_caller: true });
}

#[test]
fn an_endpoint_for_traces_is_taken_as_it_is() {
    let slash = good("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/otlp/").tracing.unwrap();
    assert_eq!(slash.endpoint.expose(), "https://c/otlp/v1/traces");
    let own = tracing(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c/spans")]);
    assert_eq!(own.endpoint.expose(), "https://c/spans");
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        for bad in ["collector:4318", "grpc://collector:4317", "http://", "http://ann:hunter2@c"] {
            assert!(!refusal(name, bad).contains("hunter2"));
        }
    }
}

#[test]
fn headers_are_decoded_and_neither_shown_nor_quoted() {
    let tracing =
        tracing(&[("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2, x-a = b=c ,")]);
    let expected = [("authorization", "Bearer hunter2"), ("x-a", "b=c")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(tracing.headers.expose(), expected);
    assert!(!format!("{tracing:?}").contains("hunter2"));
    for bad in ["hunter2", "a b=hunter2", "=hunter2", "a=hunter2%0A", "a=%FFhunter2"] {
        assert!(!refusal("OTEL_EXPORTER_OTLP_HEADERS", bad).contains("hunter2"), "{bad}");
    }
}

#[test]
fn what_is_said_of_traces_wins_over_what_is_said_of_everything() {
    let tracing = tracing(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=all"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=traces"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
    ]);
    assert_eq!(tracing.headers.expose(), [("a".to_owned(), "traces".to_owned())]);
    assert_eq!(tracing.timeout, Duration::from_millis(2_500));
}

#[test]
fn there_is_one_protocol() {
    for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
        assert_eq!(refusal(name, "grpc"), format!("{name}: must be http/protobuf, not \"grpc\""));
    }
    refusal("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    refusal("OTEL_EXPORTER_OTLP_TIMEOUT", "10s");
}

#[test]
fn a_program_is_called_what_its_name_says_or_else_its_attributes() {
    let attributes =
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,deployment.environment.name=a%2Cb");
    let both = tracing(&[attributes, ("OTEL_SERVICE_NAME", "till")]);
    assert_eq!(both.service, "till");
    let named = tracing(&[attributes]);
    assert_eq!(named.service, "shop");
    let environment = ("deployment.environment.name".to_owned(), "a,b".to_owned());
    assert_eq!(named.attributes, [environment]);
    refusal("OTEL_RESOURCE_ATTRIBUTES", "production");
}

#[test]
fn samplers_go_by_their_names() {
    let sampling = |sampler: &str, argument: &str| {
        tracing(&[("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", argument)]).sampling
    };
    for (name, share) in [
        ("always_on", Share::All),
        ("always_off", Share::None),
        ("traceidratio", Share::Ratio(0.25)),
    ] {
        assert_eq!(sampling(name, "0.25"), Sampling { share, follows_caller: false });
        let parent = format!("parentbased_{name}");
        assert_eq!(sampling(&parent, "0.25"), Sampling { share, follows_caller: true });
    }
    assert_eq!(sampling("traceidratio", "").share, Share::Ratio(1.0));
    refusal("OTEL_TRACES_SAMPLER", "jaeger_remote");
    refusal("OTEL_TRACES_SAMPLER_ARG", "2");
    refusal("OTEL_TRACES_SAMPLER_ARG", "NaN");
}
