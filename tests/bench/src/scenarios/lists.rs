//! Lists in a shop with millions of orders, against the same lists in one with ten thousand: the
//! latency of a page must not depend on the number of rows.
//!
//! The load uses 8 connections: with 64, on a machine with few cores, it would measure the queue
//! and not the page.

use std::{fs, path::PathBuf, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use super::Selection;
use crate::{
    bench::Bench,
    client::ApiClient,
    error::BenchError,
    load::Load,
    postgres::Postgres,
    row::{Row, Target},
    server::Server,
    sized_shops::{self, SHOPS},
};

pub(super) const PRODUCTS: &str = "lists-products";
pub(super) const PRODUCTS_DEEP: &str = "lists-products-deep";
pub(super) const PRODUCTS_SEARCH: &str = "lists-products-search";
/// A customer's own orders, the first page.
pub(super) const OWN: &str = "lists-own";
/// A customer's own orders, page 1,000.
pub(super) const OWN_DEEP: &str = "lists-own-deep";
/// A customer's own orders, a search.
pub(super) const OWN_SEARCH: &str = "lists-own-search";
/// All orders, the first page.
pub(super) const ALL: &str = "lists-all";
pub(super) const ALL_DEEP: &str = "lists-all-deep";
pub(super) const ALL_SEARCH: &str = "lists-all-search";

/// The account whose token is sent.
#[derive(Debug, Clone, Copy)]
enum Account {
    Anonymous,
    Customer,
    Admin,
}

/// The nine lists in the order of the table, with the account and the paths.
const LISTS: [(&str, Account, &[&str]); 9] = [
    (PRODUCTS, Account::Anonymous, &["/api/v1/products"]),
    (PRODUCTS_DEEP, Account::Anonymous, &["/api/v1/products?page=1000"]),
    (
        PRODUCTS_SEARCH,
        Account::Anonymous,
        &[
            "/api/v1/products?search=chair",
            "/api/v1/products?search=oak%20bench",
            "/api/v1/products?search=garden%20bench",
            "/api/v1/products?search=kelmar",
            "/api/v1/products?search=nowhere",
        ],
    ),
    (OWN, Account::Customer, &["/api/v1/orders/me"]),
    (OWN_DEEP, Account::Customer, &["/api/v1/orders/me?page=1000"]),
    (OWN_SEARCH, Account::Customer, &SEARCHES),
    (ALL, Account::Admin, &["/api/v1/orders"]),
    (ALL_DEEP, Account::Admin, &["/api/v1/orders?page=1000"]),
    (ALL_SEARCH, Account::Admin, &SEARCHES),
];

/// Searches of orders, sent in turn. The terms match, in this order: one order in six; one in 200;
/// none, although both words are frequent; one in many hundreds; none.
const SEARCHES: [&str; 5] = [
    "/orders?search=chair",
    "/orders?search=oak%20bench",
    "/orders?search=garden%20bench",
    "/orders?search=kelmar",
    "/orders?search=nowhere",
];

/// A running server on one of the shops.
struct ShopServer {
    server: Server,
    admin: ApiClient,
    tokens: [PathBuf; 2],
}

/// Measures the selected lists, in both shops in turn.
pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    let lists = LISTS.iter().filter(|(name, ..)| selected.contains(name)).collect::<Vec<_>>();
    if lists.is_empty() {
        return Ok(Vec::new());
    }
    let postgres = sized_shops::start(bench).await?;
    let [small, large] = SHOPS;
    let small = open(bench, &postgres, small).await?;
    let large = open(bench, &postgres, large).await?;
    let mut rows = Vec::new();
    for (name, account, paths) in lists {
        let mut row = Row::new(name, "small shop", Target::P99AtMost(2.0));
        for path in *paths {
            for shop in [&small, &large] {
                check(shop, *account, path).await?;
            }
        }
        for _round in bench.rounds(name) {
            row.measured.push(measure_list(bench, &large, *account, paths).await?);
            row.baseline.push(measure_list(bench, &small, *account, paths).await?);
        }
        row.details = json!({
            "orders": bench.options.orders, "products": bench.options.products, "paths": paths,
        });
        row.record_peak_memory(large.server.peak_memory());
        rows.push(row);
    }
    small.server.stop().await?;
    large.server.stop().await?;
    postgres.stop().await?;
    Ok(rows)
}

/// Starts a server on one of the shops and logs in as its customer and its admin.
async fn open(
    bench: &mut Bench,
    postgres: &Postgres,
    shop: &str,
) -> Result<ShopServer, BenchError> {
    let dir = bench.dir(shop)?;
    let settings = sized_shops::settings(bench, postgres, shop).await?.in_directory(&dir);
    let server = settings.start().await?;
    let anonymous = || ApiClient::anonymous(server.base_url());
    let customer = anonymous().log_in("customer@shop.example").await?;
    let admin = anonymous().log_in("admin@shop.example").await?;
    let tokens = [dir.join("customer.token"), dir.join("admin.token")];
    for (file, client) in tokens.iter().zip([&customer, &admin]) {
        fs::write(file, client.token()).map_err(BenchError::io(file.display().to_string()))?;
    }
    Ok(ShopServer { server, admin, tokens })
}

/// Requests a list once and checks that it has rows, unless it is a search.
async fn check(shop: &ShopServer, account: Account, path: &str) -> Result<(), BenchError> {
    let [customer, _admin] = &shop.tokens;
    let client = match account {
        Account::Customer => {
            let token = fs::read_to_string(customer);
            let token = token.map_err(BenchError::io(customer.display().to_string()))?;
            ApiClient::anonymous(shop.server.base_url()).with_token(&token)
        }
        Account::Anonymous | Account::Admin => shop.admin.clone(),
    };
    let response = client.send(Method::GET, path, None).await?;
    let rows = response.get("data").unwrap_or(&response).as_array().map_or(0, Vec::len);
    if rows == 0 && !path.contains("search=") {
        return Err(BenchError::Unexpected(format!("{path} is empty")));
    }
    Ok(())
}

/// Measures one round of a list in one shop.
async fn measure_list(
    bench: &Bench,
    shop: &ShopServer,
    account: Account,
    paths: &[&str],
) -> Result<Load, BenchError> {
    let [customer, admin] = shop.tokens.each_ref().map(|file| file.display().to_string());
    let token_file = match account {
        Account::Anonymous => "anonymous",
        Account::Customer => &customer,
        Account::Admin => &admin,
    };
    let arguments: Vec<&str> = std::iter::once(token_file).chain(paths.iter().copied()).collect();
    let load = bench.get(shop.server.base_url(), "").connections(8).script("get.lua", &arguments);
    let changes = change_products(&shop.admin);
    tokio::select! {
        load = bench.measure(&load) => load,
        failed = changes => Err(failed),
    }
}

/// Changes a product every 50 milliseconds, as in a busy shop, so that cached pages of products are
/// invalidated and the database is measured. Returns only if a change fails.
async fn change_products(admin: &ApiClient) -> BenchError {
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    for change in 0_u64.. {
        pace.tick().await;
        let body =
            json!({"description": format!("Made to last. Revised {} times.", change % 1000)});
        // Some products are deleted and cannot be changed; this one is not.
        let changed: Result<Value, BenchError> =
            admin.send(Method::PUT, "/api/v1/products/2", Some(&body)).await;
        if let Err(failure) = changed {
            return failure;
        }
    }
    BenchError::Interrupted
}
