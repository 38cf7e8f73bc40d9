//! Log lines, on standard error. Standard output belongs to what a command prints.

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

/// Starts logging, and returns the format that was chosen; spans go to the collector, if there is one. A second call
/// changes nothing.
pub(crate) fn start(config: &LogConfig, telemetry: Option<&Telemetry>) -> LogFormat {
    let terminal = io::stderr().is_terminal();
    // The only cause is a logger that is there already; it stays.
    drop(subscriber(config, terminal, telemetry).try_init());
    config.format_on(terminal)
}

/// Who hears of everything: one writes lines, and the other, if there is one, sends spans.
pub(crate) fn subscriber(
    config: &LogConfig,
    terminal: bool,
    telemetry: Option<&Telemetry>,
) -> Box<dyn Subscriber + Send + Sync> {
    // Spans are no lines: without a collector there is no reason to make any.
    let no_span = filter_fn(|metadata| !metadata.is_span()).with_max_level_hint(LevelFilter::TRACE);
    let filter = EnvFilter::new(&config.filter).and(no_span);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match config.format_on(terminal) {
        LogFormat::Text => lines.with_ansi(terminal).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let lines = tracing_subscriber::registry().with(lines.with_filter(filter));
    // Not as an Option: a layer that might be there has everybody asked each time whether somebody wants a span.
    match telemetry {
        None => Box::new(lines),
        Some(telemetry) => Box::new(lines.with(telemetry.layer())),
    }
}
