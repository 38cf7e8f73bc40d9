//! Concurrent requests: no unit is sold twice, and no change is lost.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::json;

use crate::harness::{Client, Server, iterations, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_orders_sell_exactly_the_stock() {
    const CLIENTS: usize = 64;
    let stock = iterations(125, 500);
    let orders = 4 * stock;
    let server = Server::start();
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", i64::try_from(stock).unwrap()).await;
    let customers = join_all((0..8).map(|number| {
        let anyone = server.anonymous();
        async move { anyone.register(&format!("customer{number}")).await }
    }))
    .await;
    let clients = (0..CLIENTS).map(|number| {
        let customer = customers[number % customers.len()].clone();
        let share = orders / CLIENTS + usize::from(number < orders % CLIENTS);
        tokio::spawn(async move {
            let mut placed = 0;
            for _ in 0..share {
                let response = customer.order_request(lamp, 1).await;
                if response.status == 201 {
                    placed += 1;
                } else {
                    response.assert_problem(409, "insufficient_stock", "Not enough stock");
                }
            }
            (placed, share)
        })
    });
    let (mut placed, mut attempted) = (0, 0);
    for client in join_all(clients).await {
        let (more, share) = client.expect("no client panics");
        placed += more;
        attempted += share;
    }
    assert_eq!((placed, attempted), (stock, orders));
    assert_eq!(admin.stock(lamp).await, 0);
    assert_eq!(admin.get("/api/v1/orders").await.assert_ok()["total"], stock);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_cancellations_of_an_order_cancel_it_once() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 10).await;
    for _ in 0..5 {
        let order = ann.place_order(lamp, 4).await;
        let path = Arc::new(format!("/api/v1/orders/{order}/cancel"));
        let cancel = |client: &Client| {
            let (client, path) = (client.clone(), Arc::clone(&path));
            tokio::spawn(async move { client.put_empty(&path).await })
        };
        let racing: Vec<_> = (0..10).flat_map(|_| [cancel(&ann), cancel(&admin)]).collect();
        let mut cancelled = 0;
        for response in join_all(racing).await {
            let response = response.expect("no panic");
            if response.status == 200 {
                cancelled += 1;
            } else {
                response.assert_problem(409, "order_cancelled", "Already cancelled");
            }
        }
        assert_eq!(cancelled, 1);
        assert_eq!(ann.stock(lamp).await, 10);
        let events = ann.get(&format!("/api/v1/orders/{order}/events")).await;
        assert_eq!(events.assert_ok().as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_with_the_same_products_in_any_order_do_not_deadlock() {
    let (_server, ann, admin) = shop().await;
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    let table = admin.create_product("Table", "1.00", 100).await;
    let racing = (0..60).map(|number| {
        let ann = ann.clone();
        let (first, second) = if number % 2 == 0 { (lamp, table) } else { (table, lamp) };
        tokio::spawn(async move {
            let lines = json!([
                {"product_id": first, "quantity": 1}, {"product_id": second, "quantity": 1},
            ]);
            ann.post("/api/v1/orders", json!({"lines": lines})).await.assert_status(201);
        })
    });
    for order in join_all(racing).await {
        order.expect("every order is placed");
    }
    assert_eq!((ann.stock(lamp).await, ann.stock(table).await), (40, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_registrations_of_one_address_create_one_account() {
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
    for response in join_all(racing).await {
        let response = response.expect("no panic");
        if response.status == 201 {
            registered += 1;
        } else {
            response.assert_email_taken();
        }
    }
    assert_eq!(registered, 1);
}

#[tokio::test]
async fn one_of_two_admins_who_demote_each_other_at_once_stays_admin() {
    let (_server, ann, admin) = shop().await;
    admin.put_empty(&format!("/api/v1/users/{}/role", ann.id())).await.assert_status(200);
    let demote = |client: &Client, target: i64| {
        client.put(&format!("/api/v1/users/{target}/role"), json!({"role": "user"})).into_future()
    };
    let (one, other) = tokio::join!(demote(&ann, admin.id()), demote(&admin, ann.id()));
    let done = [one.status, other.status].into_iter().filter(|status| *status == 200).count();
    assert_eq!(done, 1, "{one}\n{other}");
    let mut admins = 0;
    for caller in [&ann, &admin] {
        admins += u32::from(caller.get("/api/v1/users/me").await.assert_ok()["role"] == "admin");
    }
    assert_eq!(admins, 1);
}

#[tokio::test]
async fn one_of_several_concurrent_changes_with_the_same_if_match_succeeds() {
    let server = Server::start();
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 5).await;
    let path = format!("/api/v1/products/{lamp}");
    let change = |name: &str| {
        admin.put(&path, json!({"name": name})).header("If-Match", "\"1\"").into_future()
    };
    let responses =
        futures::future::join_all(["a", "b", "c", "d", "e", "f", "g", "h"].map(change)).await;
    let won: Vec<_> = responses.iter().filter(|response| response.status == 200).collect();
    assert_eq!(won.len(), 1);
    let lost = responses.iter().filter(|response| response.status == 412).count();
    assert_eq!(lost, 7);
    assert_eq!(admin.get(&path).await.assert_ok(), &won[0].json);
}
