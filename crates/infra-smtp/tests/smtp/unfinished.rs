//! Servers that stop receiving in the middle of a mail's content.

use domain::mail::{Mail, MailError, Mailer as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::mailers::{SHORT, full_text, mail, mailer, mailer_within};

/// A mail that is longer than what the operating system buffers for a connection.
fn long_mail() -> Mail {
    // One line, since the client library takes quadratic time to convert many line ends.
    Mail { text: "x".repeat(24 * 1024 * 1024), ..mail("ada@example.com") }
}

/// A server that accepts one mail up to its first line, and returns the connection then.
async fn server() -> (String, JoinHandle<BufReader<TcpStream>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _from) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        for reply in ["220 hello", "250 hello", "250 OK", "250 OK", "354 go on"] {
            stream.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
            stream.read_line(&mut String::new()).await.unwrap();
        }
        stream
    });
    (url, server)
}

#[tokio::test]
async fn a_server_that_stops_receiving_the_content_defers_the_mail() {
    let (url, server) = server().await;
    let mailer = mailer_within(&url, |limits| limits.block = SHORT);
    let error = mailer.send(&long_mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Deferred(_)), "{error:?}");
    assert!(full_text(&error).ends_with("did not finish the content within 300ms"), "{error:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_within_the_content_defers_the_mail() {
    let (url, server) = server().await;
    let mailer = mailer(&url);
    let mail = long_mail();
    let (sent, ()) = tokio::join!(mailer.send(&mail), async { drop(server.await) });
    let error = sent.unwrap_err();
    assert!(matches!(error, MailError::Deferred(_)), "{error:?}");
    full_text(&error);
}
