//! The exporter, which sends spans to the collector.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use domain::with_causes;
use opentelemetry_otlp::{
    RetryPolicy, SpanExporter as OtlpExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use reqwest::{blocking::Client, redirect::Policy};

use crate::{
    config::{secret_url::SecretUrl, tracing::TracingConfig},
    tls,
};

/// The exporter cannot be created. Displayed without any secret.
#[derive(Debug, thiserror::Error)]
#[error("cannot export spans to {collector}: {reason}")]
pub(crate) struct ExportError {
    collector: String,
    reason: String,
}

/// Exports spans as OTLP over HTTP, in protobuf. OpenTelemetry's SDK reads the headers from the
/// environment.
pub(super) fn exporter(
    config: &TracingConfig,
) -> Result<LoggingSpanExporter<OtlpExporter>, ExportError> {
    let failed = |reason| ExportError { collector: config.endpoint.redacted().to_owned(), reason };
    let exporter = OtlpExporter::builder()
        .with_http()
        .with_http_client(client(config).map_err(failed)?)
        .with_endpoint(config.endpoint.expose())
        // A batch that cannot be sent is dropped. The next batch is the next attempt.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| failed(with_causes(&error)))?;
    Ok(LoggingSpanExporter::new(exporter, &config.endpoint))
}

/// A blocking client. It is created on a separate thread, because reqwest forbids that inside a
/// runtime.
fn client(config: &TracingConfig) -> Result<Client, String> {
    let secure = config.endpoint.expose().starts_with("https");
    let tls = tls::client(secure).map_err(|error| with_causes(&error))?;
    // No redirects: the headers are meant for this endpoint only.
    let builder = Client::builder()
        .timeout(config.timeout)
        .redirect(Policy::none())
        .tls_backend_preconfigured(tls);
    let built = thread::scope(|scope| scope.spawn(|| builder.build()).join());
    match built {
        Ok(client) => client.map_err(|error| with_causes(&error)),
        Err(_panic) => Err("the HTTP client cannot be created".to_owned()),
    }
}

/// Logs the first failed export, and the first that succeeds after it.
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
        let collector = self.endpoint.redacted();
        match exported {
            Ok(()) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!(collector, "traces get to the collector again");
                }
            }
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    // The error may quote the whole URL, which may contain a key.
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

impl<E: SpanExporter> SpanExporter for LoggingSpanExporter<E> {
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
