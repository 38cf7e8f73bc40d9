//! Hearing of what other processes forget: a connection that is cut, and one that goes dead.

use domain::{
    ProductId,
    product::{ProductCache, ProductLookup},
};

use crate::{
    fixture::{Process, product, until},
    proxy::Proxy,
    server::Server,
};

#[tokio::test]
async fn a_subscription_that_is_cut_empties_the_near_cache_and_comes_back() {
    let server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    one.put(1, 1).await;
    assert_eq!(other.version(1).await, Some(1));
    let killed: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    assert_eq!(killed, 2);
    until("what may have become old is dropped", async || other.near_version(1).await.is_none())
        .await;
    other.until_trusted().await;
    assert!(other.redis.is_up(), "Redis itself was there all the time");

    assert_eq!(other.version(1).await, Some(1));
    assert_eq!(other.near_version(1).await, Some(1));
    one.invalidate(1).await;
    until("the other hears again", async || other.near_version(1).await.is_none()).await;
}

#[tokio::test]
async fn what_came_nearby_while_nothing_was_heard_is_not_served_afterwards() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server).await;
    let process = Process::on(&proxy.url()).await;
    proxy.drop_what_is_published(true);
    until("it is noticed", async || !process.cache.near_is_trusted()).await;
    // As a reader does who was fast enough to see the cache still trusted, and slow from then on.
    let ProductLookup::Miss(lease) = process.near.product(ProductId::new(1)).await else {
        panic!("there should be nothing");
    };
    process.near.put_product(lease, &product(1, 1)).await;
    assert_eq!(process.near_version(1).await, Some(1));
    proxy.drop_what_is_published(false);
    process.until_trusted().await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn a_subscription_that_went_dead_without_a_word_is_not_relied_on() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server).await;
    let (one, deaf) = (Process::on(&server.url()).await, Process::on(&proxy.url()).await);
    one.put(1, 1).await;
    assert_eq!(deaf.version(1).await, Some(1));
    assert_eq!(deaf.near_version(1).await, Some(1));
    proxy.drop_what_is_published(true);
    one.invalidate(1).await;
    until("the deaf one finds out", async || deaf.version(1).await.is_none()).await;
    assert!(deaf.redis.is_up(), "Redis itself was there all the time");

    one.put(1, 2).await;
    assert_eq!(deaf.version(1).await, Some(2), "Redis is still of use to it");
    proxy.drop_what_is_published(false);
    deaf.until_trusted().await;
    assert_eq!(deaf.version(1).await, Some(2));
    one.invalidate(1).await;
    until("it hears again", async || deaf.near_version(1).await.is_none()).await;
}
