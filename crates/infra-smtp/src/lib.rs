//! Mails to customers by SMTP (RFC 5321): the domain's [`Mailer`](domain::mail::Mailer).
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | `mailer` | [`SmtpMailer`]: sends each mail on an idle connection or a new one |
//! | `timeouts` | [`SmtpTimeouts`]: how long the server may take at each stage |
//! | `settings` | [`SmtpSettings`]: the server's URL and the sender, and their errors |
//! | `connection` | a connection to the server: greeting, TLS, authentication, mail transactions |
//! | `content` | the content of a mail: its blocks, the final dot, and the reply |
//! | `pool` | idle connections |
//! | `mime` | a mail as a MIME message with its envelope |
//! | `error` | why a mail was not sent, without the address that the server's reply quotes |
//! | `classify` | what an error is about: the mail server, or one mail |

mod classify;
mod connection;
mod content;
mod error;
mod mailer;
mod mime;
mod pool;
mod settings;
mod timeouts;

pub use mailer::SmtpMailer;
pub use settings::{SmtpSettings, SmtpSettingsError};
pub use timeouts::SmtpTimeouts;
