//! The mails that accounts get about themselves: to confirm an address or reset a password, and
//! notices of changes.
//!
//! The first two may go to addresses that were never confirmed, so to people who do not know the
//! shop. They contain no text that a person typed, so that no one can send their words to others
//! through the shop.

use std::sync::Arc;

use super::mailer::Mail;
use crate::{
    Clock,
    account::{
        AccountToken, AccountTokenPurpose, Credentials, VerifiedEmailPolicy, port::AccountTokenKey,
    },
    events::{AccountMail, JournalEvent},
};

/// What the mails of a shop depend on, beside orders and accounts.
#[derive(Clone)]
pub struct MailSettings {
    /// Makes the tokens in mails.
    pub secrets: Arc<dyn AccountTokenKey>,
    /// The time from which the tokens in mails work.
    pub clock: Arc<dyn Clock>,
    /// What accounts need a confirmed address for.
    pub policy: VerifiedEmailPolicy,
    /// The URL that links in mails start with, without a slash at its end. Without one, mails
    /// contain the bare tokens.
    pub public_url: Option<String>,
}

/// Composes a mail to an account. `None` if there is nothing to send any more: the address is
/// confirmed, or the address of a notice was removed.
pub(super) fn compose(
    event: &JournalEvent,
    mail: AccountMail,
    recipient: &Credentials,
    settings: &MailSettings,
) -> Option<Mail> {
    let account = &recipient.account;
    let token = |purpose| {
        AccountToken::issue(purpose, recipient, settings.secrets.as_ref(), settings.clock.now())
    };
    let (to, text) = match mail {
        AccountMail::ConfirmAddress => {
            let token = token(AccountTokenPurpose::ConfirmAddress)?;
            (account.address_to_confirm()?, settings.with_token(&CONFIRM, &token))
        }
        AccountMail::ResetPassword => {
            let token = token(AccountTokenPurpose::ResetPassword)?;
            (&account.email, settings.with_token(&RESET, &token))
        }
        // Their address is that of when it happened. It is removed after some days, and nothing is
        // left to send then.
        AccountMail::AddressChangeNotice => (event.record.recipient.as_ref()?, NOTICE.to_owned()),
        AccountMail::PasswordChanged => {
            (event.record.recipient.as_ref()?, settings.password_changed())
        }
    };
    let subject = subject(mail).to_owned();
    Some(Mail { event: event.id(), to: to.clone(), name: None, subject, text })
}

/// The subject of a mail to an account.
pub(super) const fn subject(mail: AccountMail) -> &'static str {
    match mail {
        AccountMail::ConfirmAddress => "Confirm your email address",
        AccountMail::ResetPassword => "Reset your password",
        AccountMail::AddressChangeNotice => "Your email address is about to change",
        AccountMail::PasswordChanged => "Your password was changed",
    }
}

/// The text of a mail with a token.
struct TokenMail {
    /// The page that the link opens.
    page: &'static str,
    /// Why the recipient gets the mail.
    reason: &'static str,
    /// What to do with the link.
    link: &'static str,
    /// What to do with the bare token.
    code: &'static str,
    /// What to do for a recipient who did not ask for the mail.
    otherwise: &'static str,
}

impl MailSettings {
    /// The text with the token, in a link or bare, on a line of its own.
    fn with_token(&self, mail: &TokenMail, token: &AccountToken) -> String {
        let TokenMail { page, reason, link, code, otherwise } = mail;
        let token = token.expose();
        match &self.public_url {
            Some(base) => {
                let url = format!("{base}/account/{page}?token={token}");
                format!("{reason} {link}\n\n{url}\n\n{otherwise}\n")
            }
            None => format!("{reason} {code}\n\n{token}\n\n{otherwise}\n"),
        }
    }

    /// The text about a new password, with a link to the page that resets it.
    fn password_changed(&self) -> String {
        match &self.public_url {
            Some(base) => format!("{CHANGED}:\n\n{base}/account/reset\n"),
            None => format!("{CHANGED}.\n"),
        }
    }
}

const CONFIRM: TokenMail = TokenMail {
    page: "verify",
    reason: "Please confirm that this email address is yours.",
    link: "Open this link and press\nthe button on the page. It works once, for three days:",
    code: "Enter this code where\nyou are asked for it. It works once, for three days:",
    otherwise: "If you have no account with us, ignore this mail: your address was entered by\n\
        mistake, and we write to it only after it is confirmed.",
};

const RESET: TokenMail = TokenMail {
    page: "reset",
    reason: "A new password was requested for your account.",
    link: "Open this link to choose\nit. The link works once, for 30 minutes:",
    code: "Enter this code where you\nare asked for it. It works once, for 30 minutes:",
    otherwise: "If you did not request it, ignore this mail: your password stays as it is.",
};

const NOTICE: &str = "A new email address was requested for your account. It replaces this one as\n\
    soon as it is confirmed.\n\nIf you did not request it, change your password: that withdraws the \
    request and\nends all other sessions of your account.\n";

const CHANGED: &str = "The password of your account was changed, and other sessions of the account\n\
    have ended.\n\nIf you did not change it, reset your password";

#[cfg(test)]
mod tests;
