//! The `oms` binary. What it does is in the library beside it.

use std::process::ExitCode;

/// Requests are many small allocations on a few threads, which this does faster than the system's allocator. Built without
/// transparent huge pages (`no_thp`): an idle server would keep fourteen of them, 2 MiB each, for 10 MB of data.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    http_actix::cli::main()
}
