//! Tests of the servers themselves, on which other tests rely.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};
use tokio_postgres::{Client, NoTls};

use crate::{
    DEADLINE, FaultProxy, MailServer, Postgres, ProxyMode, Redis, eventually, redis_command,
    redis_text,
};

async fn connect(postgres: &Postgres) -> Client {
    let (client, connection) = tokio_postgres::connect(&postgres.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn postgres_keeps_committed_data_across_stops() {
    let mut postgres = Postgres::start(&[]).await;
    let client = connect(&postgres).await;
    client.batch_execute("CREATE TABLE kept (it text)").await.unwrap();
    for stop in [Postgres::stop, Postgres::stop_at_once] {
        let client = connect(&postgres).await;
        client.batch_execute("INSERT INTO kept VALUES ('here')").await.unwrap();
        stop(&mut postgres);
        client.batch_execute("SELECT 1").await.unwrap_err();
        postgres.start_again().await;
    }
    let kept = connect(&postgres).await.query("SELECT it FROM kept", &[]).await.unwrap();
    assert_eq!(kept.len(), 2);
}

#[tokio::test]
async fn a_durable_redis_keeps_writes_when_it_is_killed() {
    let mut redis = Redis::start_durable().await;
    let url = redis.url();
    redis_command(&url, &["SET", "kept", "here"]).unwrap();
    redis.kill();
    redis_command(&url, &["PING"]).unwrap_err();
    redis.start_again().await;
    assert_eq!(redis_command(&url, &["STRLEN", "kept"]).unwrap(), ":4");
}

#[tokio::test]
async fn a_hanging_redis_answers_once_it_is_resumed() {
    let redis = Redis::start().await;
    let url = redis.url();
    redis.hang().await;
    let asking = tokio::task::spawn_blocking(move || redis_command(&url, &["PING"]));
    assert!(!asking.is_finished(), "it does not answer while it hangs");
    redis.resume();
    assert_eq!(asking.await.unwrap().unwrap(), "+PONG");
}

#[tokio::test]
async fn a_fault_proxy_swallows_and_cuts_connections_on_command() {
    let redis = Redis::start().await;
    let proxy = FaultProxy::in_front_of(&format!("127.0.0.1:{}", redis.port())).await;
    let url = format!("redis://{}", proxy.address());
    let set =
        |url: String| tokio::task::spawn_blocking(move || redis_command(&url, &["INCR", "it"]));
    assert_eq!(set(url.clone()).await.unwrap().unwrap(), ":1");
    proxy.set_mode(ProxyMode::BlackHole);
    let swallowed = set(url.clone());
    assert_eq!(redis_text(&redis.url(), &["GET", "it"]).unwrap(), "1");
    assert!(!swallowed.is_finished());
    proxy.set_mode(ProxyMode::Forward);
    assert_eq!(swallowed.await.unwrap().unwrap(), ":2", "it arrives late");

    let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
    connection.write_all(b"PING\r\n").await.unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(&mut connection);
    reader.read_line(&mut line).await.unwrap();
    assert_eq!(line, "+PONG\r\n");
    proxy.cut();
    assert_eq!(reader.read_line(&mut line).await.unwrap_or(0), 0, "the connection has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_proxy_holds_commits_until_the_mode_changes() {
    let postgres = Postgres::start(&[]).await;
    let proxy = FaultProxy::in_front_of(&postgres.address()).await;
    let url =
        format!("{}?sslmode=disable", postgres.url()).replace(&postgres.address(), proxy.address());
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("CREATE TABLE kept (it text)").await.unwrap();
    client.batch_execute("BEGIN; INSERT INTO kept VALUES ('here')").await.unwrap();
    proxy.set_mode(ProxyMode::HoldCommits);
    let commit = tokio::spawn(async move { client.batch_execute("COMMIT").await });
    let direct = connect(&postgres).await;
    assert_eq!(direct.query("SELECT it FROM kept", &[]).await.unwrap().len(), 0);
    assert!(!commit.is_finished());
    proxy.set_mode(ProxyMode::Forward);
    commit.await.unwrap().unwrap();
    assert_eq!(direct.query("SELECT it FROM kept", &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn postgres_keeps_committed_data_when_it_is_killed_and_answers_after_a_pause() {
    let mut postgres = Postgres::start(&[]).await;
    let client = connect(&postgres).await;
    client.batch_execute("CREATE TABLE kept (it text)").await.unwrap();
    postgres.hang();
    let asking = tokio::spawn(async move { client.query("SELECT it FROM kept", &[]).await });
    postgres.resume();
    assert_eq!(asking.await.unwrap().unwrap().len(), 0);
    postgres.kill();
    postgres.start_again().await;
    let kept = connect(&postgres).await.query("SELECT it FROM kept", &[]).await.unwrap();
    assert_eq!(kept.len(), 0);
}

/// Sends a mail, and returns the server's last reply. `None` if the server hangs.
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
    stream
        .write_all(b"From: a@b.c\r\nTo: d@e.f\r\nSubject: Hello\r\n\r\nDear you\r\n.\r\n")
        .await
        .unwrap();
    line.clear();
    let mut answered = async || {
        stream.read_line(&mut line).await.unwrap();
    };
    tokio::select! {
        () = answered() => Some(line),
        () = eventually("the server hangs", async || !server.hanging().is_empty()) => None,
    }
}

#[tokio::test]
async fn a_mail_server_accepts_refuses_and_hangs_on_command() {
    let mut server = MailServer::start().await;
    let sent = send(&server, "ann@example.com").await;
    assert!(sent.is_some_and(|line| line.starts_with("250")));
    eventually("the mail is reported", async || !server.mails().is_empty()).await;
    let [mail] = server.mails().try_into().expect("one mail");
    assert_eq!((mail.envelope_from.as_str(), mail.text.trim()), ("shop@example.com", "Dear you"));
    assert_eq!(mail.envelope_to, ["ann@example.com"]);
    assert_eq!(mail.header("subject"), "Hello");

    server.refuse(451).await;
    assert!(send(&server, "ann@example.com").await.is_some_and(|line| line.starts_with("451")));
    server.accept().await;
    server.refuse_to("bob@example.com", 550).await;
    assert!(send(&server, "bob@example.com").await.is_some_and(|line| line.starts_with("550")));
    eventually("the refusals are reported", async || server.refusals() == 2).await;
    assert_eq!(server.mails().len(), 1);

    server.hang().await;
    assert_eq!(timeout(DEADLINE, send(&server, "ann@example.com")).await, Ok(None));
    assert_eq!((server.hanging().len(), server.mails().len()), (1, 1));
}

#[tokio::test]
async fn a_mail_server_hangs_once_it_has_accepted_as_many_mails_as_it_is_told() {
    let mut server = MailServer::start().await;
    server.hang_after(1).await;
    assert!(send(&server, "ann@example.com").await.is_some_and(|line| line.starts_with("250")));
    assert_eq!(timeout(DEADLINE, send(&server, "bob@example.com")).await, Ok(None));
    assert_eq!((server.mails().len(), server.hanging().len(), server.arrivals()), (1, 1, 2));
    let recipients: Vec<_> = server.received().into_iter().map(|mail| mail.envelope_to).collect();
    assert_eq!(recipients, [["ann@example.com"], ["bob@example.com"]]);
}
