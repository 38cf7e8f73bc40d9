//! Standard output and standard error. A reader who went away is no reason to fail.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Prints a text to standard output, at once.
pub(super) fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    let _closed = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Tells something to whoever sits at the terminal, on standard error.
pub(super) fn tell(text: impl Display) {
    let _closed = writeln!(io::stderr().lock(), "{text}");
}

pub(super) fn complain(error: impl Display) {
    tell(format_args!("oms: {error}"));
}
