//! Logging, to standard error. Standard output is for the results of commands.

use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, LevelFilter, filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    config::{LogConfig, LogFormat},
    telemetry::Telemetry,
};

/// Starts logging and, with telemetry, recording spans. Returns the log's format. A second call
/// changes nothing.
pub(crate) fn start(config: &LogConfig, telemetry: Option<&Telemetry>) -> LogFormat {
    let terminal = io::stderr().is_terminal();
    // It fails only if a subscriber is installed already, which stays.
    drop(subscriber(config, terminal, telemetry).try_init());
    config.format_on(terminal)
}

/// The subscriber that writes log lines and, with telemetry, exports spans.
pub(crate) fn subscriber(
    config: &LogConfig,
    terminal: bool,
    telemetry: Option<&Telemetry>,
) -> Box<dyn Subscriber + Send + Sync> {
    // Log lines contain no spans: without a collector every span is disabled.
    let no_span = filter_fn(|metadata| !metadata.is_span()).with_max_level_hint(LevelFilter::TRACE);
    let filter = EnvFilter::new(&config.filter).and(no_span);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match config.format_on(terminal) {
        LogFormat::Text => lines.with_ansi(terminal).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let lines = tracing_subscriber::registry().with(lines.with_filter(filter));
    // Not an `Option` of a layer, which would prevent spans from being disabled statically.
    match telemetry {
        None => Box::new(lines),
        Some(telemetry) => Box::new(lines.with(telemetry.layer())),
    }
}
