//! A member of staff: changes the status of orders, and the stock and the prices of products.

use std::sync::Arc;

use rand::RngExt as _;
use serde_json::{Value, json};

use super::request::{Outcome, Sender};
use crate::{
    harness::{ADMIN_EMAIL, Client, PASSWORD},
    torture::ledger::{Certainty, Subject},
};

/// The refusals of a change of an order that another client has changed before.
const REFUSED_TRANSITIONS: [&str; 4] =
    ["illegal_status_step", "order_cancelled", "order_not_cancellable", "order_delivered"];

/// A member of staff, with a product that no one else changes.
#[derive(Debug)]
pub(in crate::torture) struct Staff {
    sender: Sender,
    token: Option<String>,
    products: Arc<[i64]>,
    own_product: i64,
    /// The price of the own product that was last acknowledged, in cents.
    own_price: i64,
    /// Its other prices that may be in force, now or later.
    possible_prices: Vec<i64>,
}

impl Staff {
    pub(super) fn new(sender: Sender, products: &Arc<[i64]>, own_product: i64) -> Self {
        let products = Arc::clone(products);
        let possible_prices = Vec::new();
        Self { sender, token: None, products, own_product, own_price: 100, possible_prices }
    }

    /// Does one thing.
    pub(in crate::torture) async fn step(&mut self) {
        let Some(token) = self.token.clone() else {
            let login = self.sender.log_in(ADMIN_EMAIL, PASSWORD, Subject::Shop).await;
            match login {
                Ok(token) => self.token = token,
                Err(()) => self.sender.ledger.report(Subject::Shop, "staff cannot log in"),
            }
            return;
        };
        let client = self.sender.with_token(&token);
        match self.sender.rng.random_range(0..100) {
            0..45 => self.change_order(&client).await,
            45..75 => self.change_stock(&client).await,
            75..85 => self.change_price(&client).await,
            85..97 => self.change_own_product(&client).await,
            _ => self.log_out(&client).await,
        }
    }

    async fn change_order(&mut self, client: &Client) {
        let recent = self.sender.ledger.facts().recent_orders.clone();
        let Some(order) = self.sender.pick(&recent) else { return };
        let status =
            self.sender.pick(&["processing", "processing", "shipped", "delivered", "cancelled"]);
        let status = status.expect("a status");
        let request = client.put(&format!("/api/v1/orders/{order}"), json!({"status": status}));
        let what = format!("set the status {status}");
        let subject = Subject::Order(order);
        match self.sender.send(request, &what, subject, &REFUSED_TRANSITIONS).await {
            Outcome::Acknowledged(_) => {
                self.sender.ledger.facts().moved(order, status, Certainty::Certain);
            }
            Outcome::Unknown => {
                self.sender.ledger.facts().moved(order, status, Certainty::Possible);
            }
            Outcome::Refused(_) | Outcome::NotSent => {}
        }
    }

    async fn change_stock(&mut self, client: &Client) {
        let product = self.sender.pick(&self.products.clone()).expect("a product");
        let stock = self.sender.rng.random_range(0..40);
        self.change_product(client, product, json!({"stock": stock})).await;
    }

    async fn change_price(&mut self, client: &Client) {
        let product = self.sender.pick(&self.products.clone()).expect("a product");
        let cents = self.sender.rng.random_range(1..10_000);
        self.sender.ledger.facts().prices.entry(product).or_default().insert(cents);
        self.change_product(client, product, json!({"price": price(cents)})).await;
    }

    async fn change_product(&mut self, client: &Client, product: i64, body: Value) -> Outcome {
        let what = format!("change the product: {body}");
        let request = client.put(&format!("/api/v1/products/{product}"), body);
        self.sender.send(request, &what, Subject::Product(product), &[]).await
    }

    /// Changes the price of the own product, and reads it back from the same server, which must not
    /// serve an older one.
    async fn change_own_product(&mut self, client: &Client) {
        let next = self.possible_prices.iter().fold(self.own_price, |max, it| max.max(*it)) + 1;
        match self.change_product(client, self.own_product, json!({"price": price(next)})).await {
            Outcome::Acknowledged(_) => self.own_price = next,
            Outcome::Unknown => return self.possible_prices.push(next),
            Outcome::Refused(_) | Outcome::NotSent => return,
        }
        let subject = Subject::Product(self.own_product);
        let request = client.get(&format!("/api/v1/products/{}", self.own_product));
        let outcome = self.sender.send(request, "read the product", subject, &[]).await;
        if let Outcome::Acknowledged(response) = outcome {
            let shown = &response.json["price"];
            let mut allowed = self.possible_prices.iter().chain([&self.own_price]);
            if !allowed.any(|cents| *shown == price(*cents)) {
                let stale = format!("{shown} is shown after {} was set", price(self.own_price));
                self.sender.ledger.report(subject, stale);
            }
        }
    }

    async fn log_out(&mut self, client: &Client) {
        let Some(token) = self.token.take() else { return };
        let request = client.request(reqwest::Method::POST, "/api/v1/users/logout");
        let outcome = self.sender.send(request, "staff log out", Subject::Shop, &[]).await;
        if let Outcome::Acknowledged(_) = outcome {
            // Accounts are numbered from 1, and the admin's is the first.
            self.sender.ledger.facts().revoked.push((1, token.clone()));
            self.sender.check_revoked(1, &token).await;
        }
    }
}

/// A price as the API writes it.
fn price(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
