//! That these servers do what the tests ask of them: what a test proves with one rests on it.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{MailServer, PrivatePostgres, PrivateRedis};
use crate::harness::{DEADLINE, database::sql, eventually, keyspace::ask_redis};

#[tokio::test]
async fn a_private_postgres_forgets_nothing_when_it_is_stopped_at_once() {
    let mut postgres = PrivatePostgres::start().await;
    let url = postgres.url();
    sql(&url, "CREATE TABLE kept (it text); INSERT INTO kept VALUES ('here')").await.unwrap();
    postgres.stop_at_once().await;
    assert!(sql(&url, "SELECT 1").await.is_err());
    postgres.start_again().await;
    assert_eq!(sql(&url, "SELECT it FROM kept").await.unwrap(), [["here"]]);
}

#[tokio::test]
async fn a_private_redis_forgets_nothing_when_it_is_killed() {
    let mut redis = PrivateRedis::start().await;
    let url = redis.url();
    ask_redis(&url, &["SET", "kept", "here"]).unwrap();
    redis.kill().await;
    ask_redis(&url, &["PING"]).unwrap_err();
    redis.start_again().await;
    assert_eq!(ask_redis(&url, &["STRLEN", "kept"]).unwrap(), ":4");
}

#[tokio::test]
async fn a_private_redis_that_is_paused_answers_when_it_goes_on() {
    let redis = PrivateRedis::start().await;
    let url = redis.url();
    redis.pause().await;
    let mut asking = tokio::task::spawn_blocking(move || ask_redis(&url, &["PING"]));
    let soon = timeout(std::time::Duration::from_millis(200), &mut asking).await;
    assert!(soon.is_err(), "it answers while it is paused: {soon:?}");
    redis.resume();
    assert_eq!(asking.await.unwrap().unwrap(), "+PONG");
}

/// Sends a mail, and returns the last line of the conversation; nothing if none comes.
async fn send(server: &MailServer, recipient: &str) -> Option<String> {
    let stream = TcpStream::connect(server.url().trim_start_matches("smtp://")).await.unwrap();
    let mut stream = BufReader::new(stream);
    let recipient = format!("RCPT TO:<{recipient}>");
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    for command in ["HELO test", "MAIL FROM:<shop@example.com>", &recipient, "DATA"] {
        stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        if line.starts_with(['4', '5']) {
            return Some(line);
        }
    }
    stream.write_all(b"Subject: Hello\r\n\r\nDear you\r\n.\r\n").await.unwrap();
    line.clear();
    let mut answered = async || {
        stream.read_line(&mut line).await.unwrap();
    };
    tokio::select! {
        () = answered() => Some(line),
        () = eventually("it hangs", async || !server.hanging().is_empty()) => None,
    }
}

#[tokio::test]
async fn a_mail_server_takes_refuses_and_hangs_as_it_is_told() {
    let mut server = MailServer::start().await;
    let sent = send(&server, "ann@example.com").await;
    assert!(sent.is_some_and(|line| line.starts_with("250")));
    eventually("it tells of a mail", async || !server.mails().is_empty()).await;
    let [mail] = server.mails().try_into().expect("one mail");
    assert_eq!((mail.sender.as_str(), mail.text.trim()), ("shop@example.com", "Dear you"));
    assert_eq!(mail.recipients, ["ann@example.com"]);
    assert_eq!(mail.headers["subject"], "Hello");

    server.refuse(451).await;
    assert!(send(&server, "ann@example.com").await.is_some_and(|line| line.starts_with("451")));
    server.accept().await;
    server.refuse_to("bob@example.com", 550).await;
    assert!(send(&server, "bob@example.com").await.is_some_and(|line| line.starts_with("550")));
    eventually("it tells of refusals", async || server.refusals() == 2).await;
    assert_eq!(server.mails().len(), 1);

    server.hang().await;
    assert_eq!(timeout(DEADLINE, send(&server, "ann@example.com")).await, Ok(None));
    assert_eq!((server.hanging().len(), server.mails().len()), (1, 1));
}
