//! The command line: from the arguments to the exit code.
//!
//! Each command has a file of its own. What a command was asked for goes to standard output; logs,
//! questions and failures to standard error. Exit codes: 0 for success, 1 for a failure, 2 for a wrong usage
//! or a bad configuration.

mod admin;
mod audit;
mod banner;
mod completions;
mod copy;
mod demo;
mod error;
mod first_admin;
mod health;
mod housekeeping;
mod man;
mod migrate;
mod openapi;
mod outbox;
mod output;
mod password_input;
mod progress;
mod serve;
mod stopping;
mod user;
mod worker;

use std::{future::Future, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand};

use self::error::CommandError;
use crate::{
    config::{Config, Env, LogFormat},
    logging,
    telemetry::Telemetry,
    version::VERSION_AND_COMMIT,
};

const LONG_ABOUT: &str = "\
An order management system: accounts, products with stock, orders and their lifecycle, over HTTP.

It is configured by environment variables, and by an .env file in the working directory or where \
ENV_FILE says; `oms serve --help` lists them. Without any, `oms serve` makes ./data with an embedded database and listens on \
http://127.0.0.1:8000.";

/// An order management system over HTTP
#[derive(Debug, Parser)]
#[command(name = "oms", version = VERSION_AND_COMMIT, long_about = LONG_ABOUT, after_help = "Example:\n  oms serve")]
#[command(arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Worker(worker::Arguments),
    Health(health::Arguments),
    Migrate(migrate::Arguments),
    Admin(admin::Arguments),
    User(user::Arguments),
    Outbox(outbox::Arguments),
    Audit(audit::Arguments),
    Copy(copy::Arguments),
    Demo(demo::Arguments),
    Openapi(openapi::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the program: reads the arguments, does what they say, and returns the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way as well. Nobody is left to tell if printing fails.
            let _unprinted = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            error.exit_code()
        }
    }
}

fn run(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Serve(_) => traced(|config, format| block_on(serve::run(config, format))),
        Command::Worker(_) => traced(|config, format| block_on(worker::run(config, format))),
        Command::Health(arguments) => {
            let env = Env::of_process()?;
            block_on(health::run(&arguments, &env))
        }
        Command::Migrate(_) => block_on(migrate::run(&configured()?.0)),
        Command::Admin(arguments) => {
            let env = Env::of_process()?;
            block_on(admin::run(arguments, &env))
        }
        Command::User(arguments) => block_on(user::run(arguments, &configured()?.0)),
        Command::Outbox(arguments) => block_on(outbox::run(arguments, &configured()?.0)),
        Command::Audit(_) => block_on(audit::run(&configured()?.0)),
        Command::Copy(arguments) => {
            configured()?;
            block_on(copy::run(&arguments))
        }
        Command::Demo(arguments) => block_on(demo::run(&arguments, &configured()?.0)),
        Command::Openapi(_) => {
            openapi::run();
            Ok(())
        }
        Command::Completions(arguments) => {
            completions::run(&arguments, Arguments::command());
            Ok(())
        }
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
    }
}

/// Reads the configuration and starts logging as it says.
fn configured() -> Result<(Config, LogFormat), CommandError> {
    let config = Config::from_env(&Env::of_process()?)?;
    let format = logging::start(&config.logging, None);
    Ok((config, format))
}

/// Does the same for a command that goes on until a signal; what it does goes to the collector of traces, if there is
/// one, and what is left of that when it ends as well.
fn traced(
    command: impl FnOnce(&Config, LogFormat) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let config = Config::from_env(&Env::of_process()?)?;
    let telemetry = config.tracing.as_ref().map(Telemetry::start).transpose()?;
    let format = logging::start(&config.logging, telemetry.as_ref());
    let ended = command(&config, format);
    if let Some(telemetry) = telemetry {
        telemetry.stop();
    }
    ended
}

/// Runs a command's asynchronous part: what the stores do in the background, and every change. Threads that serve
/// requests or hash passwords are made by those who need them.
fn block_on(command: impl Future<Output = Result<(), CommandError>>) -> Result<(), CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_name("oms")
        .enable_all()
        .build()
        .map_err(|cause| CommandError::Io { doing: "cannot start", cause })?
        .block_on(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Arguments::command().get_subcommands() {
            let nested: Vec<_> = command.get_subcommands().collect();
            for command in if nested.is_empty() { vec![command] } else { nested } {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.starts_with("Example"), "{}", command.get_name());
            }
        }
    }
}
