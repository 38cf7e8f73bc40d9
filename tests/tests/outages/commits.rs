//! A commit whose answer the server never receives, and which takes effect after the server has
//! given up waiting.

use serde_json::json;

use crate::harness::{Client, CommitProxy, Server, Store, provided, within_a_second};

/// Whether both the product and the list show this price.
async fn has_price(client: &Client, path: &str, price: &str) -> bool {
    let one = client.get(path).await.assert_ok()["price"] == price;
    one && client.get("/api/v1/products").await.assert_ok()["data"][0]["price"] == price
}

async fn a_late_commit_shows_within_a_second(redis: Option<&str>) {
    let postgres = provided("OMS_TEST_POSTGRES_URL");
    let store = Store::on_servers(&postgres, redis);
    let variables = store.variables();
    let url = variables.iter().find(|(name, _)| name == "DATABASE_URL").expect("PostgreSQL");
    let proxy = CommitProxy::in_front_of(&url.1).await;
    let one = Server::configure_on(store).var("DATABASE_URL", proxy.url()).start();
    let other = Server::configure().on_store(one.store()).start();
    let admin = one.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let path = format!("/api/v1/products/{lamp}");
    let clients = [one.anonymous(), other.anonymous()];
    for client in &clients {
        assert!(has_price(client, &path, "1.00").await);
    }

    proxy.hold_next_change();
    admin.put(&path, json!({"price": "2.00"})).await.assert_problem_code(503, "unavailable");
    // No read of the old price may stay in a cache when the commit takes effect.
    for _ in 0..20 {
        for client in &clients {
            assert!(has_price(client, &path, "1.00").await);
        }
    }
    proxy.release();
    for client in &clients {
        within_a_second("the price", async || has_price(client, &path, "2.00").await).await;
    }

    // Later changes are visible as usual.
    admin.put(&path, json!({"price": "3.00"})).await.assert_ok();
    assert!(has_price(&clients[0], &path, "3.00").await);
    within_a_second("the price", async || has_price(&clients[1], &path, "3.00").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_commit_shows_on_all_replicas_within_a_second() {
    a_late_commit_shows_within_a_second(Some(&provided("OMS_TEST_REDIS_URL"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_commit_shows_within_a_second_without_redis() {
    a_late_commit_shows_within_a_second(None).await;
}
