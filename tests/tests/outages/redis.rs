//! Outages of Redis, which keeps its data over a restart.

use futures::future::join_all;
use serde_json::json;

use super::Load;
use crate::harness::{
    Client, PASSWORD, Redis, Server, ServerBuilder, Store, eventually, iterations, provided,
    within_a_second,
};
use crate::{metrics::Metrics, operators::wait_for_readiness};

/// Waits until a server uses Redis again. Responses before that do not show whether Redis holds
/// stale data.
async fn wait_until_redis_is_used(client: &Client, product: &str) {
    let lookups = async || {
        let metrics = Metrics::scrape(client).await;
        metrics.sum("oms_product_cache_requests_total", &[("layer", "redis")])
    };
    let before = lookups().await;
    eventually("products are read from Redis again", async || {
        client.get(product).await.assert_ok();
        lookups().await > before
    })
    .await;
}

/// Two servers on this Redis.
fn two_servers_on(redis: &Redis, settings: impl Fn(ServerBuilder) -> ServerBuilder) -> [Server; 2] {
    let postgres = provided("OMS_TEST_POSTGRES_URL");
    let store = Store::on_servers(&postgres, Some(&redis.url()));
    let one = settings(Server::configure_on(store)).start();
    let other = settings(Server::configure()).on_store(one.store()).start();
    [one, other]
}

async fn read(client: Client, product: i64, load: Load) {
    let path = format!("/api/v1/products/{product}");
    while load.is_running() {
        for path in [path.as_str(), "/api/v1/products", "/api/v1/users/me", "/orders"] {
            client.get(path).await.assert_ok();
            load.record_served();
        }
    }
}

async fn place_and_cancel(client: Client, product: i64, load: Load) {
    while load.is_running() {
        let order = client.place_order(product, 1).await;
        client.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
        load.record_served();
    }
}

async fn log_in(client: Client, load: Load) {
    let body = json!({"username": client.email(), "password": PASSWORD});
    while load.is_running() {
        client.post("/api/v1/users/login", body.clone()).await.assert_ok();
        load.record_served();
    }
}

/// The number of log lines of this level that contain this text.
fn count_log_lines(server: &Server, level: &str, text: &str) -> usize {
    let matches = |line: &&str| line.contains(level) && line.contains(text);
    server.printed().lines().filter(matches).count()
}

fn warnings(server: &Server) -> usize {
    count_log_lines(server, "WARN", "Redis")
}

/// Waits until every server has logged the end of this outage, counted from 0.
async fn wait_for_recovery(servers: &[Server], outage: usize) {
    for server in servers {
        let recovered = async || count_log_lines(server, "INFO", "Redis is back") > outage;
        eventually("the outage is over", recovered).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_an_outage_of_redis_fails_no_request_and_is_logged_once() {
    let outages = iterations(1, 2);
    let mut redis = Redis::start_durable().await;
    let settings = |server: ServerBuilder| {
        // A limit that no test reaches, so that each login is counted in Redis.
        server.var("RATE_LIMIT_LOGIN", "100000/second").var("RUST_LOG", "warn,infra_redis=info")
    };
    let servers = two_servers_on(&redis, settings);
    let (ann, admin) = (servers[0].customer("ann").await, servers[0].admin().await);
    let lamp = admin.create_product("Lamp", "1.00", 1_000_000).await;
    let load = Load::default();
    let clients: Vec<_> = servers
        .iter()
        .flat_map(|server| {
            let ann = ann.with_base_url(server.base_url());
            [
                tokio::spawn(read(ann.clone(), lamp, load.clone())),
                tokio::spawn(read(ann.clone(), lamp, load.clone())),
                tokio::spawn(place_and_cancel(ann.clone(), lamp, load.clone())),
                tokio::spawn(log_in(ann, load.clone())),
            ]
        })
        .collect();
    for outage in 0..outages {
        load.wait_for_served(iterations(50, 200)).await;
        redis.kill();
        load.wait_for_served(iterations(50, 200)).await;
        for server in &servers {
            eventually("the outage is in the log", async || warnings(server) > outage).await;
        }
        redis.start_again().await;
        // An outage that begins shortly after a restart counts as part of the previous one, so the
        // end is awaited.
        if outage + 1 < outages {
            wait_for_recovery(&servers, outage).await;
        }
    }
    load.stop();
    for client in join_all(clients).await {
        client.expect("every request succeeds");
    }
    wait_for_recovery(&servers, outages - 1).await;
    for server in &servers {
        assert_eq!(warnings(server), outages, "{}", server.printed());
    }
    assert_eq!(admin.stock(lamp).await, 1_000_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_product_is_stale_after_an_outage_of_redis() {
    let mut redis = Redis::start_durable().await;
    let servers = two_servers_on(&redis, |server| server);
    let admin = servers[0].admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let path = format!("/api/v1/products/{lamp}");
    let load = Load::default();
    let readers: Vec<_> = servers
        .iter()
        .map(|server| {
            tokio::spawn(read(admin.with_base_url(server.base_url()), lamp, load.clone()))
        })
        .collect();
    let [here, there] = servers.each_ref().map(Server::anonymous);
    let assert_price = async |client: &Client, price: &str| {
        assert_eq!(client.get(&path).await.assert_ok()["price"], price);
        assert_eq!(client.get("/api/v1/products").await.assert_ok()["data"][0]["price"], price);
    };
    for number in 1..=iterations(1, 3) {
        load.wait_for_served(20).await;
        redis.kill();
        let price = format!("{number}.10");
        admin.put(&path, json!({"price": price})).await.assert_ok();
        assert_price(&here, &price).await;
        within_a_second("the price", async || {
            let one = there.get(&path).await.assert_ok()["price"] == price;
            one && there.get("/api/v1/products").await.assert_ok()["data"][0]["price"] == price
        })
        .await;

        // Redis still holds the data from before the change.
        redis.start_again().await;
        assert_price(&here, &price).await;
        for client in [&here, &there] {
            wait_until_redis_is_used(client, &path).await;
            assert_price(client, &price).await;
        }

        let price = format!("{number}.20");
        admin.put(&path, json!({"price": price})).await.assert_ok();
        assert_price(&here, &price).await;
        redis.kill();
        redis.start_again().await;
        for client in [&here, &there] {
            wait_until_redis_is_used(client, &path).await;
            assert_price(client, &price).await;
        }
    }
    load.stop();
    for reader in join_all(readers).await {
        reader.expect("every request succeeds");
    }
}

#[tokio::test]
async fn a_redis_that_hangs_delays_no_request_and_leaves_nothing_stale() {
    let redis = Redis::start_durable().await;
    let servers = two_servers_on(&redis, |server| server.var("RATE_LIMIT_LOGIN", "1000/hour"));
    let admin = servers[0].admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let path = format!("/api/v1/products/{lamp}");
    let [here, there] = servers.each_ref().map(Server::anonymous);
    for client in [&here, &there] {
        client.get(&path).await.assert_ok();
    }
    redis.hang().await;
    admin.put(&path, json!({"price": "2.00"})).await.assert_ok();
    assert_eq!(here.get(&path).await.assert_ok()["price"], "2.00");
    within_a_second("the price", async || there.get(&path).await.assert_ok()["price"] == "2.00")
        .await;
    there.log_in(admin.email()).await;
    admin.place_order(lamp, 1).await;
    redis.resume();
    for client in [&here, &there] {
        wait_until_redis_is_used(client, &path).await;
        assert_eq!(client.get(&path).await.assert_ok()["price"], "2.00");
        assert_eq!(client.stock(lamp).await, 4);
    }
}

/// The number of login attempts that the rate limit allows.
async fn allowed_logins(client: &Client, attempts: usize) -> usize {
    let wrong = json!({"email": "ann@example.com", "password": "wrong"});
    let mut allowed = 0;
    for _ in 0..attempts {
        let response = client.post("/auth/login", wrong.clone()).await;
        if response.status == 401 {
            allowed += 1;
        } else {
            response.assert_problem_code(429, "rate_limited");
        }
    }
    allowed
}

#[tokio::test]
async fn the_login_rate_limit_holds_during_and_after_an_outage_of_redis() {
    const LIMIT: usize = 5;
    let mut redis = Redis::start_durable().await;
    let servers = two_servers_on(&redis, |server| server.var("RATE_LIMIT_LOGIN", "5/hour"));
    let [here, there] = servers.each_ref().map(Server::anonymous);
    assert_eq!(allowed_logins(&here, 3).await, 3);
    redis.kill();
    // Each replica counts by itself during the outage.
    for client in [&here, &there] {
        let allowed = allowed_logins(client, 3 * LIMIT).await;
        assert!((1..=LIMIT).contains(&allowed), "{allowed}");
        assert_eq!(allowed_logins(client, LIMIT).await, 0);
    }
    for client in [&here, &there] {
        wait_for_readiness(client, "degraded").await;
    }
    redis.start_again().await;
    for client in [&here, &there] {
        wait_for_readiness(client, "ready").await;
    }
    let allowed = allowed_logins(&here, 2 * LIMIT).await + allowed_logins(&there, 2 * LIMIT).await;
    assert!(allowed <= LIMIT - 3, "three were counted before the outage: {allowed}");
}
