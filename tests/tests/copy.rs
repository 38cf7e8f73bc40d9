//! `oms copy` copies all data from one store to another.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{
    ADMIN_EMAIL, Client, PASSWORD, Program, ProgramOutput, Server, ServerBuilder, Store,
};

/// Settings for both stores: they share the secret that signs tokens.
fn with_secret(builder: ServerBuilder) -> ServerBuilder {
    builder.var("SECRET_KEY", "the secret that both stores share in this test")
}

fn copy(from: &Store, to: &Store) -> ProgramOutput {
    let (from, to) = (from.database_url(), to.database_url());
    let other_store = Store::on_sqlite();
    Program::new(&other_store, &["copy", "--from", &from, "--to", &to]).run()
}

/// The responses to a customer and an admin at these paths.
async fn responses(ann: &Client, admin: &Client, paths: &[String]) -> Vec<Value> {
    let mut bodies = Vec::new();
    for client in [ann, admin] {
        for path in paths {
            bodies.push(client.get(path).await.json);
        }
    }
    bodies
}

#[tokio::test]
async fn a_copy_from_sqlite_to_postgres_keeps_all_data() {
    let server = with_secret(Server::configure_on(Store::on_sqlite())).start();
    let old = Arc::clone(server.store());
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "19.90", 10).await;
    let chair = admin.create_product("Chair", "5.00", 3).await;
    let order = ann.order_request(lamp, 2).header("Idempotency-Key", "before the copy").await.id();
    admin.transition(order, &["processing", "shipped"]).await;
    let cancelled = ann.place_order(lamp, 1).await;
    ann.put_empty(&format!("/api/v1/orders/{cancelled}/cancel")).await.assert_ok();
    let open = ann.place_order(chair, 1).await;
    let free_form = ann.place_free_form_order("Ada", "a birthday cake", 4).await;
    admin.delete(&format!("/api/v1/products/{chair}")).await.assert_ok();
    let bob = server.customer("bob").await;
    bob.place_order(lamp, 1).await;
    admin.delete(&format!("/api/v1/users/{}", bob.id())).await.assert_ok();
    let mut paths: Vec<_> = [
        "/api/v1/users/me",
        "/api/v1/users",
        "/api/v1/products",
        "/api/v1/orders",
        "/api/v1/orders/me",
        "/api/v1/orders?status=cancelled",
        "/orders?search=cake",
        "/orders?sort_by=quantity&limit=100",
    ]
    .map(str::to_owned)
    .into();
    for order in [order, cancelled, open, free_form] {
        paths.push(format!("/api/v1/orders/{order}"));
        paths.push(format!("/api/v1/orders/{order}/events"));
        paths.push(format!("/orders/{order}/events"));
    }
    let before = responses(&ann, &admin, &paths).await;
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));

    let new = Arc::new(Store::on_postgres());
    copy(&old, &new).assert_success();
    for store in [&old, &new] {
        Program::new(store, &["audit"]).run().assert_success();
    }

    let server = with_secret(Server::configure()).on_store(&new).start();
    let (ann, admin) =
        (ann.with_base_url(server.base_url()), admin.with_base_url(server.base_url()));
    assert_eq!(responses(&ann, &admin, &paths).await, before, "the sessions are still valid");
    server.anonymous().log_in("ann@example.com").await;
    let login = json!({"username": ADMIN_EMAIL, "password": PASSWORD});
    server.anonymous().post("/api/v1/users/login", login).await.assert_ok();
    let refresh = json!({"refresh_token": ann.refresh_token()});
    server.anonymous().post("/api/v1/users/refresh", refresh).await.assert_ok();

    let again = ann.order_request(lamp, 2).header("Idempotency-Key", "before the copy").await;
    assert_eq!((again.id(), again.header("idempotent-replayed")), (order, Some("true")));
    assert_eq!(ann.stock(lamp).await, 8, "bob's order was cancelled with his account");
    admin.put_empty(&format!("/api/v1/orders/{open}/cancel")).await.assert_ok();
    admin.put_empty(&format!("/api/v1/products/{chair}/restore")).await.assert_ok();
    assert_eq!(ann.stock(chair).await, 3);
    assert!(ann.place_order(lamp, 1).await > free_form, "new orders get new ids");
    server.customer("eve").await;
    admin.create_product("Table", "1.00", 1).await;
    Program::new(&new, &["audit"]).run().assert_success();
}

#[tokio::test]
async fn copying_to_a_store_that_is_not_empty_fails() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let old = Arc::clone(server.store());
    server.customer("ann").await;
    server.signal("TERM");
    server.wait_for_exit().await;

    let busy = Server::configure_on(Store::on_postgres()).start();
    let (bob, admin) = (busy.customer("bob").await, busy.admin().await);
    bob.place_free_form_order("Bob", "a birthday cake", 1).await;
    let users = admin.get("/api/v1/users").await.assert_ok().clone();
    let output = copy(&old, busy.store());
    let line = output.assert_failure(1);
    assert!(line.contains("empty"), "{line}");
    assert!(!line.contains("example.com"), "{line}");
    assert_eq!(*admin.get("/api/v1/users").await.assert_ok(), users);
    bob.place_free_form_order("Bob", "another cake", 1).await;
}
