//! The adapter against real SQLite files: the ports' own suites, and what is this adapter's alone.

mod books;
mod crash;
mod fixture;
mod migrations;
mod opening;
mod privacy;
mod suites;
mod writing;
