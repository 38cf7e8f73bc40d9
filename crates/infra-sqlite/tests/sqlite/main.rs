//! The adapter against real SQLite files: the ports' own suites, and what is this adapter's alone.
#![expect(clippy::unwrap_used, reason = "this is test code: a panic is how a test fails")]

mod audit;
mod books;
mod crash;
mod fixture;
mod migrations;
mod opening;
mod outbox;
mod privacy;
mod suites;
mod writing;
