//! Standard output and standard error. A closed pipe is ignored.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Prints a line to standard output and flushes it.
pub(super) fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    let _closed = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a line to standard error: progress or a summary, which is not the command's result.
pub(super) fn print_status(text: impl Display) {
    let _closed = writeln!(io::stderr().lock(), "{text}");
}

/// Prints the error that ends the program.
pub(super) fn print_error(error: impl Display) {
    print_status(format_args!("oms: {error}"));
}
