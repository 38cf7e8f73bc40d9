//! The command line: from the arguments to the exit code.
//!
//! Each command has its own file. A command's result goes to standard output; logs, prompts and
//! errors go to standard error. Exit codes: 0 for success, 1 for a failure, 2 for wrong usage or an
//! invalid configuration.

mod admin;
mod audit;
mod banner;
mod completions;
mod copy;
mod demo;
mod error;
mod first_admin;
mod health;
mod man;
mod migrate;
mod openapi;
mod outbox;
mod output;
mod password_input;
mod progress;
mod serve;
mod session_purge;
mod shutdown;
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

It is configured by environment variables, and by an .env file in the working directory or at the \
path in ENV_FILE; `oms serve --help` lists them. Without any, `oms serve` creates ./data with an \
embedded database and listens on http://127.0.0.1:8000.";

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

/// Parses the arguments, runs the command, and returns the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are errors of clap as well. A failure to print has nowhere to be
            // reported.
            let _unprinted = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(&error);
            error.exit_code()
        }
    }
}

fn run(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Serve(_) => {
            configure_with_telemetry(|config, format| block_on(serve::run(config, format)))
        }
        Command::Worker(_) => {
            configure_with_telemetry(|config, format| block_on(worker::run(config, format)))
        }
        Command::Health(arguments) => {
            let env = Env::from_process()?;
            block_on(health::run(&arguments, &env))
        }
        Command::Migrate(_) => block_on(migrate::run(&configure()?)),
        Command::Admin(arguments) => {
            let env = Env::from_process()?;
            block_on(admin::run(arguments, &env))
        }
        Command::User(arguments) => block_on(user::run(arguments, &configure()?)),
        Command::Outbox(arguments) => block_on(outbox::run(arguments, &configure()?)),
        Command::Audit(_) => block_on(audit::run(&configure()?)),
        Command::Copy(arguments) => {
            configure()?;
            block_on(copy::run(&arguments))
        }
        Command::Demo(arguments) => block_on(demo::run(&arguments, &configure()?)),
        Command::Openapi(_) => openapi::run(&Env::from_process()?),
        Command::Completions(arguments) => {
            completions::run(&arguments, Arguments::command());
            Ok(())
        }
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
    }
}

/// Reads the configuration and starts logging.
fn configure() -> Result<Config, CommandError> {
    let env = Env::from_process()?;
    let config = Config::from_env(&env)?;
    logging::start(&config.logging, None);
    env.warn_of_unknown_names();
    Ok(config)
}

/// Reads the configuration, starts logging, and runs a command that works until a signal. If a
/// trace collector is configured, spans are sent to it, the remaining ones after the command has
/// ended.
fn configure_with_telemetry(
    command: impl FnOnce(&Config, LogFormat) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let env = Env::from_process()?;
    let config = Config::from_env(&env)?;
    let telemetry = config.tracing.as_ref().map(Telemetry::start).transpose()?;
    let format = logging::start(&config.logging, telemetry.as_ref());
    env.warn_of_unknown_names();
    let result = command(&config, format);
    if let Some(telemetry) = telemetry {
        telemetry.stop();
    }
    result
}

/// Runs a command's asynchronous part on a multi-threaded runtime, which also runs the stores'
/// background tasks and every change. The threads that serve requests and those that hash passwords
/// are started elsewhere.
fn block_on(command: impl Future<Output = Result<(), CommandError>>) -> Result<(), CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_name("oms")
        .enable_all()
        .build()
        .map_err(|cause| CommandError::Io { doing: "cannot start the runtime", cause })?
        .block_on(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_valid() {
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
