//! How long work is going: a line that changes on a terminal, plain lines elsewhere. Both on standard error.

use std::{fmt::Display, time::Duration};

use domain::archive::{ArchiveTable, ImportObserver};
use indicatif::{ProgressBar, ProgressStyle};

use super::output;

/// How often the line on a terminal is drawn anew.
const TICK: Duration = Duration::from_millis(120);

pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Something that goes on until it is over.
    pub(super) fn of_steps() -> Self {
        Self::styled("{spinner} {msg}")
    }

    pub(super) fn of_rows() -> Self {
        Self::styled("{bar:30} {human_pos} of {human_len}  {msg}, {per_sec}")
    }

    fn styled(template: &str) -> Self {
        let bar = ProgressBar::new(0);
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_keep_the_default) => bar,
        };
        bar.enable_steady_tick(TICK);
        Self { bar }
    }

    pub(super) fn step(&self, what: impl Display) {
        if self.bar.is_hidden() {
            output::tell(what);
        } else {
            self.bar.set_message(what.to_string());
        }
    }

    pub(super) fn print(&self, result: impl Display) {
        self.bar.suspend(|| output::print(result));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Rows on their way: "copying", or "comparing".
pub(super) struct Rows {
    doing: &'static str,
    progress: Progress,
    /// How many rows of each kind there are.
    pub(super) tables: Vec<(ArchiveTable, u64)>,
}

impl Rows {
    pub(super) fn new(doing: &'static str) -> Self {
        Self { doing, progress: Progress::of_rows(), tables: Vec::new() }
    }
}

impl ImportObserver for Rows {
    fn copying(&mut self, table: ArchiveTable, rows: u64) {
        self.tables.push((table, rows));
        let bar = &self.progress.bar;
        bar.reset();
        bar.set_length(rows);
        if bar.is_hidden() {
            output::tell(format_args!("{} {rows} {}", self.doing, table.as_str()));
        } else {
            bar.set_message(format!("{} {}", self.doing, table.as_str()));
        }
    }

    fn copied(&mut self, rows: u64) {
        self.progress.bar.inc(rows);
    }
}
