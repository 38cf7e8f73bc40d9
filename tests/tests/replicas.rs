//! Several servers on one PostgreSQL and one Redis: all give the same responses.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::harness::{
    Client, PASSWORD, Program, Server, ServerBuilder, Store, iterations, within_a_second,
};

/// Two servers that share nothing but PostgreSQL, Redis and the secret that signs tokens.
fn two_replicas(settings: impl Fn(ServerBuilder) -> ServerBuilder) -> (Server, Server) {
    let secret = "the secret with which all replicas sign their tokens";
    let configure = |store| settings(Server::configure_on(store).var("SECRET_KEY", secret));
    let one = configure(Store::on_postgres()).start();
    let own_directory = one.store().working_dir().join("another replica");
    let other = settings(Server::configure())
        .on_store(one.store())
        .var("SECRET_KEY", secret)
        .var("DATA_DIR", own_directory.display())
        .start();
    (one, other)
}

fn default_settings(builder: ServerBuilder) -> ServerBuilder {
    builder
}

#[tokio::test]
async fn another_replica_shows_a_changed_product_within_a_second() {
    let (one, other) = two_replicas(default_settings);
    let admin = one.admin().await;
    let (here, there) = (one.anonymous(), other.anonymous());
    let lamp = admin.create_product("Lamp", "1.00", 10).await;
    let path = format!("/api/v1/products/{lamp}");
    let in_list = |page: &Value| page["data"].as_array().map_or(0, Vec::len);
    let read_by_all = async || {
        for client in [&here, &there] {
            for path in [path.as_str(), "/api/v1/products"] {
                client.get(path).await;
            }
        }
    };
    for price in ["2.00", "3.00", "4.00"] {
        read_by_all().await;
        admin.put(&path, json!({"price": price})).await.assert_ok();
        assert_eq!(
            here.get(&path).await.assert_ok()["price"],
            price,
            "on the replica that changed it"
        );
        within_a_second("the price, and in the list", async || {
            let one = there.get(&path).await.assert_ok()["price"] == price;
            one && there.get("/api/v1/products").await.assert_ok()["data"][0]["price"] == price
        })
        .await;
    }

    read_by_all().await;
    let order = admin.place_order(lamp, 3).await;
    assert_eq!(here.stock(lamp).await, 7);
    within_a_second("the stock", async || there.stock(lamp).await == 7).await;
    admin.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    assert_eq!(here.stock(lamp).await, 10);
    within_a_second("the stock", async || there.stock(lamp).await == 10).await;

    admin.delete(&path).await.assert_ok();
    here.get(&path).await.assert_status(404);
    within_a_second("it is gone", async || {
        let gone = there.get(&path).await.status == 404;
        gone && in_list(there.get("/api/v1/products").await.assert_ok()) == 0
    })
    .await;
    admin.put_empty(&format!("{path}/restore")).await.assert_ok();
    here.get(&path).await.assert_ok();
    within_a_second("it is back", async || {
        let back = there.get(&path).await.status == 200;
        back && in_list(there.get("/api/v1/products").await.assert_ok()) == 1
    })
    .await;
}

#[tokio::test]
async fn an_order_placed_or_cancelled_on_one_replica_shows_on_the_other_at_once() {
    let (one, other) = two_replicas(default_settings);
    let (ann, admin) = (one.customer("ann").await, one.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let order = ann.with_base_url(other.base_url()).place_order(lamp, 2).await;
    assert_eq!(ann.order_status(order).await, "pending");
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    assert_eq!(ann.with_base_url(other.base_url()).order_status(order).await, "cancelled");
    let again =
        ann.with_base_url(other.base_url()).put_empty(&format!("/api/v1/orders/{order}/cancel"));
    again.await.assert_problem(409, "order_cancelled", "Already cancelled");
}

#[tokio::test]
async fn a_logout_on_one_replica_ends_the_session_on_the_other_at_once() {
    let (one, other) = two_replicas(default_settings);
    let ann = one.customer("ann").await;
    let there = ann.with_base_url(other.base_url());
    there.get("/api/v1/users/me").await.assert_ok();
    ann.post("/api/v1/users/logout", json!({})).await.assert_ok();
    there.get("/api/v1/users/me").await.assert_status(401);
    let refresh = json!({"refresh_token": ann.refresh_token()});
    there.post("/api/v1/users/refresh", refresh).await.assert_status(401);
}

#[tokio::test]
async fn a_role_set_on_one_replica_holds_for_the_next_request_to_the_other() {
    let (one, other) = two_replicas(default_settings);
    let (ann, admin) = (one.customer("ann").await, one.admin().await);
    let there = ann.with_base_url(other.base_url());
    let role = format!("/api/v1/users/{}/role", ann.id());
    for _ in 0..3 {
        there.get("/api/v1/users").await.assert_status(403);
        admin.put(&role, json!({"role": "admin"})).await.assert_ok();
        there.get("/api/v1/users").await.assert_ok();
        admin.put(&role, json!({"role": "user"})).await.assert_ok();
    }
    there.get("/api/v1/users").await.assert_status(403);
}

#[tokio::test]
async fn an_account_deleted_on_one_replica_is_gone_on_the_other_at_once() {
    let (one, other) = two_replicas(default_settings);
    let (ann, admin) = (one.customer("ann").await, one.admin().await);
    let there = ann.with_base_url(other.base_url());
    there.get("/api/v1/users/me").await.assert_ok();
    admin.delete(&format!("/api/v1/users/{}", ann.id())).await.assert_ok();
    there.get("/api/v1/users/me").await.assert_status(401);
    let login = json!({"username": ann.email(), "password": PASSWORD});
    there.post("/api/v1/users/login", login).await.assert_status(401);
}

#[tokio::test]
async fn the_login_rate_limit_counts_over_all_replicas() {
    let (one, other) = two_replicas(|builder| builder.var("RATE_LIMIT_LOGIN", "6/hour"));
    let clients = [one.anonymous(), other.anonymous()];
    let wrong = json!({"email": "ann@example.com", "password": "wrong"});
    for attempt in 0..6 {
        clients[attempt % 2].post("/auth/login", wrong.clone()).await.assert_status(401);
    }
    for client in clients {
        client.post("/auth/login", wrong.clone()).await.assert_problem_code(429, "rate_limited");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_sent_to_both_replicas_at_once_places_one_order() {
    let (one, other) = two_replicas(default_settings);
    let (ann, admin) = (one.customer("ann").await, one.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    for round in 0..10 {
        let key = format!("key {round}");
        let racing = [one.base_url(), other.base_url()].repeat(4).into_iter().map(|base| {
            let (ann, key) = (ann.with_base_url(base), key.clone());
            tokio::spawn(async move {
                let request = ann.order_request(lamp, 1).header("Idempotency-Key", &key);
                request.await.created_at("/api/v1/orders/")
            })
        });
        let mut ids: Vec<_> =
            join_all(racing).await.into_iter().map(|id| id.expect("an order")).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
    }
    assert_eq!(ann.get("/api/v1/orders/me").await.assert_ok()["total"], 10);
    assert_eq!(ann.stock(lamp).await, 90);
}

/// Orders one unit this many times and returns how many orders were placed. All others must fail
/// for lack of stock.
async fn order_one_unit(client: Client, product: i64, times: usize) -> usize {
    let mut placed = 0;
    for _ in 0..times {
        let response = client.order_request(product, 1).await;
        if response.status == 201 {
            placed += 1;
        } else {
            response.assert_problem(409, "insufficient_stock", "Not enough stock");
        }
    }
    placed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_on_two_replicas_exactly_the_stock_is_sold() {
    const CLIENTS: usize = 64;
    let stock = iterations(100, 1_000);
    let orders = 5 * stock;
    let (one, other) = two_replicas(default_settings);
    let admin = one.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", i64::try_from(stock).unwrap()).await;
    let anyone = one.anonymous();
    let customers = join_all((0..8).map(|number| {
        let anyone = anyone.clone();
        async move { anyone.register(&format!("customer{number}")).await }
    }))
    .await;
    let clients = (0..CLIENTS).map(|number| {
        let base = if number % 2 == 0 { one.base_url() } else { other.base_url() };
        let share = orders / CLIENTS + usize::from(number < orders % CLIENTS);
        tokio::spawn(order_one_unit(
            customers[number % customers.len()].with_base_url(base),
            lamp,
            share,
        ))
    });
    let placed: usize =
        join_all(clients).await.into_iter().map(|placed| placed.expect("no panic")).sum();
    assert_eq!(placed, stock);
    assert_eq!(admin.get("/api/v1/orders").await.assert_ok()["total"], stock);
    assert_eq!(admin.stock(lamp).await, 0);
    let store = Arc::clone(one.store());
    Program::new(&store, &["audit"]).run().assert_success();
}
