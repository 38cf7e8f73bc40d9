//! A customer: places, repeats and cancels orders, one request after the other.

use std::sync::Arc;

use rand::{RngExt as _, seq::SliceRandom as _};
use serde_json::{Value, json};

use super::{
    account::{Account, Placement},
    request::{Outcome, Sender},
};
use crate::{
    harness::{PendingRequest, Response},
    torture::ledger::{Certainty, Content, OrderForm, Subject},
};

/// How often a placement with a key is sent until it is answered.
const PLACEMENT_ATTEMPTS: usize = 4;

/// A customer with one account at a time.
#[derive(Debug)]
pub(in crate::torture) struct Customer {
    pub(super) sender: Sender,
    number: u64,
    pub(super) account: Option<Account>,
    /// An access token of staff.
    pub(super) admin: Option<String>,
    products: Arc<[i64]>,
    tags: u64,
}

impl Customer {
    pub(super) fn new(sender: Sender, number: u64, products: &Arc<[i64]>) -> Self {
        let products = Arc::clone(products);
        Self { sender, number, account: None, admin: None, products, tags: 0 }
    }

    /// A name that no customer has used before.
    pub(super) fn next_tag(&mut self) -> String {
        self.tags += 1;
        format!("{}-{}", self.number, self.tags)
    }

    /// Does one thing.
    pub(in crate::torture) async fn step(&mut self) {
        let Some(account) = &self.account else { return self.register().await };
        if account.token.is_none() {
            return self.log_in().await;
        }
        match self.sender.rng.random_range(0..100) {
            0..50 => self.place_products().await,
            50..58 => self.place_free_form().await,
            58..74 => self.cancel().await,
            74..82 => self.repeat().await,
            82..90 => self.read_account().await,
            90..96 => self.log_out().await,
            96..98 => self.change_password().await,
            _ => self.delete_account().await,
        }
    }

    async fn place_products(&mut self) {
        let mut products = self.products.to_vec();
        products.shuffle(&mut self.sender.rng);
        products.truncate(self.sender.rng.random_range(1..=3));
        let lines: Vec<(i64, i64)> = products
            .into_iter()
            .map(|product| (product, self.sender.rng.random_range(1..=4)))
            .collect();
        let body = match lines.as_slice() {
            [(product, quantity)] => json!({"product_id": product, "quantity": quantity}),
            lines => {
                let line = |&(product, quantity): &(i64, i64)| json!({"product_id": product, "quantity": quantity});
                json!({"lines": lines.iter().map(line).collect::<Vec<_>>()})
            }
        };
        self.place("/api/v1/orders", body, Content::Lines(lines)).await;
    }

    async fn place_free_form(&mut self) {
        let item = format!("Item {}", self.next_tag());
        let quantity = self.sender.rng.random_range(1..=9);
        let body = json!({"customer_name": "Ada", "item_name": item, "quantity": quantity});
        self.place("/orders", body, Content::FreeForm(item, quantity)).await;
    }

    /// Places an order. With a key the request is repeated until it is answered, as clients do.
    async fn place(&mut self, path: &'static str, body: Value, content: Content) {
        let key = self.sender.chance(0.7).then(|| self.next_tag());
        let Some(account) = &mut self.account else { return };
        let attempts = if key.is_some() { PLACEMENT_ATTEMPTS } else { 1 };
        let placement =
            Placement { path, body, form: OrderForm { account: account.id, key, content } };
        if placement.form.key.is_some() {
            account.keyed.push(placement.clone());
        }
        let mut unknown = false;
        for _ in 0..attempts {
            match self.send_placement(&placement).await {
                Outcome::Acknowledged(_) => return,
                Outcome::Unknown => unknown = true,
                Outcome::NotSent => {}
                Outcome::Refused(_) => break,
            }
        }
        if unknown {
            *self.sender.ledger.facts().possible_orders.entry(placement.form).or_default() += 1;
        }
    }

    /// Sends a request with the token of the session.
    pub(super) async fn send_signed_in(
        &mut self,
        request: PendingRequest,
        what: &str,
        subject: Subject,
        allowed: &[&str],
    ) -> Outcome {
        const SIGNED_OUT: &str = "invalid_token";
        let mut allowed = allowed.to_vec();
        if self.account.as_ref().is_some_and(Account::may_be_signed_out) {
            allowed.push(SIGNED_OUT);
        }
        let outcome = self.sender.send(request, what, subject, &allowed).await;
        if let (Outcome::Refused(code), Some(account)) = (&outcome, &mut self.account)
            && code == SIGNED_OUT
        {
            account.token = None;
        }
        outcome
    }

    async fn send_placement(&mut self, placement: &Placement) -> Outcome {
        let Placement { path, body, form } = placement;
        let Some(token) = self.account.as_ref().and_then(|it| it.token.clone()) else {
            return Outcome::NotSent;
        };
        let mut request = self.sender.with_token(&token).post(path, body.clone());
        let mut what = format!("place {body}");
        if let Some(key) = &form.key {
            request = request.header("Idempotency-Key", key);
            what = format!("{what} with key {key}");
        }
        let subject = Subject::Account(form.account);
        let outcome = self.send_signed_in(request, &what, subject, &["insufficient_stock"]).await;
        if let Outcome::Acknowledged(response) = &outcome {
            self.placed(form, response);
        }
        outcome
    }

    /// Records an acknowledged order.
    fn placed(&mut self, form: &OrderForm, response: &Response) {
        let (id, ledger) = (response.id(), &self.sender.ledger);
        let subject = Subject::Order(id);
        ledger.log(subject, format!("placed: {form:?}"));
        if !describes(&response.json, &form.content) {
            ledger.report(subject, format!("the response is of another order: {response}"));
        }
        if !ledger.facts().placed(id, form.clone()) {
            ledger.report(subject, format!("its id or its key has another order: {form:?}"));
        }
        if let Some(account) = &mut self.account
            && !account.orders.contains(&id)
        {
            account.orders.push(id);
        }
    }

    /// Sends an earlier placement again, whether it was acknowledged, refused or neither.
    async fn repeat(&mut self) {
        let Some(account) = &self.account else { return };
        if account.keyed.is_empty() {
            return;
        }
        let number = self.sender.rng.random_range(0..account.keyed.len());
        let placement = account.keyed[number].clone();
        if let Outcome::Unknown = self.send_placement(&placement).await {
            self.sender.ledger.facts().possible_orders.insert(placement.form, 1);
        }
    }

    async fn cancel(&mut self) {
        let Some(account) = &self.account else { return };
        let Some(token) = account.token.clone() else { return };
        let Some(order) = self.sender.pick(&account.orders) else { return };
        let request =
            self.sender.with_token(&token).put_empty(&format!("/api/v1/orders/{order}/cancel"));
        let allowed = ["order_cancelled", "order_not_cancellable"];
        match self.send_signed_in(request, "cancel", Subject::Order(order), &allowed).await {
            Outcome::Acknowledged(_) => {
                self.sender.ledger.facts().moved(order, "cancelled", Certainty::Certain);
            }
            Outcome::Unknown => {
                self.sender.ledger.facts().moved(order, "cancelled", Certainty::Possible);
            }
            Outcome::Refused(_) | Outcome::NotSent => {}
        }
    }
}

/// Whether a response describes an order of this content.
fn describes(body: &Value, content: &Content) -> bool {
    match content {
        Content::FreeForm(item, quantity) => {
            body["item_name"] == *item && body["quantity"] == *quantity
        }
        Content::Lines(lines) => {
            let described = body["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
            described.len() == lines.len()
                && described.iter().zip(lines).all(|(line, (product, quantity))| {
                    line["product_id"] == *product && line["quantity"] == *quantity
                })
        }
    }
}
