//! Progress reports on standard error: a line that is redrawn on a terminal, plain lines elsewhere.

use std::{fmt::Display, time::Duration};

use domain::archive::{ArchiveTable, ImportObserver};
use indicatif::{ProgressBar, ProgressStyle};

use super::output;

/// How often the line on a terminal is redrawn.
const REDRAW_INTERVAL: Duration = Duration::from_millis(120);

pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For work of unknown length.
    pub(super) fn spinner() -> Self {
        Self::styled("{spinner} {msg}")
    }

    fn row_bar() -> Self {
        Self::styled("{bar:30} {human_pos} of {human_len}  {msg}, {per_sec}")
    }

    fn styled(template: &str) -> Self {
        let bar = ProgressBar::new(0);
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_keep_the_default) => bar,
        };
        bar.enable_steady_tick(REDRAW_INTERVAL);
        Self { bar }
    }

    /// Reports what the command does now.
    pub(super) fn update(&self, activity: impl Display) {
        if self.bar.is_hidden() {
            output::print_status(activity);
        } else {
            self.bar.set_message(activity.to_string());
        }
    }

    /// Prints a result to standard output, above the progress line.
    pub(super) fn print(&self, result: impl Display) {
        self.bar.suspend(|| output::print(result));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The progress of an archive, table by table and row by row.
pub(super) struct ArchiveProgress {
    /// "copying" or "comparing".
    activity: &'static str,
    progress: Progress,
    /// The tables begun so far, each with its number of rows.
    pub(super) tables: Vec<(ArchiveTable, u64)>,
}

impl ArchiveProgress {
    pub(super) fn new(activity: &'static str) -> Self {
        Self { activity, progress: Progress::row_bar(), tables: Vec::new() }
    }
}

impl ImportObserver for ArchiveProgress {
    fn copying(&mut self, table: ArchiveTable, rows: u64) {
        self.tables.push((table, rows));
        let bar = &self.progress.bar;
        bar.reset();
        bar.set_length(rows);
        if bar.is_hidden() {
            output::print_status(format_args!("{} {rows} {}", self.activity, table.as_str()));
        } else {
            bar.set_message(format!("{} {}", self.activity, table.as_str()));
        }
    }

    fn copied(&mut self, rows: u64) {
        self.progress.bar.inc(rows);
    }
}
