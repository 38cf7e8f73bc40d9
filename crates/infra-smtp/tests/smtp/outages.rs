//! Servers that are down, hang, or are not mail servers.

use domain::mail::{MailError, Mailer as _};
use test_services::{MailServer, MailSettings, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

use crate::mailers::{SHORT, full_text, mail, mailer, mailer_within};

#[tokio::test]
async fn a_mail_fails_if_the_server_is_down() {
    // A port that has no listener any more.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mailer = mailer(&format!("smtp://127.0.0.1:{port}"));
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).contains("is away"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_accepts_no_connection_is_unavailable_after_the_limit_of_connecting() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // The operating system ignores further connections when this many wait to be accepted.
    let mut waiting = Vec::new();
    while let Ok(connected) = timeout(SHORT, TcpStream::connect(address)).await {
        waiting.push(connected.unwrap());
    }
    let mailer = mailer_within(&format!("smtp://{address}"), |limits| limits.connect = SHORT);
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).ends_with("connection timed out"), "{error:?}");
}

#[tokio::test]
async fn a_mail_that_is_cancelled_closes_its_connection() {
    let mut server = MailServer::start().await;
    server.hang().await;
    let mailer = mailer(&server.url());
    let mail = mail("ada@example.com");
    tokio::select! {
        sent = mailer.send(&mail) => panic!("{sent:?}"),
        () = eventually("the mail is received", async || !server.hanging().is_empty()) => {}
    }
    server.until_disconnected().await;
    // The mailer has not kept the connection, and still works.
    server.accept().await;
    mailer.send(&mail).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_mail_that_times_out_closes_its_connection_and_blocks_no_other() {
    let mut server = MailServer::start().await;
    let hanging = mailer_within(&server.url(), |limits| limits.rcpt = SHORT);
    let error = hanging.send(&mail("hang@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::Deferred(_)), "{error:?}");
    full_text(&error);
    let next = mailer(&server.url());
    next.send(&mail("ada@example.com")).await.unwrap();
    assert_eq!(server.next_mail().await.envelope_to, ["ada@example.com"]);
    // The first connection was closed, not returned to the pool.
    drop(next);
    server.until_disconnected().await;
}

#[tokio::test]
async fn a_mail_fails_if_the_server_does_not_speak_smtp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _from) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 ada@example.com\r\n\r\n").await.unwrap();
        // Reads until the mailer closes the connection.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).contains("does not speak SMTP"), "{error:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_not_reused() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    mailer.send(&mail("ada@example.com")).await.unwrap();
    server.next_mail().await;
    drop(server);
    // The server is down: the idle connection is found dead, and a new one cannot be made.
    let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    full_text(&error);
}

#[tokio::test]
async fn an_idle_connection_that_refuses_the_next_mail_by_closing_is_replaced() {
    let settings = MailSettings { mails_per_connection: Some(2), ..MailSettings::default() };
    let mut server = MailServer::start_with(&settings).await;
    let mailer = mailer(&server.url());
    for _ in 0..6 {
        mailer.send(&mail("ada@example.com")).await.unwrap();
        server.next_mail().await;
    }
    assert_eq!(server.connections(), 3);
}
