//! Traces: what this program does for a request, as spans that a collector shows beside those of other programs.
//!
//! | module | what lives there |
//! |---|---|
//! | [`export`] | who sends spans to the collector |
//! | [`spans`] | what a span is called and what it says, in OpenTelemetry's words |
//!
//! The spans of stores and caches are attributes on the adapters' methods (`tracing::instrument`), with the target
//! `oms`. Without a collector they are refused at their place in the code, for the price of a look at a number. No span
//! holds a name, an address, a query or a token.

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

/// How long the last spans may take to get to the collector when the program ends.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Spans on their way to a collector, until it is stopped.
pub(crate) struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Starts the thread that sends spans. Which are recorded, what goes along with them and how they are gathered is
    /// what OpenTelemetry's variables say, in the environment of this process. Must be called outside of any runtime.
    ///
    /// # Errors
    /// [`ExportError`] if there is no way to speak to the collector. Whether it is there shows later.
    pub(crate) fn start(config: &TracingConfig) -> Result<Self, ExportError> {
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(export::exporter(config)?)
            .with_resource(resource())
            .build();
        Ok(Self { provider })
    }

    /// Takes the spans of this program, and nothing else, from a subscriber.
    pub(crate) fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + Send + Sync + for<'span> LookupSpan<'span>,
    {
        layer(self.provider.tracer("oms"))
    }

    /// Sends what is left, and stops: within seconds, whether the collector answers or not. Must be called outside of
    /// any runtime.
    pub(crate) fn stop(self) {
        // The exporter says what went wrong; who ends does not care.
        let _told = self.provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT);
    }
}

fn layer<S>(tracer: SdkTracer) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + Send + Sync + for<'span> LookupSpan<'span>,
{
    // With a level of its own, so that whatever is more detailed is refused at its place in the code.
    let ours = filter_fn(is_ours).with_max_level_hint(LevelFilter::INFO);
    OpenTelemetryLayer::new(tracer)
        .with_context_activation(false)
        .with_level(false)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(ours)
        .boxed()
}

/// Whether it is a span of this program: libraries have spans as well, whose fields nobody has looked through.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == "oms"
}

/// What is said of this program along with its spans: what the variables say, before what is said here.
fn resource() -> Resource {
    let instance = uuid::Uuid::now_v7().to_string();
    let said = Resource::builder_empty()
        .with_attribute(KeyValue::new("service.name", "oms"))
        .with_attribute(KeyValue::new("service.instance.id", instance))
        .with_attribute(KeyValue::new("service.version", VERSION))
        .with_detectors(&[
            Box::new(TelemetryResourceDetector),
            Box::new(EnvResourceDetector::new()),
        ]);
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => said.with_service_name(name).build(),
        _ => said.build(),
    }
}

#[cfg(test)]
mod tests;
