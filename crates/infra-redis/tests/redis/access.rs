//! A Redis user with no more rights than it needs, and one with fewer.

use domain::product::{ProductCache, TouchedProducts};
use infra_redis::RedisUrl;

use crate::{fixture::Process, server::Server};

async fn user(server: &Server, rights: &[&str]) -> RedisUrl {
    let mut words = vec!["ACL", "SETUSER", "oms", "on", ">secret", "~{oms}:*"];
    words.extend(rights);
    let () = server.ask(&words).await;
    format!("redis://oms:secret@127.0.0.1:{}", server.port()).parse().unwrap()
}

/// What the head of the crate says that a user needs, and no more.
const RIGHTS: [&str; 9] =
    ["+evalsha", "+script|load", "+get", "+mget", "+set", "+mset", "+time", "+ping", "+xadd"];

#[tokio::test]
async fn a_user_with_the_rights_it_needs_has_everything() {
    let server = Server::start().await;
    let url = user(&server, &RIGHTS).await;
    let (one, other) = (Process::on(&url).await, Process::on(&url).await);
    one.put(1, 1).await;
    assert_eq!(other.version(1).await, Some(1));
    one.invalidate(1).await;
    assert_eq!(other.version(1).await, None);
    one.cache.invalidate(&TouchedProducts::All).await;
    assert!(one.redis.is_up() && other.redis.is_up(), "nothing was refused");
}

#[tokio::test]
async fn a_read_that_is_refused_is_no_outage() {
    let (server, process) = Process::alone().await;
    process.put(1, 1).await;
    let _count: i64 = server.ask(&["LPUSH", "{oms}:cache:product:2", "of another kind"]).await;
    for _ in 0..3 {
        assert_eq!(process.version(2).await, None);
        assert!(process.redis.is_up(), "there is nothing wrong with anything else");
    }
    assert_eq!(process.version(1).await, Some(1));
}

#[tokio::test]
async fn an_invalidation_that_is_refused_voids_everything() {
    let server = Server::start().await;
    let process = Process::on(&user(&server, &RIGHTS).await).await;
    process.put(1, 1).await;
    let () = server.ask(&["ACL", "SETUSER", "oms", "-mset"]).await;
    process.put(2, 1).await;
    process.invalidate(1).await;
    // The user may void everything, so it is up again as soon as that is done.
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
    assert_eq!(process.version(2).await, None);
}
