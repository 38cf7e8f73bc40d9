//! Servers that are slow, silent, or refuse at one stage of a mail: which of the four errors it is.

use std::time::Duration;

use domain::mail::{MailError, Mailer as _};
use infra_smtp::SmtpTimeouts;
use test_services::{MailServer, SmtpAction, SmtpStage, eventually};

use crate::mailers::{SHORT, full_text, mail, mailer, mailer_within};

/// Longer than [`SHORT`], and much shorter than the limits that must not be reached.
const LATE: SmtpAction = SmtpAction::Delay(Duration::from_millis(900));

/// Waits until the server has reported its only connection.
async fn assert_one_connection(server: &MailServer) {
    eventually("a connection is reported", async || server.connections() > 0).await;
    assert_eq!(server.connections(), 1);
}

/// The error of a mail to a server that does this at a stage, with these limits set.
async fn error_within(
    stage: SmtpStage,
    action: SmtpAction,
    set: impl FnOnce(&mut SmtpTimeouts),
) -> MailError {
    let mut server = MailServer::start().await;
    server.at(stage, action).await;
    let mailer = mailer_within(&server.url(), set);
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert_one_connection(&server).await;
    assert!(server.mails().is_empty());
    full_text(&error);
    error
}

/// The error of a mail to a server that does this at a stage, with limits that are never reached.
async fn error_at(stage: SmtpStage, action: SmtpAction) -> MailError {
    error_within(stage, action, |_limits| {}).await
}

/// Asserts that a server that is late at a stage gets one mail, on one connection.
async fn assert_late_is_in_time(stage: SmtpStage, set: impl FnOnce(&mut SmtpTimeouts)) {
    let mut server = MailServer::start().await;
    server.at(stage, LATE).await;
    mailer_within(&server.url(), set).send(&mail("ada@example.com")).await.unwrap();
    server.next_mail().await;
    assert_eq!(server.mails().len(), 1);
    assert_one_connection(&server).await;
}

#[tokio::test]
async fn a_server_that_is_late_but_within_the_limit_of_the_stage_gets_the_mail_once() {
    assert_late_is_in_time(SmtpStage::Greeting, |_long| {}).await;
    assert_late_is_in_time(SmtpStage::Mail, |_long| {}).await;
    assert_late_is_in_time(SmtpStage::Rcpt, |_long| {}).await;
    assert_late_is_in_time(SmtpStage::Data, |_long| {}).await;
    // The limit of a block ends with the final dot.
    assert_late_is_in_time(SmtpStage::End, |limits| limits.block = SHORT).await;
}

#[tokio::test]
async fn a_server_that_never_greets_is_unavailable() {
    let hang = SmtpAction::Hang;
    let error = error_within(SmtpStage::Greeting, hang, |limits| limits.greeting = SHORT).await;
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).ends_with("did not finish the connection within 300ms"));
}

#[tokio::test]
async fn a_time_out_at_mail_means_that_the_server_is_unavailable() {
    let hang = SmtpAction::Hang;
    let error = error_within(SmtpStage::Mail, hang, |limits| limits.mail = SHORT).await;
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_time_out_at_rcpt_or_data_defers_the_mail() {
    let hang = SmtpAction::Hang;
    let error = error_within(SmtpStage::Rcpt, hang, |limits| limits.rcpt = SHORT).await;
    assert!(matches!(error, MailError::Deferred(_)), "{error:?}");
    let error = error_within(SmtpStage::Data, hang, |limits| limits.data = SHORT).await;
    assert!(matches!(error, MailError::Deferred(_)), "{error:?}");
}

#[tokio::test]
async fn a_time_out_after_the_final_dot_leaves_the_mail_unanswered() {
    let hang = SmtpAction::Hang;
    let error = error_within(SmtpStage::End, hang, |limits| limits.reply = SHORT).await;
    assert!(matches!(error, MailError::Unanswered(_)), "{error:?}");
    assert!(full_text(&error).ends_with("did not finish the mail within 300ms"));
}

#[tokio::test]
async fn a_server_that_refuses_before_the_recipient_is_unavailable() {
    for (stage, reply) in [
        (SmtpStage::Greeting, "421 4.3.2 shutting down"),
        (SmtpStage::Greeting, "450 4.7.1 not now"),
        (SmtpStage::Greeting, "554 5.7.1 not you"),
        (SmtpStage::Mail, "421 4.7.0 too many mails"),
        (SmtpStage::Mail, "450 4.7.1 <shop@example.com> too many mails"),
        (SmtpStage::Mail, "550 5.7.1 <shop@example.com> not you"),
    ] {
        let error = error_at(stage, SmtpAction::Reply(reply)).await;
        assert!(matches!(error, MailError::ServerUnavailable(_)), "{reply}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_closes_the_connection_by_421_is_unavailable_at_every_stage() {
    for stage in [SmtpStage::Rcpt, SmtpStage::Data, SmtpStage::End] {
        let error = error_at(stage, SmtpAction::Reply("421 4.3.2 shutting down")).await;
        assert!(matches!(error, MailError::ServerUnavailable(_)), "{stage:?}: {error:?}");
        assert!(full_text(&error).ends_with(": 421 4.3.2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_temporary_refusal_of_the_mail_defers_it() {
    for stage in [SmtpStage::Rcpt, SmtpStage::Data, SmtpStage::End] {
        let error = error_at(stage, SmtpAction::Reply("450 4.2.0 <ada@example.com> later")).await;
        assert!(matches!(error, MailError::Deferred(_)), "{stage:?}: {error:?}");
        assert!(full_text(&error).ends_with(": 450 4.2.0"), "{error:?}");
    }
}

#[tokio::test]
async fn a_permanent_refusal_of_the_mail_is_final() {
    for (stage, reply, codes) in [
        (SmtpStage::Rcpt, "550 5.7.1 <ada@example.com> relaying denied", "550 5.7.1"),
        (SmtpStage::Rcpt, "550 5.1.1 <ada@example.com> no such user", "550 5.1.1"),
        (SmtpStage::Rcpt, "552 5.2.2 <ada@example.com> mailbox full", "552 5.2.2"),
        (SmtpStage::Data, "554 no valid recipients", "554"),
        (SmtpStage::End, "554 5.7.1 <ada@example.com> looks like spam", "554 5.7.1"),
    ] {
        let error = error_at(stage, SmtpAction::Reply(reply)).await;
        assert!(matches!(error, MailError::Refused(_)), "{reply}: {error:?}");
        assert!(full_text(&error).ends_with(&format!(": {codes}")), "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_content_means_that_the_server_is_unavailable() {
    for stage in [SmtpStage::Greeting, SmtpStage::Mail, SmtpStage::Rcpt, SmtpStage::Data] {
        let error = error_at(stage, SmtpAction::Close).await;
        assert!(matches!(error, MailError::ServerUnavailable(_)), "{stage:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_final_dot_leaves_the_mail_unanswered() {
    let error = error_at(SmtpStage::End, SmtpAction::Close).await;
    assert!(matches!(error, MailError::Unanswered(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_was_unavailable_gets_the_next_mail_on_a_new_connection() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    server.at(SmtpStage::Rcpt, SmtpAction::Reply("421 4.3.2 shutting down")).await;
    mailer.send(&mail("ada@example.com")).await.unwrap_err();
    server.at(SmtpStage::Rcpt, SmtpAction::Delay(Duration::ZERO)).await;
    mailer.send(&mail("ada@example.com")).await.unwrap();
    server.next_mail().await;
    assert_eq!(server.connections(), 2);
}
