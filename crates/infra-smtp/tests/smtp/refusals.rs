//! Mails that servers refuse, and the errors.

use domain::mail::{MailError, Mailer as _};
use infra_smtp::SmtpSettings;
use test_services::{MailServer, MailSettings};

use crate::mailers::{full_text, mail, mailer, mailer_with, settings};

/// The error of a mail to that address.
async fn refusal(server: &MailServer, to: &str) -> MailError {
    mailer(&server.url()).send(&mail(to)).await.unwrap_err()
}

#[tokio::test]
async fn a_permanent_refusal_is_final_for_the_mail() {
    let server = MailServer::start().await;
    for (to, expected) in [
        ("unknown@example.com", "refused the recipient: 550 5.1.1"),
        ("unknown-plainly@example.com", "refused the recipient: 550"),
        ("moved@example.com", "refused the recipient: 551"),
        ("policy@example.com", "refused the recipient: 550 5.7.1"),
        ("sender-unknown@example.com", "refused the recipient: 553 5.1.8"),
        ("spam@example.com", "refused the mail: 554 5.7.1"),
    ] {
        let error = refusal(&server, to).await;
        assert!(matches!(error, MailError::Refused(_)), "{to}: {error:?}");
        let text = full_text(&error);
        assert!(text.ends_with(expected), "{text}");
    }
}

#[tokio::test]
async fn a_temporary_refusal_defers_the_mail() {
    let server = MailServer::start().await;
    let error = refusal(&server, "busy@example.com").await;
    assert!(matches!(error, MailError::Deferred(_)), "{error:?}");
    let text = full_text(&error);
    assert!(text.ends_with("refused the recipient: 451 4.3.2"), "{text}");
}

#[tokio::test]
async fn a_refused_sender_is_not_about_the_mail() {
    let server = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}", server.port());
    let settings = SmtpSettings { from: "refused@example.com".to_owned(), ..settings(&url) };
    let mailer = mailer_with(&settings);
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).ends_with("refused the sender: 550"));
}

#[tokio::test]
async fn a_non_ascii_address_is_refused_without_smtputf8() {
    let server =
        MailServer::start_with(&MailSettings { utf8: false, ..MailSettings::default() }).await;
    let error = refusal(&server, "zoë@example.com").await;
    assert!(matches!(error, MailError::Refused(_)), "{error:?}");
    full_text(&error);
}

#[tokio::test]
async fn without_smtputf8_the_server_is_unavailable_to_a_sender_who_needs_it() {
    let server =
        MailServer::start_with(&MailSettings { utf8: false, ..MailSettings::default() }).await;
    let settings =
        SmtpSettings { from: "größe@example.com".to_owned(), ..settings(&server.url()) };
    let error = mailer_with(&settings).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).contains("offers no SMTPUTF8"), "{error:?}");
}

#[tokio::test]
async fn after_a_refused_mail_the_connection_is_reused() {
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
async fn a_wrong_password_is_an_error_that_does_not_show_it() {
    let server =
        MailServer::start_with(&MailSettings { require_auth: true, ..MailSettings::default() })
            .await;
    let url = format!("smtp://shop%40example.com:passw0rd-ssword@127.0.0.1:{}", server.port());
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    let text = full_text(&error);
    assert!(text.ends_with("refused the sign-in: 535 5.7.8"), "{text}");
    assert!(!text.contains("passw0rd"), "{text}");
}

#[tokio::test]
async fn a_server_that_requires_authentication_refuses_mails_without_it() {
    let server =
        MailServer::start_with(&MailSettings { require_auth: true, ..MailSettings::default() })
            .await;
    let error = refusal(&server, "ada@example.com").await;
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).ends_with("refused the sender: 530 5.7.0"));
}

#[tokio::test]
async fn a_server_that_offers_no_authentication_gets_no_password() {
    let server = MailServer::start().await;
    let url = format!("smtp://shop:password@127.0.0.1:{}", server.port());
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).contains("offers no sign-in"), "{error:?}");
}
