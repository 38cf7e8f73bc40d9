//! Where and with what it was measured. Whatever cannot be found out is left out.

use std::{
    fs,
    io::Write as _,
    path::Path,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{cli::Tools, process::command};

/// The machine: its processor, cores, memory, kernel, and how often a second the disk below this directory takes a
/// page of a write-ahead log for good.
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
    // It may as well stay: its directory goes.
    let _ = fs::remove_file(path);
    Some(syncs)
}

/// The commit that is checked out, with a `+` if files of the checkout differ from it.
pub(crate) async fn commit() -> Option<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let git = ["describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"];
    first_line(Path::new("git"), &git, sources).await
}

/// The versions of all programs that take part.
pub(crate) async fn versions(tools: &Tools) -> Value {
    let here = &tools.run;
    json!({
        "oms": first_line(&tools.oms, &["--version"], here).await,
        "postgresql": first_line(&tools.postgres_bin.join("postgres"), &["--version"], here).await,
        "redis": first_line(&tools.redis, &["--version"], here).await,
        "rustc": first_line(Path::new("rustc"), &["--version"], Path::new(env!("CARGO_MANIFEST_DIR"))).await,
        "wrk": first_line(&tools.wrk, &["-v"], here).await,
        "oha": first_line(&tools.oha, &["--version"], here).await,
    })
}

/// The first line that a program prints, whether or not it calls that a success: wrk does not.
async fn first_line(program: &Path, arguments: &[&str], dir: &Path) -> Option<String> {
    let output = command(program).args(arguments).current_dir(dir).output().await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(|line| line.trim().to_owned())
}
