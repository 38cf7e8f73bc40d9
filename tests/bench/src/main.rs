//! Measures the `oms` binary against baselines on the same machine, in the same run: `make bench`.
//!
//! The server under test, PostgreSQL, Redis, the baselines and the load generators are separate
//! processes. This program starts and stops them, measures the server and the baseline in turn, and
//! reports. `README.md` beside it describes the comparisons and why they are fair.

mod bare_server;
mod bench;
mod cli;
mod client;
mod database;
mod error;
mod load;
mod machine;
mod postgres;
mod process;
mod redis;
mod report;
mod row;
mod scenarios;
mod server;
mod shop;
mod sized_shops;
mod statistics;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use self::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Some(Command::Bare(options)) => bare_server::serve(options),
        None => cli::measure(&cli.options),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
