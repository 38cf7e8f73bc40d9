//! Mails to customers by SMTP (RFC 5321): the domain's [`Mailer`](domain::mail::Mailer).
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | `mailer` | [`SmtpMailer`]: sends each mail within its time limits |
//! | `settings` | [`SmtpSettings`]: the server's URL and the sender, and their errors |
//! | `connection` | a connection to the server: greeting, TLS, authentication, mail transactions |
//! | `pool` | idle connections |
//! | `mime` | a mail as a MIME message with its envelope |
//! | `error` | why a mail was not sent, without the address that the server's reply quotes |

mod connection;
mod error;
mod mailer;
mod mime;
mod pool;
mod settings;

pub use mailer::SmtpMailer;
pub use settings::{SmtpSettings, SmtpSettingsError, SmtpTimeouts};
