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
        AccountToken, AccountTokenPurpose, Credentials, VerifiedEmailPolicy, port::SecretSource,
    },
    outbox::{AccountMail, port::Envelope},
};

/// What the mails of a shop depend on, beside orders and accounts.
#[derive(Clone)]
pub struct MailSettings {
    /// Makes the tokens in mails.
    pub secrets: Arc<dyn SecretSource>,
    /// The time from which the tokens in mails work.
    pub clock: Arc<dyn Clock>,
    /// What accounts need a confirmed address for.
    pub policy: VerifiedEmailPolicy,
    /// The URL that links in mails start with, without a slash at its end. Without one, mails
    /// contain the bare tokens.
    pub public_url: Option<String>,
}

/// Composes a mail to an account. `None` if there is nothing to send any more: the address is
/// confirmed, the change of address was withdrawn or made, or the address of a notice is not
/// confirmed.
pub(super) fn compose(
    envelope: &Envelope,
    mail: AccountMail,
    recipient: &Credentials,
    settings: &MailSettings,
) -> Option<Mail> {
    let account = &recipient.account;
    let token = |purpose| {
        AccountToken::issue(purpose, recipient, settings.secrets.as_ref(), settings.clock.now())
    };
    let verified = account.email_verified_at.is_some();
    let (to, subject, text) = match mail {
        AccountMail::ConfirmAddress => {
            let token = token(AccountTokenPurpose::ConfirmAddress)?;
            let link = settings.link("verify", &token);
            (account.address_to_confirm()?, CONFIRM_SUBJECT, format!("{CONFIRM}{link}{IGNORE}"))
        }
        AccountMail::ResetPassword => {
            let token = token(AccountTokenPurpose::ResetPassword)?;
            let link = settings.link("reset", &token);
            (&account.email, RESET_SUBJECT, format!("{RESET}{link}{IGNORE}"))
        }
        AccountMail::AddressChangeNotice if verified && account.pending_email.is_some() => {
            (&account.email, NOTICE_SUBJECT, NOTICE.to_owned())
        }
        AccountMail::PasswordChanged if verified => {
            (&account.email, CHANGED_SUBJECT, CHANGED.to_owned())
        }
        AccountMail::AddressChangeNotice | AccountMail::PasswordChanged => return None,
    };
    Some(Mail { event: envelope.id, to: to.clone(), name: None, subject: subject.to_owned(), text })
}

impl MailSettings {
    /// The paragraph with the link to a page of accounts, or with the bare token.
    fn link(&self, page: &str, token: &AccountToken) -> String {
        let token = token.expose();
        match &self.public_url {
            Some(base) => format!("{base}/account/{page}?token={token}\n"),
            None => format!("{token}\n"),
        }
    }
}

const CONFIRM_SUBJECT: &str = "Confirm your email address";
const CONFIRM: &str = "Please confirm that this is your email address. This works for 3 days:\n\n";
const RESET_SUBJECT: &str = "Reset your password";
const RESET: &str = "You can choose a new password. This works once, for 30 minutes:\n\n";
const IGNORE: &str = "\nIf you did not ask for this, ignore this mail. Nothing changes then.\n";
const NOTICE_SUBJECT: &str = "Your email address is about to change";
const NOTICE: &str = "A change of your account's email address was requested. It takes force when \
    the new address is confirmed.\n\nIf you did not ask for this, change your password: that \
    withdraws the request.\n";
const CHANGED_SUBJECT: &str = "Your password was changed";
const CHANGED: &str = "The password of your account was changed, and its other sessions were \
    ended.\n\nIf you did not do this, reset your password.\n";

#[cfg(test)]
mod tests;
