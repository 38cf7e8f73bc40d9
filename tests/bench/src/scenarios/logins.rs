//! Reads while other clients log in: hashing passwords must not take the processor time of other
//! requests.

use reqwest::Method;
use serde_json::json;

use super::Selection;
use crate::{
    bench::{Bench, TEMPLATE},
    client::ApiClient,
    database,
    error::BenchError,
    row::{Row, Target},
    server::PASSWORD,
};

/// GET a product while eight clients log in.
pub(super) const WHILE_LOGINS: &str = "product-while-logins";

/// The number of clients that log in without pause.
const LOGINS: u32 = 8;

/// Measures the scenario if it is selected: the same reads without and with logins, in turn.
pub(super) async fn run(bench: &mut Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    const DATABASE: &str = "logins";
    if !selected.contains(WHILE_LOGINS) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(WHILE_LOGINS, "product alone", Target::P99AtMost(4.0));
    bench.tokens().await?;
    database::copy(&bench.servers().await?.postgres, TEMPLATE, DATABASE).await?;
    // With the default cost of a hash, which the accounts that are registered now have.
    let server = bench.settings(DATABASE).await?.start().await?;
    register(server.base_url()).await?;
    let reads = bench.get(server.base_url(), "/api/v1/products/7");
    let logins = bench.get(server.base_url(), "").connections(LOGINS);
    let logins = logins.script("login.lua", &[&LOGINS.to_string(), PASSWORD]);
    // Longer than the reads, so that logins run during all of them.
    let time = bench.options.warm_up + bench.options.seconds + 1;
    let mut rates = Vec::new();
    for _round in bench.rounds(WHILE_LOGINS) {
        row.baseline.push(bench.measure(&reads).await?);
        let (reads, logins) = futures::join!(bench.measure(&reads), logins.run(time));
        let (reads, logins) = (reads?, logins?);
        row.measured.push(reads);
        if logins.errors > 0 || logins.requests == 0 {
            let (total, failed) = (logins.requests, logins.errors);
            row.problems.push(format!("of {total} logins, {failed} failed"));
        }
        rates.push(logins.rate);
    }
    row.details = json!({"logins_per_second": rates});
    row.record_peak_memory(server.peak_memory());
    server.stop().await?;
    Ok(vec![row])
}

async fn register(base_url: &str) -> Result<(), BenchError> {
    for number in 1..=LOGINS {
        let email = format!("login{number}@example.com");
        let account = json!({"name": "Customer", "email": email, "password": PASSWORD});
        let client = ApiClient::anonymous(base_url);
        client.send(Method::POST, "/api/v1/users/register", Some(&account)).await?;
    }
    Ok(())
}
