//! `oms admin`: accounts for staff, made by whoever may run programs beside the database.

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
    composition,
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

const CREATE_LONG_ABOUT: &str =
    "Make an admin's account. A server may be running on the same database.

The password is asked for on a terminal. Otherwise it is the first line of standard input or, if \
there is none, what ADMIN_PASSWORD says. It has 8 characters or more, and 72 bytes or fewer.";

/// Make an admin's account
#[derive(Debug, clap::Args)]
#[command(long_about = CREATE_LONG_ABOUT)]
#[command(
    after_help = "Examples:\n  oms admin create --email ann@example.com --name 'Ann Lee'\n  \
                        oms admin create --email ann@example.com < password.txt"
)]
struct Create {
    /// What they log in with
    #[arg(long, value_parser = EmailAddress::parse)]
    email: EmailAddress,
    /// What they are called; without it, the part of the address before the @
    #[arg(long, value_parser = |raw: &str| PersonName::parse(raw))]
    name: Option<PersonName>,
}

pub(super) async fn run(arguments: Arguments, env: &Env) -> Result<(), CommandError> {
    // Here `ADMIN_PASSWORD` may stand alone, so it is no part of the configuration.
    let config = Config::from_env(&env.without(&FirstAdmin::VARIABLES))?;
    logging::start(&config.logging, None);
    let Command::Create(create) = arguments.command;
    self::create(create, env, &config).await
}

async fn create(create: Create, env: &Env, config: &Config) -> Result<(), CommandError> {
    let Create { email, name } = create;
    let password = password_input::new_password(env)?;
    composition::prepare(config).await.map_err(CommandError::not_composed(config))?;
    let app = composition::compose(config).await.map_err(CommandError::not_composed(config))?;
    let registration = Registration { name, email: email.clone(), password, trace: None };
    let created = app.services.accounts.create_admin(registration).await;
    app.close().await;
    match created {
        Ok(account) => {
            output::print(format_args!("made the admin {email} (account {})", account.id));
            Ok(())
        }
        Err(RegisterError::EmailTaken) => {
            Err(CommandError::Refused(format!("{email} belongs to an account already")))
        }
        Err(error) => Err(error.into()),
    }
}
