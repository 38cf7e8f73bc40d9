//! Traces: the work for a request and for a delivery, as spans that are exported to a collector.
//!
//! | module | contents |
//! |---|---|
//! | [`export`] | the exporter, which sends spans to the collector |
//! | [`spans`] | the names and attributes of spans, by OpenTelemetry's semantic conventions |
//!
//! The spans of stores and caches are attributes on the adapters' methods (`tracing::instrument`),
//! with the target `oms`. Without a collector they are disabled statically, at the cost of one
//! comparison of a number. No span contains a name, an address, a query or a token.

mod export;
pub(crate) mod spans;

use std::time::Duration;

use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_sdk::{
    Resource,
    resource::{EnvResourceDetector, TelemetryResourceDetector},
    trace::{SdkTracer, SdkTracerProvider},
};
use tracing::{Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, filter_fn},
    registry::LookupSpan,
};

pub(crate) use export::ExportError;

use crate::{config::tracing::TracingConfig, version::VERSION};

/// How long the last export may take when the program ends.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The export of spans to a collector.
pub(crate) struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Starts the thread that exports spans. Sampling, headers, resource attributes and batching
    /// follow OpenTelemetry's variables in the environment of this process. Must be called outside
    /// any runtime.
    ///
    /// # Errors
    /// [`ExportError`] if the client cannot be created. The collector is not contacted yet.
    pub(crate) fn start(config: &TracingConfig) -> Result<Self, ExportError> {
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(export::exporter(config)?)
            .with_resource(resource())
            .build();
        Ok(Self { provider })
    }

    /// A layer that records the spans of this program, not those of libraries.
    pub(crate) fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + Send + Sync + for<'span> LookupSpan<'span>,
    {
        layer(self.provider.tracer("oms"))
    }

    /// Exports the remaining spans and stops, within seconds even if the collector does not answer.
    /// Must be called outside any runtime.
    pub(crate) fn stop(self) {
        // The exporter logs its failures.
        let _logged = self.provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT);
    }
}

fn layer<S>(tracer: SdkTracer) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + Send + Sync + for<'span> LookupSpan<'span>,
{
    // The level hint lets more detailed spans be disabled statically.
    let own_spans = filter_fn(is_own_span).with_max_level_hint(LevelFilter::INFO);
    OpenTelemetryLayer::new(tracer)
        .with_context_activation(false)
        .with_level(false)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(own_spans)
        .boxed()
}

/// Whether it is a span of this program. Spans of libraries are excluded, as their fields may hold
/// private data.
fn is_own_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == "oms"
}

/// The attributes of this process. Those of OpenTelemetry's variables override the ones set here.
fn resource() -> Resource {
    let instance = uuid::Uuid::now_v7().to_string();
    let builder = Resource::builder_empty()
        .with_attribute(KeyValue::new("service.name", "oms"))
        .with_attribute(KeyValue::new("service.instance.id", instance))
        .with_attribute(KeyValue::new("service.version", VERSION))
        .with_detectors(&[
            Box::new(TelemetryResourceDetector),
            Box::new(EnvResourceDetector::new()),
        ]);
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => builder.with_service_name(name).build(),
        _ => builder.build(),
    }
}

#[cfg(test)]
mod tests;
