//! Embeds the commit that a release is built from.
//!
//! A development build embeds none, so that a new commit causes no rebuild. A release build reads
//! the commit from `OMS_COMMIT`, which serves builds without a repository, or else from git.

use std::{env, path::Path, process::Command};

/// The paths that the program is built from, relative to the root of the repository. Changes
/// elsewhere do not make a build dirty.
const SOURCES: [&str; 6] =
    ["crates", "migrations", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".env.example"];

/// How many digits of a commit's hash are shown.
const COMMIT_DIGITS: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=OMS_COMMIT");
    // Cargo sets PROFILE to "release" for every profile that inherits from release.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let (commit, label) = if is_release {
        let commit =
            commit_from_env().or_else(commit_from_git).unwrap_or_else(|| "unknown".to_owned());
        let label = match commit.as_str() {
            "unknown" => "unknown commit".to_owned(),
            known => format!("commit {known}"),
        };
        (commit, label)
    } else {
        ("development".to_owned(), "development build".to_owned())
    };
    println!("cargo::rustc-env=OMS_BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=OMS_BUILD={label}");
}

/// The commit in `OMS_COMMIT`, with `-dirty` if the variable says so; `None` if it holds no hash.
fn commit_from_env() -> Option<String> {
    let name = env::var("OMS_COMMIT").ok()?;
    let (commit, rest) = name.trim().split_once('-').unwrap_or((name.trim(), ""));
    let is_hash = commit.len() >= 7 && commit.chars().all(|digit| digit.is_ascii_hexdigit());
    let dirty = if rest == "dirty" { "-dirty" } else { "" };
    is_hash.then(|| format!("{}{dirty}", commit.get(..COMMIT_DIGITS).unwrap_or(commit)))
}

/// The commit that is checked out, with `-dirty` if the sources differ from it.
fn commit_from_git() -> Option<String> {
    let root = Path::new("../..").canonicalize().ok()?;
    // A source tree without a repository may lie inside another repository.
    let top = Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()?;
    if top != root {
        return None;
    }
    // Git appends to this log at every commit and every checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    let sources = SOURCES.map(|source| format!("../../{source}"));
    for source in &sources {
        println!("cargo::rerun-if-changed={source}");
    }
    let commit = git(&["rev-parse", &format!("--short={COMMIT_DIGITS}"), "HEAD"])?;
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(sources.iter().map(String::as_str));
    let dirty = if git(&status)?.is_empty() { "" } else { "-dirty" };
    Some(format!("{commit}{dirty}"))
}

/// The output of a git command; `None` if git is missing or the command fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then_some(())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
