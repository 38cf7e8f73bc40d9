//! The shop that most scenarios use. It is filled through the API, so that all invariants hold.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    client::{ApiClient, post_all},
    error::BenchError,
};

/// The number of products. Their ids start at 1.
pub(crate) const PRODUCTS: u32 = 1000;
/// The number of customers, each with one session. Their ids follow the admin's, which is 1.
pub(crate) const CUSTOMERS: u32 = 64;
/// The search term for products, which one name in five contains.
pub(crate) const SEARCH: &str = "kettle";

const KINDS: [&str; 5] = ["Teapot", "Kettle", "Cup", "Saucer", "Tray"];

/// The tokens of the customers of a shop.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    /// The access tokens, in the order of the account ids.
    pub(crate) customers: Vec<String>,
}

impl Shop {
    /// Fills the empty store of a server with products whose stock no measurement exhausts,
    /// customers, and this many orders for each customer.
    pub(crate) async fn fill(base_url: &str, orders_per_customer: u32) -> Result<Self, BenchError> {
        let admin = ApiClient::admin(base_url).await?;
        let products = (1..=PRODUCTS).map(|number| (admin.clone(), product(number)));
        post_all(products, "/api/v1/products").await?;
        let anonymous = ApiClient::anonymous(base_url);
        let mut customers = Vec::new();
        for number in 1..=CUSTOMERS {
            let account = json!({
                "name": format!("Customer {number}"), "email": email(number),
                "password": crate::server::PASSWORD,
            });
            post_all([(anonymous.clone(), account)], "/api/v1/users/register").await?;
            customers.push(anonymous.clone().log_in(&email(number)).await?);
        }
        let orders = (0..orders_per_customer).flat_map(|round| {
            customers.iter().zip(0..).map(move |(customer, number)| {
                let product = (round * CUSTOMERS + number) % PRODUCTS + 1;
                (customer.clone(), json!({"product_id": product, "quantity": 1}))
            })
        });
        post_all(orders.collect::<Vec<_>>(), "/api/v1/orders").await?;
        let tokens = customers.iter().map(|customer| customer.token().to_owned()).collect();
        Ok(Self { customers: tokens })
    }

    /// Writes the tokens to a file, one per line, for the load scripts.
    pub(crate) fn write_tokens(&self, file: &Path) -> Result<(), BenchError> {
        fs::write(file, self.customers.join("\n") + "\n")
            .map_err(BenchError::io(file.display().to_string()))
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

/// The email address of a customer; the numbers start at 1.
pub(crate) fn email(number: u32) -> String {
    format!("customer{number}@example.com")
}
