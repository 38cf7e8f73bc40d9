//! Steps that many tests share: create a product, order it, read it, wait for the deliveries.

use serde_json::{Value, json};

use super::{
    client::{Client, PendingRequest},
    program::Program,
    server::Server,
    store::Store,
};

/// A new server and its customer Ann.
pub(crate) async fn server_with_customer() -> (Server, Client) {
    let server = Server::start();
    let ann = server.customer("ann").await;
    (server, ann)
}

/// A new server, its customer Ann, and its admin.
pub(crate) async fn shop() -> (Server, Client, Client) {
    let (server, ann) = server_with_customer().await;
    let admin = server.admin().await;
    (server, ann, admin)
}

/// Whether every event is delivered, given up or refused.
pub(crate) fn nothing_waits(store: &Store) -> bool {
    let output = Program::new(store, &["outbox", "list"]).run();
    // Not merely in the line: ten pending events are some.
    output.assert_success().stderr.lines().any(|line| line.starts_with("0 pending"))
}

impl Client {
    /// Creates a product, as an admin, and returns its id.
    pub(crate) async fn create_product(&self, name: &str, price: &str, stock: i64) -> i64 {
        let body = json!({"name": name, "price": price, "stock": stock});
        self.post("/api/v1/products", body).await.created_at("/api/v1/products/")
    }

    /// A request that orders units of a product.
    pub(crate) fn order_request(&self, product: i64, quantity: i64) -> PendingRequest {
        self.post("/api/v1/orders", json!({"product_id": product, "quantity": quantity}))
    }

    /// Orders units of a product and returns the id of the order.
    pub(crate) async fn place_order(&self, product: i64, quantity: i64) -> i64 {
        self.order_request(product, quantity).await.created_at("/api/v1/orders/")
    }

    /// Places a free-form order on the classic surface and returns its id.
    pub(crate) async fn place_free_form_order(
        &self,
        customer: &str,
        item: &str,
        quantity: i64,
    ) -> i64 {
        let body = json!({"customer_name": customer, "item_name": item, "quantity": quantity});
        self.post("/orders", body).await.created_at("/orders/")
    }

    /// The stock of a product.
    pub(crate) async fn stock(&self, product: i64) -> i64 {
        let response = self.get(&format!("/api/v1/products/{product}")).await;
        response.assert_ok()["stock"].as_i64().expect("a stock")
    }

    /// Moves an order through these statuses, as an admin.
    pub(crate) async fn transition(&self, order: i64, statuses: &[&str]) {
        for status in statuses {
            let response =
                self.put(&format!("/api/v1/orders/{order}"), json!({"status": status})).await;
            assert_eq!(response.assert_ok()["status"], *status, "{response}");
        }
    }

    /// The status of an order, as v1 writes it.
    pub(crate) async fn order_status(&self, order: i64) -> String {
        let response = self.get(&format!("/api/v1/orders/{order}")).await;
        response.assert_ok()["status"].as_str().expect("a status").to_owned()
    }
}

/// The ids of the entries of a list, in its order.
#[track_caller]
pub(crate) fn ids_of(entries: &Value) -> Vec<i64> {
    let entries = entries.as_array().unwrap_or_else(|| panic!("not a list: {entries}"));
    entries.iter().map(|entry| entry["id"].as_i64().expect("an id")).collect()
}

/// Follows the cursors of a list from its first page to its last, and returns the ids in order.
pub(crate) async fn walk_by_cursor(client: &Client, path: &str, limit: usize) -> Vec<i64> {
    let limit_text = limit.to_string();
    let mut ids = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", limit_text.as_str())];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let response = client.get(path).query(&query).await;
        let page = response.assert_ok();
        let entries = ids_of(&page["data"]);
        assert!(entries.len() <= limit, "{response}");
        ids.extend(entries);
        match &page["next_cursor"] {
            Value::String(next) => cursor = Some(next.clone()),
            end => {
                assert!(end.is_null(), "{response}");
                return ids;
            }
        }
    }
}
