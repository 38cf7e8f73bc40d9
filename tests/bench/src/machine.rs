//! The machine and the versions of the programs of a run. What cannot be determined is null.

use std::{
    fs,
    io::Write as _,
    path::Path,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{cli::Environment, process::command};

/// The machine: its processor, cores, memory, kernel, and how many pages a second the disk of this
/// directory can write and sync.
pub(crate) fn describe(dir: &Path) -> Value {
    let of = |file: &str, label: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(label))?;
        Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
    };
    json!({
        "processor": of("/proc/cpuinfo", "model name"),
        "cores": available_parallelism().ok(),
        "memory": of("/proc/meminfo", "MemTotal"),
        "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
        "fsyncs_per_second": syncs_per_second(&dir.join("fsync")),
    })
}

/// How many pages of 8 KiB can be written and synced in a second, one after another.
fn syncs_per_second(path: &Path) -> Option<u32> {
    let mut file = fs::File::create(path).ok()?;
    let started = Instant::now();
    let mut syncs = 0;
    while started.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0; 8192]).ok()?;
        file.sync_data().ok()?;
        syncs += 1;
    }
    // If it stays, it is removed with its directory.
    let _ = fs::remove_file(path);
    Some(syncs)
}

/// The commit that is checked out, with a `+` if files of the checkout differ from it.
pub(crate) async fn commit() -> Option<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let git = ["describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"];
    first_line(Path::new("git"), &git, sources).await
}

/// The versions of all programs involved.
pub(crate) async fn versions(environment: &Environment) -> Value {
    let here = &environment.run_dir;
    json!({
        "oms": first_line(&environment.oms, &["--version"], here).await,
        "postgresql": first_line(&environment.postgres_bin.join("postgres"), &["--version"], here).await,
        "redis": first_line(&environment.redis, &["--version"], here).await,
        "rustc": first_line(Path::new("rustc"), &["--version"], Path::new(env!("CARGO_MANIFEST_DIR"))).await,
        "wrk": first_line(&environment.wrk, &["-v"], here).await,
        "oha": first_line(&environment.oha, &["--version"], here).await,
    })
}

/// The first line that a program prints. Its exit code is ignored, since wrk's is not 0.
async fn first_line(program: &Path, arguments: &[&str], dir: &Path) -> Option<String> {
    let output = command(program).args(arguments).current_dir(dir).output().await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(|line| line.trim().to_owned())
}
