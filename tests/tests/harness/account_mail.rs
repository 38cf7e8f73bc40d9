//! The mails that accounts get, and the tokens in them.

use super::{Mail, MailServer, ServerBuilder, eventually};

/// The subjects of the mails that accounts get.
pub(crate) const CONFIRM_ADDRESS: &str = "Confirm your email address";
pub(crate) const RESET_PASSWORD: &str = "Reset your password";
pub(crate) const ADDRESS_CHANGE_NOTICE: &str = "Your email address is about to change";
pub(crate) const PASSWORD_CHANGED: &str = "Your password was changed";

/// The length of a token: 48 bytes in base64url.
const TOKEN_CHARS: usize = 64;

impl ServerBuilder {
    /// Sends mails at once, and retries them soon.
    pub(crate) fn with_mail(self, mail: &MailServer) -> Self {
        self.var("SMTP_URL", mail.url())
            .var("MAIL_FROM", "shop@example.com")
            .var("OUTBOX_POLL_MS", 20)
            .var("OUTBOX_RETRY_MS", 20)
    }
}

/// The mails to this address with this subject so far, in the order of their arrival.
pub(crate) fn mails_to(mail: &MailServer, address: &str, subject: &str) -> Vec<Mail> {
    let is_wanted =
        |mail: &Mail| mail.envelope_to == [address] && mail.header("subject") == subject;
    mail.mails().into_iter().filter(is_wanted).collect()
}

/// Waits for the first mail to this address with this subject.
pub(crate) async fn mail_to(mail: &MailServer, address: &str, subject: &str) -> Mail {
    nth_mail_to(mail, 1, address, subject).await
}

/// Waits for the mail with this number, from 1, to this address with this subject.
pub(crate) async fn nth_mail_to(
    mail: &MailServer,
    number: usize,
    address: &str,
    subject: &str,
) -> Mail {
    let what = format!("mail {number} to {address} with the subject {subject:?}");
    eventually(&what, async || mails_to(mail, address, subject).len() >= number).await;
    mails_to(mail, address, subject).swap_remove(number - 1)
}

/// The token in a mail that has exactly one.
#[track_caller]
pub(crate) fn token_in(mail: &Mail) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words = mail.text.split(|c| !is_part(c));
    let tokens: Vec<_> = words.filter(|word| word.len() == TOKEN_CHARS).collect();
    let [token] = tokens.as_slice() else { panic!("not one token: {mail:?}") };
    (*token).to_owned()
}

/// The path and query of the only link in a mail, which begins with this address.
#[track_caller]
pub(crate) fn link_in(mail: &Mail, public_url: &str) -> String {
    let links: Vec<_> = mail.text.split_whitespace().filter(|word| word.contains("://")).collect();
    let [link] = links.as_slice() else { panic!("not one link: {mail:?}") };
    link.strip_prefix(public_url).unwrap_or_else(|| panic!("{link}")).to_owned()
}
