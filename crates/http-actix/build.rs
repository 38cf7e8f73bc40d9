//! Tells the program which commit it is made of, if it is a release.
//!
//! A development build does not ask, so that a commit makes nobody build anything anew. A release takes the
//! commit from `OMS_COMMIT`, for builds that see no repository, or else from git.

use std::{env, path::Path, process::Command};

/// What the program is made of, from the root of the repository: a change of anything else is no other program.
const SOURCES: [&str; 6] =
    ["crates", "migrations", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".env.example"];

/// As much of a commit's name as is shown.
const SHOWN: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=OMS_COMMIT");
    // All profiles that inherit from release are one, here.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let (commit, told) = if is_release {
        let commit = named().or_else(of_repository).unwrap_or_else(|| "unknown".to_owned());
        let told = match commit.as_str() {
            "unknown" => "unknown commit".to_owned(),
            known => format!("commit {known}"),
        };
        (commit, told)
    } else {
        ("development".to_owned(), "development build".to_owned())
    };
    println!("cargo::rustc-env=OMS_BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=OMS_BUILD={told}");
}

/// The commit that whoever builds this names.
fn named() -> Option<String> {
    let name = env::var("OMS_COMMIT").ok()?;
    let (commit, rest) = name.trim().split_once('-').unwrap_or((name.trim(), ""));
    let known = commit.len() >= 7 && commit.chars().all(|digit| digit.is_ascii_hexdigit());
    let dirty = if rest == "dirty" { "-dirty" } else { "" };
    known.then(|| format!("{}{dirty}", commit.get(..SHOWN).unwrap_or(commit)))
}

/// The commit that is checked out, with `-dirty` if something has changed since.
fn of_repository() -> Option<String> {
    let root = Path::new("../..").canonicalize().ok()?;
    // A source tree without a repository may lie within somebody else's.
    let top = Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()?;
    if top != root {
        return None;
    }
    // Git writes to this log with every commit, and whenever another one is checked out.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    let sources = SOURCES.map(|source| format!("../../{source}"));
    for source in &sources {
        println!("cargo::rerun-if-changed={source}");
    }
    let commit = git(&["rev-parse", &format!("--short={SHOWN}"), "HEAD"])?;
    let mut asking = vec!["status", "--porcelain", "--"];
    asking.extend(sources.iter().map(String::as_str));
    let dirty = if git(&asking)?.is_empty() { "" } else { "-dirty" };
    Some(format!("{commit}{dirty}"))
}

/// What git answers; nothing if it is not there, or has no answer.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then_some(())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
