//! Servers that are away, hang, or are something else.

use std::time::Duration;

use domain::mail::{MailError, Mailer as _};
use infra_smtp::{SmtpMailer, SmtpSettings};
use test_services::MailServer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::mailers::{everything_said, mail, mailer, settings};

fn hasty(url: &str) -> SmtpMailer {
    let settings = SmtpSettings { timeout: Duration::from_millis(500), ..settings(url) };
    SmtpMailer::new(&settings).unwrap()
}

#[tokio::test]
async fn a_server_that_is_away_fails_the_mail() {
    // A port on which nobody listens any more.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mailer = mailer(&format!("smtp://127.0.0.1:{port}"));
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    assert!(everything_said(&error).contains("is away"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_never_greets_fails_the_mail_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mailer = hasty(&format!("smtp://{}", listener.local_addr().unwrap()));
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    assert!(everything_said(&error).contains("not done within 500ms"), "{error:?}");
}

#[tokio::test]
async fn a_mail_that_hangs_is_given_up_with_its_connection_and_the_next_one_goes_out() {
    let mut server = MailServer::start().await;
    let impatient = hasty(&server.url());
    let error = impatient.send(&mail("hang@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    everything_said(&error);
    let patient = mailer(&server.url());
    patient.send(&mail("ada@example.com")).await.unwrap();
    assert_eq!(server.next_mail().await.envelope_to, ["ada@example.com"]);
    // The first connection is not waiting for another mail: the server sees it go.
    drop(patient);
    server.until_left().await;
}

#[tokio::test]
async fn something_else_than_a_mail_server_fails_the_mail() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        let (mut stream, _from) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 ada@example.com\r\n\r\n").await.unwrap();
        // Until the other side has had enough.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    assert!(everything_said(&error).contains("does not speak SMTP"), "{error:?}");
    answering.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_is_replaced() {
    let mut first = MailServer::start().await;
    let mailer = mailer(&first.url());
    mailer.send(&mail("ada@example.com")).await.unwrap();
    first.next_mail().await;
    drop(first);
    // Nobody is there now: the connection that waited is found dead, and a new one cannot be made.
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Failed(_)), "{error:?}");
    everything_said(&error);
}
