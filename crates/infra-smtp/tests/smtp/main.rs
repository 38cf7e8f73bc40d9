//! The mailer against a real mail server.
//!
//! Each test starts its own server, a Python program, with the Python that `OMS_TEST_SMTP_PYTHON`
//! names.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod encryption;
mod mailers;
mod outages;
mod refusals;
mod sending;
mod stages;
mod unfinished;
