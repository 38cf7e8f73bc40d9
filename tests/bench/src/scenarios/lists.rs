//! Lists in a shop with millions of orders, against the same lists in one with ten thousand: what a page takes must not
//! depend on how much there is.
//!
//! Over 8 connections: with 64, on a machine of a few cores, it is the queue that is measured and not the page.

use std::{fs, path::PathBuf, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use super::Chosen;
use crate::{
    bench::Bench,
    clients::Caller,
    failure::Failure,
    load::Load,
    postgres::Postgres,
    row::{Row, Wanted},
    shops::{self, SHOPS},
    subject::Subject,
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

/// Whose token is sent.
#[derive(Debug, Clone, Copy)]
enum As {
    Nobody,
    Customer,
    Admin,
}

/// The same nine lists in the order of the table: who asks, and for what.
const LISTS: [(&str, As, &[&str]); 9] = [
    (PRODUCTS, As::Nobody, &["/api/v1/products"]),
    (PRODUCTS_DEEP, As::Nobody, &["/api/v1/products?page=1000"]),
    (
        PRODUCTS_SEARCH,
        As::Nobody,
        &[
            "/api/v1/products?search=chair",
            "/api/v1/products?search=oak%20bench",
            "/api/v1/products?search=garden%20bench",
            "/api/v1/products?search=kelmar",
            "/api/v1/products?search=nowhere",
        ],
    ),
    (OWN, As::Customer, &["/api/v1/orders/me"]),
    (OWN_DEEP, As::Customer, &["/api/v1/orders/me?page=1000"]),
    (OWN_SEARCH, As::Customer, &SEARCHES),
    (ALL, As::Admin, &["/api/v1/orders"]),
    (ALL_DEEP, As::Admin, &["/api/v1/orders?page=1000"]),
    (ALL_SEARCH, As::Admin, &SEARCHES),
];

/// Searches of orders, in turn: for what one order in six has, one in two hundred, none though many have both words,
/// one in many hundreds, and none.
const SEARCHES: [&str; 5] = [
    "/orders?search=chair",
    "/orders?search=oak%20bench",
    "/orders?search=garden%20bench",
    "/orders?search=kelmar",
    "/orders?search=nowhere",
];

/// A shop that is open.
struct Open {
    server: Subject,
    admin: Caller,
    tokens: [PathBuf; 2],
}

/// Measures those lists that are chosen, in both shops in turn.
pub(super) async fn run(bench: &mut Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    let wanted = LISTS.iter().filter(|(name, ..)| chosen.contains(name)).collect::<Vec<_>>();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let postgres = shops::start(bench).await?;
    let [small, large] = SHOPS;
    let small = open(bench, &postgres, small).await?;
    let large = open(bench, &postgres, large).await?;
    let mut rows = Vec::new();
    for (name, whose, paths) in wanted {
        let mut row = Row::new(name, "small shop", Wanted::P99AtMost(2.0));
        for path in *paths {
            for shop in [&small, &large] {
                check(shop, *whose, path).await?;
            }
        }
        for _round in bench.rounds(name) {
            row.subject.push(list(bench, &large, *whose, paths).await?);
            row.yardstick.push(list(bench, &small, *whose, paths).await?);
        }
        row.details = json!({
            "orders": bench.options.orders, "products": bench.options.products, "paths": paths,
        });
        row.remember_memory(large.server.peak_memory());
        rows.push(row);
    }
    small.server.stop().await?;
    large.server.stop().await?;
    postgres.stop().await?;
    Ok(rows)
}

/// Starts a server on one of the shops, and signs in who is needed.
async fn open(bench: &mut Bench, postgres: &Postgres, shop: &str) -> Result<Open, Failure> {
    let dir = bench.dir(shop)?;
    let settings = shops::settings(bench, postgres, shop).await?.in_directory(&dir);
    let server = settings.start().await?;
    let somebody = || Caller::anonymous(server.base());
    let customer = somebody().signed_in("customer@shop.example").await?;
    let admin = somebody().signed_in("admin@shop.example").await?;
    let tokens = [dir.join("customer.token"), dir.join("admin.token")];
    for (file, caller) in tokens.iter().zip([&customer, &admin]) {
        fs::write(file, caller.token()).map_err(Failure::io(file.display().to_string()))?;
    }
    Ok(Open { server, admin, tokens })
}

/// Asks for a list once, so that what is measured is known to be there: a page that is not a search's has rows.
async fn check(shop: &Open, whose: As, path: &str) -> Result<(), Failure> {
    let [customer, _admin] = &shop.tokens;
    let caller = match whose {
        As::Customer => {
            let token = fs::read_to_string(customer);
            let token = token.map_err(Failure::io(customer.display().to_string()))?;
            Caller::anonymous(shop.server.base()).with_token(&token)
        }
        As::Nobody | As::Admin => shop.admin.clone(),
    };
    let answer = caller.send(Method::GET, path, None).await?;
    let rows = answer.get("data").unwrap_or(&answer).as_array().map_or(0, Vec::len);
    if rows == 0 && !path.contains("search=") {
        return Err(Failure::Unexpected(format!("{path} is empty")));
    }
    Ok(())
}

/// A round of one list in one shop.
async fn list(bench: &Bench, shop: &Open, whose: As, paths: &[&str]) -> Result<Load, Failure> {
    let [customer, admin] = shop.tokens.each_ref().map(|file| file.display().to_string());
    let caller = match whose {
        As::Nobody => "nobody",
        As::Customer => &customer,
        As::Admin => &admin,
    };
    let arguments: Vec<&str> = std::iter::once(caller).chain(paths.iter().copied()).collect();
    let load = bench.get(shop.server.base(), "").connections(8).script("get.lua", &arguments);
    let changes = change_products(&shop.admin);
    tokio::select! {
        load = bench.measure(&load) => load,
        failed = changes => Err(failed),
    }
}

/// Changes a product every 50 milliseconds, as in a shop in business: pages of products that are kept in memory go stale
/// all the time, so that the database is what is measured. Ends only if a change fails.
async fn change_products(admin: &Caller) -> Failure {
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    for change in 0_u64.. {
        pace.tick().await;
        let body =
            json!({"description": format!("Made to last. Revised {} times.", change % 1000)});
        // A few are deleted, and not to be changed: this one is not.
        let changed: Result<Value, Failure> =
            admin.send(Method::PUT, "/api/v1/products/2", Some(&body)).await;
        if let Err(failure) = changed {
            return failure;
        }
    }
    Failure::Interrupted
}
