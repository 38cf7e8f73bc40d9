//! `oms admin`: creates accounts for staff. Access to the database is the only permission it needs.

use clap::Subcommand;
use domain::{
    PersonName,
    account::{
        EmailAddress,
        service::{RegisterError, Registration},
    },
};

use super::{error::CommandError, output, password_input};
use crate::{
    composition::{self, DatabaseAccess},
    config::{Config, Env, FirstAdmin},
    logging,
};

/// Manage the accounts of staff
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oms admin create --email ann@example.com")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(Create),
}

const CREATE_LONG_ABOUT: &str = "\
Create an account with the role admin. A server may be running on the same database.

On a terminal the command prompts for the password. Otherwise it reads the first line of standard \
input or, if that is empty, ADMIN_PASSWORD. A password has at least 8 characters and at most 72 \
bytes.";

/// Create an account with the role admin
#[derive(Debug, clap::Args)]
#[command(long_about = CREATE_LONG_ABOUT)]
#[command(
    after_help = "Examples:\n  oms admin create --email ann@example.com --name 'Ann Lee'\n  \
                        oms admin create --email ann@example.com < password.txt"
)]
struct Create {
    /// The email address to log in with
    #[arg(long, value_parser = EmailAddress::parse)]
    email: EmailAddress,
    /// The person's name; without it, the part of the address before the @
    #[arg(long, value_parser = |raw: &str| PersonName::parse(raw))]
    name: Option<PersonName>,
}

pub(super) async fn run(arguments: Arguments, env: &Env) -> Result<(), CommandError> {
    // `ADMIN_PASSWORD` without `ADMIN_EMAIL` is valid for this command, but not in the
    // configuration.
    let config = Config::from_env(&env.without(&FirstAdmin::VARIABLES))?;
    logging::start(&config.logging, None);
    let Command::Create(create) = arguments.command;
    self::create(create, env, &config).await
}

async fn create(create: Create, env: &Env, config: &Config) -> Result<(), CommandError> {
    let Create { email, name } = create;
    let password = password_input::new_password(env)?;
    composition::prepare(config, &composition::log_progress())
        .await
        .map_err(CommandError::from_composition(config))?;
    let app = composition::compose(config, DatabaseAccess::Full)
        .await
        .map_err(CommandError::from_composition(config))?;
    let registration = Registration { name, email: email.clone(), password, trace: None };
    let created = app.services.accounts.create_admin(registration).await;
    app.close().await;
    match created {
        Ok(account) => {
            output::print(format_args!("created the admin {email} (account {})", account.id));
            Ok(())
        }
        Err(RegisterError::EmailTaken) => Err(CommandError::Refused(format!(
            "an account with the address {email} exists already"
        ))),
        Err(error) => Err(error.into()),
    }
}
