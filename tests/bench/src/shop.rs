//! The shop that most scenarios happen in: filled through its own front door, so that its books balance.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    clients::{Caller, post_all},
    failure::Failure,
};

/// How many products it has. Their numbers are 1 to this.
pub(crate) const PRODUCTS: u32 = 1000;
/// How many customers it has, each signed in once. Their accounts' numbers follow the administrator's, which is 1.
pub(crate) const CUSTOMERS: u32 = 64;
/// What a search for products looks for. One name in five has it.
pub(crate) const SEARCH: &str = "kettle";

const KINDS: [&str; 5] = ["Teapot", "Kettle", "Cup", "Saucer", "Tray"];

/// The tokens of everybody in it.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    /// The customers' tokens, in the order of their accounts.
    pub(crate) customers: Vec<String>,
}

impl Shop {
    /// Fills an empty store behind a server: products with more stock than any measurement takes, customers, and so
    /// many orders for each customer.
    pub(crate) async fn fill(base: &str, orders_each: u32) -> Result<Self, Failure> {
        let admin = Caller::admin(base).await?;
        let products = (1..=PRODUCTS).map(|number| (admin.clone(), product(number)));
        post_all(products, "/api/v1/products").await?;
        let anonymous = Caller::anonymous(base);
        let mut customers = Vec::new();
        for number in 1..=CUSTOMERS {
            let account = json!({
                "name": format!("Customer {number}"), "email": email(number),
                "password": crate::subject::PASSWORD,
            });
            post_all([(anonymous.clone(), account)], "/api/v1/users/register").await?;
            customers.push(anonymous.clone().signed_in(&email(number)).await?);
        }
        let orders = (0..orders_each).flat_map(|round| {
            customers.iter().zip(0..).map(move |(customer, number)| {
                let product = (round * CUSTOMERS + number) % PRODUCTS + 1;
                (customer.clone(), json!({"product_id": product, "quantity": 1}))
            })
        });
        post_all(orders.collect::<Vec<_>>(), "/api/v1/orders").await?;
        let tokens = customers.iter().map(|customer| customer.token().to_owned()).collect();
        Ok(Self { customers: tokens })
    }

    /// Writes the customers' tokens to a file, one a line, for the scripts that send the load.
    pub(crate) fn write_tokens(&self, file: &Path) -> Result<(), Failure> {
        fs::write(file, self.customers.join("\n") + "\n")
            .map_err(Failure::io(file.display().to_string()))
    }
}

fn product(number: u32) -> Value {
    let kind = KINDS.iter().cycle().nth(usize::try_from(number).unwrap_or_default());
    json!({
        "name": format!("{} {number}", kind.copied().unwrap_or_default()),
        "description": "Fine stoneware, fired twice, from a small workshop by the sea",
        "price": format!("{}.90", number % 200 + 1),
        "stock": 1_000_000_000_000_i64,
    })
}

/// The address of one of the customers, from 1.
pub(crate) fn email(number: u32) -> String {
    format!("customer{number}@example.com")
}
