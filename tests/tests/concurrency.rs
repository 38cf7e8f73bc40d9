//! Many at once: nothing is sold twice, and nothing is lost.

use std::{sync::Arc, time::Instant};

use futures::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use serde_json::json;

use crate::harness::{Client, Reply, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_2000_orders_by_64_clients_for_a_stock_of_500_exactly_500_are_placed() {
    const CLIENTS: usize = 64;
    const ORDERS: usize = 2_000;
    const STOCK: usize = 500;
    let server = Server::start();
    let admin = server.admin().await;
    let lamp = admin.product("Lamp", "1.00", 500).await;
    let customers = join_all((0..8).map(|number| {
        let anyone = server.anonymous();
        async move { anyone.registered(&format!("customer{number}")).await }
    }))
    .await;
    let clients = (0..CLIENTS).map(|number| {
        let customer = customers[number % customers.len()].clone();
        let share = ORDERS / CLIENTS + usize::from(number < ORDERS % CLIENTS);
        tokio::spawn(async move {
            let mut placed = 0;
            for _ in 0..share {
                let reply = customer.ask_for(lamp, 1).await;
                if reply.status == 201 {
                    placed += 1;
                } else {
                    reply.is_problem(409, "insufficient_stock", "Not enough stock");
                }
            }
            (placed, share)
        })
    });
    let (mut placed, mut asked) = (0, 0);
    for client in join_all(clients).await {
        let (more, share) = client.expect("no client panics");
        placed += more;
        asked += share;
    }
    assert_eq!((placed, asked), (STOCK, ORDERS));
    assert_eq!(admin.stock(lamp).await, 0);
    assert_eq!(admin.get("/api/v1/orders").await.ok()["total"], STOCK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_many_cancel_at_once_is_cancelled_once() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 10).await;
    for _ in 0..5 {
        let order = ann.order(lamp, 4).await;
        let path = Arc::new(format!("/api/v1/orders/{order}/cancel"));
        let cancel = |client: &Client| {
            let (client, path) = (client.clone(), Arc::clone(&path));
            tokio::spawn(async move { client.put_empty(&path).await })
        };
        let racing: Vec<_> = (0..10).flat_map(|_| [cancel(&ann), cancel(&admin)]).collect();
        let mut cancelled = 0;
        for reply in join_all(racing).await {
            let reply = reply.expect("no panic");
            if reply.status == 200 {
                cancelled += 1;
            } else {
                reply.is_problem(409, "order_cancelled", "Already cancelled");
            }
        }
        assert_eq!(cancelled, 1);
        assert_eq!(ann.stock(lamp).await, 10);
        let events = ann.get(&format!("/api/v1/orders/{order}/events")).await;
        assert_eq!(events.ok().as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_name_the_same_products_in_any_order_do_not_block_each_other() {
    let server = Server::start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.product("Lamp", "1.00", 100).await;
    let table = admin.product("Table", "1.00", 100).await;
    let racing = (0..60).map(|number| {
        let ann = ann.clone();
        let (first, second) = if number % 2 == 0 { (lamp, table) } else { (table, lamp) };
        tokio::spawn(async move {
            let lines = json!([
                {"product_id": first, "quantity": 1}, {"product_id": second, "quantity": 1},
            ]);
            ann.post("/api/v1/orders", json!({"lines": lines})).await.is(201);
        })
    });
    for order in join_all(racing).await {
        order.expect("every order is placed");
    }
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (40, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_register_one_address_at_once_one_gets_it() {
    let server = Server::start();
    let anyone = server.anonymous();
    let racing = (0..20).map(|number| {
        let anyone = anyone.clone();
        tokio::spawn(async move {
            let email = if number % 2 == 0 { "ann@example.com" } else { "ANN@Example.com" };
            let body = json!({
                "name": "Ann", "email": email, "password": crate::harness::PASSWORD,
            });
            anyone.post("/api/v1/users/register", body).await
        })
    });
    let mut registered = 0;
    for reply in join_all(racing).await {
        let reply = reply.expect("no panic");
        if reply.status == 201 {
            registered += 1;
        } else {
            reply.is_problem(409, "email_taken", "Email already registered");
        }
    }
    assert_eq!(registered, 1);
}

/// Tries to log in, in vain.
async fn fail_to_log_in(client: Client) -> Reply {
    let body = json!({"email": "ann@example.com", "password": "wrong"});
    client.post("/auth/login", body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_passwords_are_hashed_others_are_served() {
    let server = Server::configure().var("BCRYPT_COST", 11).start();
    let anyone = server.anonymous();
    let started = Instant::now();
    fail_to_log_in(anyone.clone()).await.is(401);
    let one_hash = started.elapsed();
    let logins: Vec<_> = (0..6).map(|_| tokio::spawn(fail_to_log_in(anyone.clone()))).collect();
    let mut waits = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        anyone.get("/api/v1/products").await.ok();
        waits.push(started.elapsed());
    }
    waits.sort_unstable();
    assert!(waits[4] < one_hash / 2, "{waits:?} beside hashes that take {one_hash:?}");
    for login in join_all(logins).await {
        login.expect("an answer").is(401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_logins_than_can_be_hashed_soon_are_asked_to_come_back() {
    let server = Server::configure().var("BCRYPT_COST", 12).start();
    let anyone = server.anonymous();
    let mut logins: FuturesUnordered<_> =
        (0..400).map(|_| fail_to_log_in(anyone.clone())).collect();
    // The queue is full long before its first hundred passwords are hashed.
    for _ in 0..100 {
        let reply = logins.next().await.expect("an answer");
        if reply.status == 503 {
            reply.is_refused(503, "unavailable");
            return;
        }
        reply.is_problem(401, "invalid_credentials", "Invalid credentials");
    }
    panic!("the queue has no limit");
}
