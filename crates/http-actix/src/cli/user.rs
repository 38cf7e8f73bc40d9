//! `oms user`: accounts, for operators who can run programs beside the database.

use std::fmt;

use clap::Subcommand;
use domain::{
    PageLimit, PageNumber, PageRequest, PageStart, SearchTerm, StoreError, Timestamp, UserId,
    account::{
        Account, EmailAddress, Pseudonym, Role,
        port::{AccountFilter, AccountQuery, AccountReads},
        service::{AccountService, ViewAccountError},
    },
};

use super::{error::CommandError, first_admin::operator_actor, output, password_input};
use crate::{
    composition::{self, DatabaseAccess},
    config::Config,
};

/// List and show accounts, and replace a forgotten password
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  oms user show --email ann@example.com\n  oms user password --email ann@example.com"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Show(Show),
    Password(Password),
}

const LIST_LONG_ABOUT: &str = "List the accounts, by ascending id.

Each is one line, with tabs between the id, the role, the address, whether the address is confirmed, the time of \
registration and the name.";

/// List the accounts
#[derive(Debug, clap::Args)]
#[command(long_about = LIST_LONG_ABOUT)]
#[command(
    after_help = "Examples:\n  oms user list\n  oms user list --role admin\n  oms user list --search ann"
)]
struct List {
    /// Only the account with this address
    #[arg(long, value_parser = EmailAddress::parse)]
    email: Option<EmailAddress>,
    /// Only accounts whose name or address contains this
    #[arg(long)]
    search: Option<String>,
    /// Only accounts with this role: user or admin
    #[arg(long)]
    role: Option<Role>,
}

const SHOW_LONG_ABOUT: &str = "Show an account.

The last line is what the log has in place of the address, as the member `account` of the line of a failed login.";

/// Show an account
#[derive(Debug, clap::Args)]
#[command(long_about = SHOW_LONG_ABOUT)]
#[command(
    after_help = "Examples:\n  oms user show --email ann@example.com\n  oms user show --id 7"
)]
struct Show {
    #[command(flatten)]
    account: Selector,
}

const PASSWORD_LONG_ABOUT: &str =
    "Replace the password of an account. A server may be running on the same database.

All sessions of the account end. The password is asked for on a terminal, twice. Otherwise it is the first line of \
standard input. It has 8 characters or more, and 72 bytes or fewer.";

/// Replace the password of an account
#[derive(Debug, clap::Args)]
#[command(long_about = PASSWORD_LONG_ABOUT)]
#[command(after_help = "Examples:\n  oms user password --email ann@example.com\n  \
                        oms user password --id 7 < password.txt")]
struct Password {
    #[command(flatten)]
    account: Selector,
}

/// The account that a command is about.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Selector {
    /// The address that the account logs in with
    #[arg(long, value_parser = EmailAddress::parse)]
    email: Option<EmailAddress>,
    /// The id of the account
    #[arg(long)]
    id: Option<i64>,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), CommandError> {
    match arguments.command {
        Command::List(List { email, search, role }) => {
            let search = SearchTerm::parse(search.as_deref().unwrap_or_default())
                .map_err(|error| CommandError::Usage(format!("--search {error}")))?;
            let filter = AccountFilter { email, search, role };
            let database = composition::open(&config.store, DatabaseAccess::Read)
                .await
                .map_err(CommandError::from_composition(config))?;
            let listed = list(database.as_ref(), filter).await;
            database.close().await;
            Ok(listed?)
        }
        Command::Show(Show { account }) => show(&account, config).await,
        Command::Password(Password { account }) => set_password(&account, config).await,
    }
}

async fn list(accounts: &dyn AccountReads, filter: AccountFilter) -> Result<(), StoreError> {
    let page = PageRequest::number(PageNumber::FIRST, PageLimit::clamped(i64::MAX));
    let mut query = AccountQuery { filter, page };
    loop {
        let listed = accounts.list(&query).await?;
        for account in &listed.items {
            output::print(Line(account));
        }
        let Some(cursor) = listed.next else { return Ok(()) };
        query.page.start = PageStart::After(cursor);
    }
}

async fn show(selector: &Selector, config: &Config) -> Result<(), CommandError> {
    let app = composition::compose(config, DatabaseAccess::Read)
        .await
        .map_err(CommandError::from_composition(config))?;
    let accounts = &app.services.accounts;
    let found = find(accounts, selector).await;
    let card = found.map(|account| {
        let pseudonym = accounts.address_pseudonym(account.email.as_str());
        Card { account, pseudonym }.to_string()
    });
    app.close().await;
    output::print(card?);
    Ok(())
}

async fn find(accounts: &AccountService, selector: &Selector) -> Result<Account, CommandError> {
    let found = match selector {
        Selector { email: Some(email), .. } => {
            accounts.view_by_email(email, operator_actor()).await
        }
        Selector { id, .. } => {
            accounts.view(UserId::new(id.unwrap_or_default()), operator_actor()).await
        }
    };
    found.map_err(|error| match error {
        ViewAccountError::Store(error) => error.into(),
        ViewAccountError::NotFound | ViewAccountError::Forbidden => selector.unknown(),
    })
}

async fn set_password(selector: &Selector, config: &Config) -> Result<(), CommandError> {
    let app = composition::compose(config, DatabaseAccess::Full)
        .await
        .map_err(CommandError::from_composition(config))?;
    let accounts = &app.services.accounts;
    let changed = async {
        let account = find(accounts, selector).await?;
        // Asked for once it is clear that there is an account to change.
        let password = password_input::typed()?.ok_or_else(|| {
            CommandError::Usage("there is no password: type one, or pipe one in".to_owned())
        })?;
        Ok::<_, CommandError>(accounts.set_password(&account, password).await?)
    }
    .await;
    app.close().await;
    let Account { id, email, .. } = changed?;
    output::print(format_args!(
        "changed the password of {email} (account {id}), and ended its sessions"
    ));
    Ok(())
}

impl Selector {
    /// The failure if no account is selected.
    fn unknown(&self) -> CommandError {
        CommandError::Refused(match self {
            Self { email: Some(email), .. } => format!("no account has the address {email}"),
            Self { id, .. } => format!("there is no account {}", id.unwrap_or_default()),
        })
    }
}

/// An account on one line, its parts with tabs between.
struct Line<'a>(&'a Account);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { id, name, email, email_verified_at, role, created_at, .. } = self.0;
        let state = if email_verified_at.is_some() { "confirmed" } else { "unconfirmed" };
        let (created, name) = (time(*created_at), one_line(name.as_str()));
        write!(f, "{id}\t{}\t{email}\t{state}\t{created}\t{name}", role.as_str())
    }
}

/// All that operators see of an account, on several lines.
struct Card {
    account: Account,
    /// What the log has in place of the address.
    pseudonym: Pseudonym,
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { id, name, email, email_verified_at, pending_email, role, created_at } =
            &self.account;
        writeln!(f, "id:         {id}")?;
        writeln!(f, "name:       {}", one_line(name.as_str()))?;
        writeln!(f, "email:      {email}")?;
        let confirmed = email_verified_at.map_or_else(|| "no".to_owned(), time);
        writeln!(f, "confirmed:  {confirmed}")?;
        if let Some(pending) = pending_email {
            writeln!(f, "pending:    {pending}, until it is confirmed")?;
        }
        writeln!(f, "role:       {}", role.as_str())?;
        writeln!(f, "registered: {}", time(*created_at))?;
        write!(f, "in the log: {}", self.pseudonym)
    }
}

fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A name with control characters replaced by spaces, so that it stays on its line.
fn one_line(name: &str) -> String {
    name.replace(char::is_control, " ")
}
