//! A password on its way in: from a terminal, a pipe or a variable, never from an argument.

use std::io::{self, BufRead as _, IsTerminal as _};

use domain::account::{NewPassword, PasswordPolicy};
use zeroize::Zeroizing;

use super::error::CommandError;
use crate::config::{Env, password_from_env};

/// Asks on a terminal, twice. Otherwise takes a line from standard input or, if there is none, what
/// `ADMIN_PASSWORD` says.
pub(super) fn new_password(env: &Env) -> Result<NewPassword, CommandError> {
    if let Some(typed) = typed()? {
        return Ok(typed);
    }
    password_from_env(env)?.ok_or_else(|| {
        let problem = "there is no password: type one, pipe one in, or set ADMIN_PASSWORD";
        CommandError::Usage(problem.to_owned())
    })
}

/// Asks on a terminal, twice. Otherwise takes a line from standard input; `None` if there is none.
pub(super) fn typed() -> Result<Option<NewPassword>, CommandError> {
    if io::stdin().is_terminal() {
        let typed = ask("Password: ")?;
        if typed != ask("The same again: ")? {
            return Err(CommandError::Usage("the two passwords differ".to_owned()));
        }
        return checked(&typed).map(Some);
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
    match line.trim_end_matches(['\n', '\r']) {
        "" => Ok(None),
        typed => checked(typed).map(Some),
    }
}

fn checked(typed: &str) -> Result<NewPassword, CommandError> {
    NewPassword::parse(typed, PasswordPolicy::V1)
        .map_err(|error| CommandError::Usage(format!("the password {error}")))
}

fn ask(question: &str) -> Result<Zeroizing<String>, CommandError> {
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(unreadable)
}

fn unreadable(cause: io::Error) -> CommandError {
    CommandError::Io { doing: "cannot read the password", cause }
}
