//! The `oms` binary. What it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    http_actix::cli::main()
}
