//! The mailer against a real mail server.
//!
//! The server is a Python program, run by the Python that `OMS_TEST_SMTP_PYTHON` names; each test has its own.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod encryption;
mod mailers;
mod outages;
mod refusals;
mod sending;
