//! The adapter against real SQLite files: the suites of the ports, and tests of this adapter alone.
#![expect(clippy::unwrap_used, reason = "this is test code: a panic is how a test fails")]

mod audit;
mod constraints;
mod crash;
mod fixture;
mod journal;
mod locking;
mod migrations;
mod opening;
mod privacy;
mod suites;
mod writing;
