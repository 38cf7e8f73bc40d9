//! A password on its way in: from a terminal, a pipe or a variable, never from an argument.

use std::io::{self, BufRead as _, IsTerminal as _};

use domain::account::{NewPassword, PasswordPolicy};

use super::{CommandError, output};
use crate::config::{Env, password_from_env};

/// Asks on a terminal, twice. Otherwise takes a line from standard input or, if there is none, what
/// `ADMIN_PASSWORD` says.
pub(super) fn new_password(env: &Env) -> Result<NewPassword, CommandError> {
    let typed = if io::stdin().is_terminal() {
        let typed = ask("Password: ")?;
        if typed != ask("The same again: ")? {
            return Err(CommandError::Usage("the two passwords differ".to_owned()));
        }
        typed
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    if typed.is_empty() {
        return password_from_env(env)?.ok_or_else(|| {
            CommandError::Usage(
                "there is no password: type one, pipe one in, or set ADMIN_PASSWORD".to_owned(),
            )
        });
    }
    NewPassword::parse(typed, PasswordPolicy::V1)
        .map_err(|error| CommandError::Usage(format!("the password {error}")))
}

fn ask(question: &str) -> Result<String, CommandError> {
    let typed = rpassword::prompt_password(question).map_err(unreadable)?;
    if typed.is_empty() {
        output::tell("(nothing)");
    }
    Ok(typed)
}

fn unreadable(cause: io::Error) -> CommandError {
    CommandError::Io { doing: "cannot read the password", cause }
}
