//! `oms audit` reports violated invariants, and nothing else.

use crate::harness::{Program, ProgramOutput, Server, Store};

fn audit(store: &Store) -> ProgramOutput {
    Program::new(store, &["audit"]).run()
}

/// A shop with products, accounts and orders in every state.
async fn busy_shop() -> Server {
    let server = Server::start();
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    let chair = admin.create_product("Chair", "5.00", 3).await;
    for (number, customer) in [&ann, &bob].repeat(5).into_iter().enumerate() {
        let ask =
            customer.order_request(lamp, 2).header("Idempotency-Key", &format!("key {number}"));
        let order = ask.await.id();
        match number % 4 {
            0 => admin.transition(order, &["processing", "shipped", "delivered"]).await,
            1 => {
                customer.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
            }
            2 => {
                admin.delete(&format!("/orders/{order}")).await.assert_status(204);
            }
            _ => {}
        }
    }
    ann.place_free_form_order("Ada", "a birthday cake", 4).await;
    ann.place_order(chair, 1).await;
    admin.delete(&format!("/api/v1/products/{chair}")).await.assert_ok();
    admin.delete(&format!("/api/v1/users/{}", bob.id())).await.assert_ok();
    server
}

#[tokio::test]
async fn audit_finds_nothing_in_a_running_shop() {
    let server = busy_shop().await;
    let output = audit(server.store());
    assert_eq!(output.assert_success().stdout, "");
    assert!(!output.stderr.is_empty(), "it lists what it checks: {output}");
}

#[tokio::test]
async fn audit_names_each_violated_invariant_and_its_record() {
    let server = busy_shop().await;
    let store = server.store();
    for (change, undo, violations) in [
        (
            "UPDATE products SET stock = stock + 1 WHERE id = 1",
            "UPDATE products SET stock = stock - 1 WHERE id = 1",
            &[
                "a product's stock is the sum of its movements: product 1",
                "a movement's balance is the one before it and its change, and the last is the stock: product 1",
            ][..],
        ),
        (
            "UPDATE orders SET version = version + 1, revision = revision + 1 WHERE id = 1",
            "UPDATE orders SET version = version - 1, revision = revision - 1 WHERE id = 1",
            &["an order's version is one more than its history is long: order 1"],
        ),
    ] {
        store.tamper(change).await;
        let output = audit(store);
        assert_eq!(output.code, Some(1), "{output}");
        assert_eq!(output.stdout.lines().collect::<Vec<_>>(), violations, "{output}");
        store.tamper(undo).await;
        assert_eq!(audit(store).assert_success().stdout, "");
    }
}
