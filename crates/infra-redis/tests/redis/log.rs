//! The log messages of an outage.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use infra_redis::{KeyPrefix, Redis, RedisOptions};
use test_services::eventually;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    fixture::{Process, generous_timeouts},
    server::Server,
};

/// The log of this thread, which is the whole log in a test with one thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn capture() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self, level: &str) -> Vec<String> {
        let of_level = |line: &&str| line.split_whitespace().nth(1) == Some(level);
        self.text().lines().filter(of_level).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn an_outage_is_logged_once_when_it_begins_and_once_when_it_ends() {
    let (log, _guard) = Log::capture();
    let (mut server, process) = Process::with_own_server().await;
    assert!(log.lines("WARN").is_empty() && log.lines("INFO").is_empty(), "{}", log.text());
    for outage in 1..=2 {
        server.kill();
        eventually("it is noticed", async || {
            process.version(1).await;
            !process.redis.is_up()
        })
        .await;
        for id in 0..200 {
            process.version(id).await;
            process.invalidate(id).await;
        }
        eventually("it is in the log", async || log.lines("WARN").len() == outage).await;
        assert_eq!(log.lines("WARN").len(), outage, "{}", log.text());
        assert_eq!(log.lines("INFO").len(), outage - 1, "{}", log.text());
        server.start_again().await;
        let over = async || log.lines("INFO").len() == outage;
        eventually("it is over", over).await;
        assert_eq!(log.lines("WARN").len(), outage, "{}", log.text());
        assert_eq!(log.lines("INFO").len(), outage, "{}", log.text());
    }
    assert!(log.lines("WARN")[0].contains("Redis is away"), "{}", log.text());
    assert!(log.lines("INFO")[0].contains("Redis is back after"), "{}", log.text());
    assert!(log.lines("ERROR").is_empty(), "{}", log.text());
}

#[tokio::test]
async fn an_unstable_redis_is_logged_as_one_outage() {
    let (log, _guard) = Log::capture();
    let mut server = Server::start().await;
    for (stable_after, ends) in [(Duration::from_hours(1), 0), (Duration::from_secs(2), 1)] {
        let (warned, ended) = (log.lines("WARN").len(), log.lines("INFO").len());
        let options = RedisOptions { stable_after, ..generous_timeouts(&KeyPrefix::default()) };
        let process = Process::without_near_cache(&server.url(), options).await;
        for _ in 0..2 {
            server.kill();
            process.invalidate(1).await;
            process.until_down().await;
            eventually("it is in the log", async || log.lines("WARN").len() > warned).await;
            server.start_again().await;
            process.until_up().await;
        }
        if ends == 1 {
            eventually("it is over", async || log.lines("INFO").len() > ended).await;
        }
        assert_eq!(log.lines("WARN").len(), warned + 1, "{}", log.text());
        assert_eq!(log.lines("INFO").len(), ended + ends, "{}", log.text());
        process.redis.close().await;
    }
}

#[tokio::test]
async fn a_start_without_redis_is_logged_as_an_outage() {
    let (log, _guard) = Log::capture();
    let mut server = Server::absent(&[]);
    let _process =
        Process::without_near_cache(&server.url(), generous_timeouts(&KeyPrefix::default())).await;
    assert_eq!(log.lines("WARN").len(), 1, "{}", log.text());
    server.start_again().await;
    eventually("it is over", async || log.lines("INFO").len() == 1).await;
}

#[tokio::test]
async fn a_read_only_server_is_logged_as_one_outage() {
    let (log, _guard) = Log::capture();
    let (server, process) = Process::with_own_server().await;
    let () = server.query(&["CONFIG", "SET", "min-replicas-to-write", "1"]).await;
    eventually("it was tried a few times", async || {
        process.version(1).await;
        let errors: String = server.query(&["INFO", "errorstats"]).await;
        let count = errors.lines().find_map(|line| {
            line.strip_prefix("errorstat_NOREPLICAS:count=")?.trim().parse::<u64>().ok()
        });
        count.is_some_and(|count| count >= 5)
    })
    .await;
    assert_eq!(log.lines("WARN").len(), 1, "{}", log.text());
    assert!(log.lines("INFO").is_empty(), "{}", log.text());
}

#[tokio::test]
async fn closing_is_not_logged_as_an_outage() {
    let (log, _guard) = Log::capture();
    let (_server, process) = Process::with_own_server().await;
    process.redis.close().await;
    process.version(1).await;
    process.invalidate(1).await;
    assert!(log.lines("WARN").is_empty(), "{}", log.text());
}

#[tokio::test]
async fn a_wrong_password_is_not_logged() {
    let (log, _guard) = Log::capture();
    let server = Server::start_with(&["--requirepass", "hunter2hunter2"]).await;
    let url =
        |password| format!("redis://:{password}@127.0.0.1:{}", server.port()).parse().unwrap();
    let options = || generous_timeouts(&KeyPrefix::default());
    let wrong = Redis::connect(&url("swordfish"), options()).await.unwrap();
    assert!(!wrong.is_up());
    assert_eq!(log.lines("WARN").len(), 1, "{}", log.text());
    let right = Redis::connect(&url("hunter2hunter2"), options()).await.unwrap();
    assert!(right.is_up());
    for secret in ["swordfish", "hunter2"] {
        assert!(!log.text().contains(secret), "{}", log.text());
    }
}
