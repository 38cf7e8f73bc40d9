//! Who sends spans to the collector.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use domain::with_causes;
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter as Exports},
};
use reqwest::{blocking::Client, redirect::Policy};

use crate::{
    config::{secret_url::SecretUrl, tracing::TracingConfig},
    tls,
};

/// There is no way to speak to the collector. Says why, without any secret.
#[derive(Debug, thiserror::Error)]
#[error("spans cannot be sent to {place}: {reason}")]
pub(crate) struct ExportError {
    place: String,
    reason: String,
}

/// Sends spans as OTLP in protobuf, over HTTP. What goes along with them is OpenTelemetry's to read from the environment.
pub(super) fn exporter(
    config: &TracingConfig,
) -> Result<LoggingSpanExporter<SpanExporter>, ExportError> {
    let failed = |reason| ExportError { place: config.endpoint.place().to_owned(), reason };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client(config).map_err(failed)?)
        .with_endpoint(config.endpoint.expose())
        // Spans that cannot be sent are dropped; those that come after them are the next attempt.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| failed(with_causes(&error)))?;
    Ok(LoggingSpanExporter::new(exporter, &config.endpoint))
}

/// A client that blocks the thread that calls it. It is made on a thread of its own, as it may not be made where a
/// runtime is.
fn client(config: &TracingConfig) -> Result<Client, String> {
    let secure = config.endpoint.expose().starts_with("https");
    let tls = tls::client(secure).map_err(|error| with_causes(&error))?;
    // What goes along is meant for this place and for no other.
    let builder = Client::builder()
        .timeout(config.timeout)
        .redirect(Policy::none())
        .tls_backend_preconfigured(tls);
    let made = thread::scope(|scope| scope.spawn(|| builder.build()).join());
    match made {
        Ok(client) => client.map_err(|error| with_causes(&error)),
        Err(_panic) => Err("the client cannot be made".to_owned()),
    }
}

/// Logs once that spans do not get to the collector, and once that they do again.
#[derive(Debug)]
pub(super) struct LoggingSpanExporter<E> {
    exporter: E,
    endpoint: SecretUrl,
    failing: AtomicBool,
}

impl<E> LoggingSpanExporter<E> {
    pub(super) fn new(exporter: E, endpoint: &SecretUrl) -> Self {
        Self { exporter, endpoint: endpoint.clone(), failing: AtomicBool::new(false) }
    }

    fn log(&self, exported: &OTelSdkResult) {
        let collector = self.endpoint.place();
        match exported {
            Ok(()) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!(collector, "traces get to the collector again");
                }
            }
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    // It may name the whole URL, which may hold a key.
                    let error = with_causes(error).replace(self.endpoint.expose(), collector);
                    tracing::warn!(
                        collector,
                        error,
                        "traces do not get to the collector, and are dropped"
                    );
                }
            }
        }
    }
}

impl<E: Exports> Exports for LoggingSpanExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exported = self.exporter.export(batch).await;
        self.log(&exported);
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
