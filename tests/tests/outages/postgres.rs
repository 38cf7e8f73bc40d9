//! Outages of PostgreSQL while orders are placed.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use futures::future::join_all;

use super::Load;
use crate::harness::{
    Client, PASSWORD, Postgres, Program, Response, Server, Store, iterations, provided,
    walk_by_cursor,
};

/// Counts a response and returns whether it was successful. The only error allowed is 503.
#[track_caller]
fn record(response: &Response, load: &Load) -> bool {
    if (200..300).contains(&response.status) {
        load.record_served();
        return true;
    }
    response.assert_problem_code(503, "unavailable");
    load.record_unavailable();
    false
}

/// Places orders of one unit, retrying each until it is acknowledged.
async fn place_orders(
    client: Client,
    client_number: usize,
    product: i64,
    load: Load,
    placed: Placed,
) {
    for number in 0_u32.. {
        if !load.is_running() {
            return;
        }
        let key = format!("client {client_number}, order {number}");
        loop {
            let response = client.order_request(product, 1).header("Idempotency-Key", &key).await;
            if record(&response, &load) {
                let id = response.created_at("/api/v1/orders/");
                assert!(placed.lock().unwrap().insert(id), "the id {id} was used before");
                break;
            }
        }
    }
}

/// The ids of the acknowledged orders.
type Placed = Arc<Mutex<BTreeSet<i64>>>;

async fn read(client: Client, product: i64, load: Load) {
    let own = format!("/api/v1/products/{product}");
    let body = serde_json::json!({"username": client.email(), "password": PASSWORD});
    while load.is_running() {
        for path in [own.as_str(), "/api/v1/products", "/api/v1/orders/me", "/orders"] {
            record(&client.get(path).await, &load);
        }
        record(&client.post("/api/v1/users/login", body.clone()).await, &load);
        client.get("/health").await.assert_ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_no_acknowledged_order_is_lost_when_postgresql_restarts() {
    const STOCK: i64 = 1_000_000;
    let mut postgres = Postgres::start(&[]).await;
    let redis = provided("OMS_TEST_REDIS_URL");
    let store = Store::on_servers(&postgres.url(), Some(&redis));
    let mut server = Server::configure_on(store).start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", STOCK).await;
    let (load, placed) = (Load::default(), Placed::default());
    let mut clients: Vec<_> = (0..8)
        .map(|client_number| {
            tokio::spawn(place_orders(
                ann.clone(),
                client_number,
                lamp,
                load.clone(),
                Arc::clone(&placed),
            ))
        })
        .collect();
    clients.extend((0..2).map(|_| tokio::spawn(read(ann.clone(), lamp, load.clone()))));

    // A short outage, and one during which many requests fail.
    for failures in [0, iterations(20, 200)] {
        load.wait_for_served(iterations(50, 200)).await;
        postgres.stop_at_once();
        load.wait_for_unavailable(failures).await;
        postgres.start_again().await;
        load.wait_for_served(iterations(50, 200)).await;
    }
    load.stop();
    for client in join_all(clients).await {
        client.expect("every response is a success or 503");
    }

    assert!(server.is_running(), "the server has not restarted");
    let kept = walk_by_cursor(&ann, "/api/v1/orders/me", 100).await;
    assert_eq!(BTreeSet::from_iter(kept), *placed.lock().unwrap());
    let sold = i64::try_from(placed.lock().unwrap().len()).unwrap();
    assert_eq!(admin.stock(lamp).await, STOCK - sold);
    Program::new(server.store(), &["audit"]).run().assert_success();
}
