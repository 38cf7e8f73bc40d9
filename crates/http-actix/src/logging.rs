//! Log lines, on standard error. Standard output belongs to what a command prints.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{LogConfig, LogFormat};

/// Starts logging, and returns the format that was chosen. A second call changes nothing.
pub(crate) fn start(config: &LogConfig) -> LogFormat {
    let terminal = io::stderr().is_terminal();
    let format = config.format_on(terminal);
    let registry = tracing_subscriber::registry().with(EnvFilter::new(&config.filter));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let started = match format {
        LogFormat::Text => registry.with(lines.with_ansi(terminal).with_target(false)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    // The only cause is a logger that is there already; it stays.
    drop(started);
    format
}
