//! Small steps that many stories share: put a product on the shelf, order it, look at it.

use serde_json::{Value, json};

use super::{
    client::{Call, Client},
    server::Server,
};

/// A server that was just started, and its customer Ann.
pub(crate) async fn server_of_ann() -> (Server, Client) {
    let server = Server::start();
    let ann = server.customer("ann").await;
    (server, ann)
}

/// A server that was just started, its customer Ann, and its admin.
pub(crate) async fn shop() -> (Server, Client, Client) {
    let (server, ann) = server_of_ann().await;
    let admin = server.admin().await;
    (server, ann, admin)
}

impl Client {
    /// Puts a product on the shelf, as an admin, and returns its id.
    pub(crate) async fn product(&self, name: &str, price: &str, stock: i64) -> i64 {
        let body = json!({"name": name, "price": price, "stock": stock});
        self.post("/api/v1/products", body).await.created_at("/api/v1/products/")
    }

    /// Asks for so many of a product.
    pub(crate) fn ask_for(&self, product: i64, quantity: i64) -> Call {
        self.post("/api/v1/orders", json!({"product_id": product, "quantity": quantity}))
    }

    /// Orders so many of a product, and returns the order's id.
    pub(crate) async fn order(&self, product: i64, quantity: i64) -> i64 {
        self.ask_for(product, quantity).await.created_at("/api/v1/orders/")
    }

    /// Orders something in words, on the classic surface, and returns the order's id.
    pub(crate) async fn order_in_words(&self, customer: &str, item: &str, quantity: i64) -> i64 {
        let body = json!({"customer_name": customer, "item_name": item, "quantity": quantity});
        self.post("/orders", body).await.created_at("/orders/")
    }

    pub(crate) async fn stock(&self, product: i64) -> i64 {
        let reply = self.get(&format!("/api/v1/products/{product}")).await;
        reply.ok()["stock"].as_i64().expect("a stock")
    }

    /// Moves an order along these steps, as an admin.
    pub(crate) async fn moves(&self, order: i64, steps: &[&str]) {
        for step in steps {
            let reply = self.put(&format!("/api/v1/orders/{order}"), json!({"status": step})).await;
            assert_eq!(reply.ok()["status"], *step, "{reply}");
        }
    }

    /// Where an order is in its life, in v1's words.
    pub(crate) async fn status(&self, order: i64) -> String {
        let reply = self.get(&format!("/api/v1/orders/{order}")).await;
        reply.ok()["status"].as_str().expect("a status").to_owned()
    }
}

/// The ids of a list's entries, in its order.
#[track_caller]
pub(crate) fn ids_of(entries: &Value) -> Vec<i64> {
    let entries = entries.as_array().unwrap_or_else(|| panic!("no list: {entries}"));
    entries.iter().map(|entry| entry["id"].as_i64().expect("an id")).collect()
}

/// Follows a list's cursors from its first page to its end, and returns the ids in their order.
pub(crate) async fn walk_by_cursor(client: &Client, path: &str, limit: usize) -> Vec<i64> {
    let limit_text = limit.to_string();
    let mut ids = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", limit_text.as_str())];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let reply = client.get(path).query(&query).await;
        let page = reply.ok();
        let entries = ids_of(&page["data"]);
        assert!(entries.len() <= limit, "{reply}");
        ids.extend(entries);
        match &page["next_cursor"] {
            Value::String(next) => cursor = Some(next.clone()),
            end => {
                assert!(end.is_null(), "{reply}");
                return ids;
            }
        }
    }
}
