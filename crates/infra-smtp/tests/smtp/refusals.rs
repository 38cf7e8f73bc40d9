//! Mails that are refused, and what is said of that.

use domain::mail::{MailError, Mailer as _};
use infra_smtp::{SmtpMailer, SmtpSettings};
use test_services::{MailServer, MailSettings};

use crate::mailers::{everything_said, mail, mailer, settings};

/// Why a mail to that address is refused.
async fn refusal(server: &MailServer, to: &str) -> MailError {
    mailer(&server.url()).send(&mail(to)).await.unwrap_err()
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_undeliverable() {
    let server = MailServer::start().await;
    for (to, numbers) in [
        ("unknown@example.com", "550 5.1.1"),
        ("unknown-plainly@example.com", "550"),
        ("moved@example.com", "551"),
    ] {
        let error = refusal(&server, to).await;
        assert!(matches!(error, MailError::Undeliverable(_)), "{to}: {error:?}");
        let said = everything_said(&error);
        assert!(said.ends_with(&format!("refused the recipient: {numbers}")), "{said}");
    }
}

#[tokio::test]
async fn what_may_pass_or_is_not_the_address_has_failed() {
    let server = MailServer::start().await;
    for (to, said_of_it) in [
        ("busy@example.com", "refused the recipient: 451 4.3.2"),
        ("policy@example.com", "refused the recipient: 550 5.7.1"),
        ("sender-unknown@example.com", "refused the recipient: 553 5.1.8"),
        ("spam@example.com", "refused the mail: 554 5.7.1"),
    ] {
        let error = refusal(&server, to).await;
        assert!(matches!(error, MailError::Failed(_)), "{to}: {error:?}");
        let said = everything_said(&error);
        assert!(said.ends_with(said_of_it), "{said}");
    }
}

#[tokio::test]
async fn a_sender_that_is_refused_is_not_the_recipients_doing() {
    let server = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}", server.port());
    let settings = SmtpSettings { from: "refused@example.com".to_owned(), ..settings(&url) };
    let mailer = SmtpMailer::new(&settings).unwrap();
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    assert!(everything_said(&error).ends_with("refused the sender: 550"));
}

#[tokio::test]
async fn an_address_that_the_server_cannot_write_is_undeliverable() {
    let server =
        MailServer::start_with(&MailSettings { utf8: false, ..MailSettings::default() }).await;
    let error = refusal(&server, "zoë@example.com").await;
    assert!(matches!(error, MailError::Undeliverable(_)), "{error:?}");
    everything_said(&error);
}

#[tokio::test]
async fn a_refused_mail_leaves_the_connection_to_the_next() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    for to in ["unknown@example.com", "busy@example.com", "spam@example.com"] {
        mailer.send(&mail(to)).await.unwrap_err();
        mailer.send(&mail("ada@example.com")).await.unwrap();
        assert_eq!(server.next_mail().await.envelope_to, ["ada@example.com"]);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_wrong_password_fails_and_is_not_shown() {
    let server =
        MailServer::start_with(&MailSettings { sign_in: true, ..MailSettings::default() }).await;
    let url = format!("smtp://shop%40example.com:passw0rd-ssword@127.0.0.1:{}", server.port());
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    let said = everything_said(&error);
    assert!(said.ends_with("refused the sign-in: 535 5.7.8"), "{said}");
    assert!(!said.contains("passw0rd"), "{said}");
}

#[tokio::test]
async fn a_server_that_wants_a_sign_in_takes_nothing_without() {
    let server =
        MailServer::start_with(&MailSettings { sign_in: true, ..MailSettings::default() }).await;
    let error = refusal(&server, "ada@example.com").await;
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    assert!(everything_said(&error).ends_with("refused the sender: 530 5.7.0"));
}

#[tokio::test]
async fn a_server_that_offers_no_sign_in_gets_no_password() {
    let server = MailServer::start().await;
    let url = format!("smtp://shop:password@127.0.0.1:{}", server.port());
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    assert!(everything_said(&error).contains("offers no sign-in"), "{error:?}");
}
