//! Mails to customers, by SMTP (RFC 5321): the domain's [`Mailer`](domain::mail::Mailer).
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | `mailer` | [`SmtpMailer`]: sending within a time limit |
//! | `settings` | [`SmtpSettings`]: the server's URL and the sender, and what is wrong with them |
//! | `session` | one connection to the server: greeting, encryption, sign-in, mails |
//! | `idle` | connections that wait for the next mail |
//! | `format` | a mail as it travels: its header and its text |
//! | `refusal` | what a server's reply means, without the address that it quotes |

mod format;
mod idle;
mod mailer;
mod refusal;
mod session;
mod settings;

pub use mailer::SmtpMailer;
pub use settings::{SmtpSettings, SmtpSettingsError};
