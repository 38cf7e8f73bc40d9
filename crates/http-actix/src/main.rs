//! The `oms` binary. Its code is in the library of the same crate.

use std::process::ExitCode;

/// Requests make many small allocations on a few threads, which mimalloc does faster than the
/// system's allocator. It is built without transparent huge pages (`no_thp`): an idle server would
/// keep fourteen of them, 2 MiB each, for 10 MB of data.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    http_actix::cli::main()
}
