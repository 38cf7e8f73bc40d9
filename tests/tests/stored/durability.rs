//! Acknowledged changes survive a crash, and the stock is consistent.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::Value;

use crate::harness::{Client, Server, eventually, iterations, walk_by_cursor};

/// The acknowledged orders, and whether their cancellation was acknowledged as well.
type Acknowledged = Arc<Mutex<BTreeMap<i64, bool>>>;

/// Places orders of one unit and cancels every third one, until the server is killed.
async fn order_until_killed(client: Client, product: i64, acknowledged: Acknowledged) {
    for number in 0_u32.. {
        let Ok(response) = client.order_request(product, 1).try_send().await else { return };
        let order = response.created_at("/api/v1/orders/");
        acknowledged.lock().unwrap().insert(order, false);
        if number % 3 == 0 {
            let cancel = client.put_empty(&format!("/api/v1/orders/{order}/cancel"));
            let Ok(response) = cancel.try_send().await else { return };
            response.assert_ok();
            acknowledged.lock().unwrap().insert(order, true);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_orders_survive_a_kill_and_the_stock_is_consistent() {
    const STOCK: i64 = 1_000_000;
    let mut server = Server::start();
    let store = Arc::clone(server.store());
    let (mut ann, mut admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", STOCK).await;
    let acknowledged = Acknowledged::default();
    for run in 1..=iterations(1, 3) {
        let load: Vec<_> = (0..8)
            .map(|_| tokio::spawn(order_until_killed(ann.clone(), lamp, Arc::clone(&acknowledged))))
            .collect();
        eventually("the load runs", async || acknowledged.lock().unwrap().len() >= run * 100).await;
        server.kill().await;
        for client in load {
            client.await.expect("every request succeeds or loses its connection");
        }

        server = Server::configure().on_store(&store).start();
        (ann, admin) =
            (ann.with_base_url(server.base_url()), admin.with_base_url(server.base_url()));
        let kept = walk_by_cursor(&ann, "/api/v1/orders/me", 100).await;
        let mut open = 0;
        for id in &kept {
            let response = ann.get(&format!("/api/v1/orders/{id}")).await;
            open += i64::from(response.assert_ok()["status"] == "pending");
        }
        let acknowledged = acknowledged.lock().unwrap().clone();
        for (id, cancelled) in acknowledged {
            assert!(kept.contains(&id), "order {id} was acknowledged and is lost");
            if cancelled {
                assert_eq!(ann.order_status(id).await, "cancelled", "order {id}");
            }
        }
        assert_eq!(admin.stock(lamp).await + open, STOCK, "run {run}");
    }
}

#[tokio::test]
async fn all_data_is_unchanged_after_a_kill() {
    let server = Server::start();
    let store = Arc::clone(server.store());
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    let order = ann
        .order_request(lamp, 2)
        .header("Idempotency-Key", "before the kill")
        .await
        .created_at("/api/v1/orders/");
    admin.transition(order, &["processing"]).await;
    let free_form = ann.place_free_form_order("Ada", "Chair", 3).await;
    let paths = [
        format!("/api/v1/products/{lamp}"),
        format!("/api/v1/orders/{order}"),
        format!("/api/v1/orders/{order}/events"),
        format!("/orders/{free_form}"),
        "/api/v1/users/me".to_owned(),
        "/api/v1/orders/me".to_owned(),
        "/orders".to_owned(),
    ];
    let all = async |client: &Client| -> Vec<Value> {
        let mut bodies = Vec::new();
        for path in &paths {
            bodies.push(client.get(path).await.assert_ok().clone());
        }
        bodies
    };
    let before = all(&ann).await;
    server.kill().await;
    let server = Server::configure().on_store(&store).start();
    let ann = ann.with_base_url(server.base_url());
    assert_eq!(all(&ann).await, before, "the session is still valid");
    let again = ann.order_request(lamp, 2).header("Idempotency-Key", "before the kill").await;
    assert_eq!(again.id(), order, "the idempotency key is stored");
}
