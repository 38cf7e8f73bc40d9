//! What an error is about: the mail server, or one mail.

use std::sync::Arc;

use domain::{Cause, mail::MailError};

use crate::error::{SendError, Stage};

/// The variant of [`MailError`] that an error is.
fn variant(error: &SendError) -> fn(Cause) -> MailError {
    match error {
        SendError::InvalidAddress | SendError::NonAsciiAddress => MailError::Refused,
        SendError::NotOffered(_) | SendError::Closed => MailError::ServerUnavailable,
        SendError::Rejected { reply, .. } if reply.closes_connection() => {
            MailError::ServerUnavailable
        }
        SendError::Rejected { stage, reply } => match stage {
            // Up to here, the server knows nothing of the mail but its sender, which all mails have.
            Stage::Connection | Stage::Authentication | Stage::Sender => {
                MailError::ServerUnavailable
            }
            Stage::Recipient | Stage::Data | Stage::Content | Stage::End => {
                if reply.is_permanent() { MailError::Refused } else { MailError::Deferred }
            }
        },
        SendError::TimedOut { stage, .. } => match stage {
            Stage::Connection | Stage::Authentication | Stage::Sender => {
                MailError::ServerUnavailable
            }
            // The server checks the recipient then, for example by asking another server.
            Stage::Recipient | Stage::Data | Stage::Content => MailError::Deferred,
            Stage::End => MailError::Unanswered,
        },
        SendError::Lost { stage, .. } => match stage {
            Stage::Connection
            | Stage::Authentication
            | Stage::Sender
            | Stage::Recipient
            | Stage::Data => MailError::ServerUnavailable,
            // A filter may cut the connection because of the content, which has no end yet.
            Stage::Content => MailError::Deferred,
            Stage::End => MailError::Unanswered,
        },
    }
}

impl From<SendError> for MailError {
    fn from(error: SendError) -> Self {
        let variant = variant(&error);
        variant(Arc::new(error))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Reply;

    const UNAVAILABLE: &str = "ServerUnavailable";
    const DEFERRED: &str = "Deferred";
    const REFUSED: &str = "Refused";
    const UNANSWERED: &str = "Unanswered";

    #[track_caller]
    fn assert_is(error: SendError, variant: &str) {
        let text = error.to_string();
        let name = match MailError::from(error) {
            MailError::ServerUnavailable(_) => UNAVAILABLE,
            MailError::Deferred(_) => DEFERRED,
            MailError::Refused(_) => REFUSED,
            MailError::Unanswered(_) => UNANSWERED,
        };
        assert_eq!(name, variant, "{text}");
    }

    /// Each stage with the variant of: a 4xx reply, a 5xx reply, a time-out, a broken connection.
    const STAGES: [(Stage, [&str; 4]); 7] = [
        (Stage::Connection, [UNAVAILABLE; 4]),
        (Stage::Authentication, [UNAVAILABLE; 4]),
        (Stage::Sender, [UNAVAILABLE; 4]),
        (Stage::Recipient, [DEFERRED, REFUSED, DEFERRED, UNAVAILABLE]),
        (Stage::Data, [DEFERRED, REFUSED, DEFERRED, UNAVAILABLE]),
        (Stage::Content, [DEFERRED, REFUSED, DEFERRED, DEFERRED]),
        (Stage::End, [DEFERRED, REFUSED, UNANSWERED, UNANSWERED]),
    ];

    #[test]
    fn the_stage_and_the_kind_of_an_error_determine_its_variant() {
        for (stage, [transient, permanent, timed_out, lost]) in STAGES {
            let rejected = |code, text| {
                let reply = Reply::new(code, text);
                SendError::Rejected { stage, reply }
            };
            for (code, text) in [(450, ""), (451, "4.3.2 busy"), (452, "4.2.2 mailbox full")] {
                assert_is(rejected(code, text), transient);
            }
            for (code, text) in [
                (500, ""),
                (530, "5.7.0 authentication required"),
                (535, "5.7.8 wrong password"),
                (550, "5.1.1 no such user"),
                (550, "5.7.1 relaying denied"),
                (552, "5.2.2 mailbox full"),
                (553, "5.1.8 the sender's domain does not exist"),
                (554, "5.7.1 spam"),
                (599, ""),
            ] {
                assert_is(rejected(code, text), permanent);
            }
            assert_is(SendError::TimedOut { stage, limit: Duration::from_secs(1) }, timed_out);
            assert_is(SendError::Lost { stage, problem: "reset".to_owned() }, lost);
        }
    }

    #[test]
    fn a_server_that_closes_the_connection_is_unavailable_at_every_stage() {
        for (stage, _variants) in STAGES {
            for text in ["", "4.3.2 shutting down", "5.3.2 shutting down"] {
                let reply = Reply::new(421, text);
                assert_is(SendError::Rejected { stage, reply }, UNAVAILABLE);
            }
        }
    }

    #[test]
    fn an_address_that_cannot_be_written_is_refused() {
        assert_is(SendError::InvalidAddress, REFUSED);
        assert_is(SendError::NonAsciiAddress, REFUSED);
    }

    #[test]
    fn a_server_that_lacks_what_is_required_and_a_mailer_that_stops_are_unavailable() {
        assert_is(SendError::NotOffered("encryption"), UNAVAILABLE);
        assert_is(SendError::Closed, UNAVAILABLE);
    }
}
