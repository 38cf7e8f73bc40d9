//! Measures the `oms` binary against yardsticks on the same machine, in the same run: `make bench`.
//!
//! Everything that is measured is a process of its own: the server, PostgreSQL, Redis, the yardsticks, and the
//! generators of load. This program starts and ends them, lets subject and yardstick take turns, and reports.
//! `README.md` beside it says what is compared with what, and why that is fair.

mod bare;
mod bench;
mod cli;
mod clients;
mod database;
mod failure;
mod load;
mod machine;
mod postgres;
mod process;
mod redis;
mod report;
mod row;
mod scenarios;
mod shop;
mod shops;
mod statistics;
mod subject;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use self::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match &cli.command {
        Some(Command::Bare(options)) => bare::serve(options),
        None => cli::measure(&cli.options),
    };
    match ended {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
