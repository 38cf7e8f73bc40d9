//! A Redis user with no more rights than it needs, and one that may not even ask who the server is.

use deadpool_redis::redis::{Client, cmd};
use domain::product::ProductCache;
use infra_redis::{KeyPrefix, RedisUrl};

use crate::{
    fixture::{Process, patient, product, until},
    server::Server,
};

async fn user(server: &Server, rights: &[&str]) -> RedisUrl {
    let mut words = vec!["ACL", "SETUSER", "oms", "on", ">secret", "~{oms}:*", "&{oms}:*"];
    words.extend(rights);
    let () = server.ask(&words).await;
    format!("redis://oms:secret@127.0.0.1:{}", server.port()).parse().unwrap()
}

/// What the head of the crate says that a user needs, and no more.
const RIGHTS: [&str; 12] = [
    "+evalsha",
    "+script|load",
    "+get",
    "+set",
    "+del",
    "+publish",
    "+subscribe",
    "+time",
    "+ping",
    "+unwatch",
    "+xadd",
    "+info",
];

#[tokio::test]
async fn a_user_with_the_rights_it_needs_has_everything() {
    let server = Server::start().await;
    let url = user(&server, &RIGHTS).await;
    let (one, other) = (Process::on(&url).await, Process::on(&url).await);
    one.put(1, 1).await;
    assert_eq!(other.version(1).await, Some(1));
    one.invalidate(1).await;
    until("the other drops it", async || other.near_version(1).await.is_none()).await;
}

#[tokio::test]
async fn a_server_that_does_not_say_who_it_is_may_be_another_with_each_connection() {
    let server = Server::start().await;
    let url = user(&server, &RIGHTS[..11]).await;
    let mut asked = Client::open(format!("redis://oms:secret@127.0.0.1:{}", server.port()))
        .unwrap()
        .get_connection()
        .unwrap();
    cmd("INFO").query::<String>(&mut asked).expect_err("it may not ask");

    let mut options = patient(&KeyPrefix::default());
    options.connections = 1;
    let process = Process::start(&url, options).await;
    process.until_trusted().await;
    process.put(1, 1).await;
    process.near.invalidate_all().await;
    assert_eq!(process.version(1).await, Some(1), "the connection is still the same");

    let lease = process.lease(2).await;
    let _killed: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
    until("the process has another connection", async || {
        process.version(3).await;
        process.redis.is_up() && process.cache.near_is_trusted()
    })
    .await;
    until("what was there is void", async || process.version(1).await.is_none()).await;
    process.cache.put_product(lease, &product(2, 1)).await;
    assert_eq!(process.version(2).await, None, "so is the lease");
}

#[tokio::test]
async fn a_read_that_is_refused_is_no_outage() {
    let server = Server::start().await;
    let process = Process::on(&server.url()).await;
    process.put(1, 1).await;
    let _count: i64 = server.ask(&["LPUSH", "{oms}:cache:product:2", "of another kind"]).await;
    for _ in 0..3 {
        assert_eq!(process.version(2).await, None);
        assert!(process.redis.is_up(), "there is nothing wrong with anything else");
    }
    process.near.invalidate_all().await;
    assert_eq!(process.version(1).await, Some(1));
    process.invalidate(2).await;
    process.put(2, 1).await;
}

#[tokio::test]
async fn a_change_that_is_refused_is_in_doubt() {
    let server = Server::start().await;
    let process = Process::on(&user(&server, &RIGHTS).await).await;
    process.put(1, 1).await;
    let () = server.ask(&["ACL", "SETUSER", "oms", "-del"]).await;
    process.invalidate(1).await;
    // The user may void everything, so it is up again as soon as that is done.
    process.until_trusted().await;
    assert_eq!(process.version(1).await, None);
}
