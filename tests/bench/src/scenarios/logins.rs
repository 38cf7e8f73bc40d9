//! Reads while others log in: hashing passwords takes all the time that it is given, and must not be given that of
//! others.

use reqwest::Method;
use serde_json::json;

use super::Chosen;
use crate::{
    bench::{Bench, TEMPLATE},
    clients::Caller,
    database,
    failure::Failure,
    row::{Row, Wanted},
    subject::PASSWORD,
};

/// GET a product while eight clients log in.
pub(super) const WHILE_LOGINS: &str = "product-while-logins";

/// How many log in at once, each again as soon as it is in.
const LOGINS: u32 = 8;

/// Measures it, if it is chosen: the same reads alone and with logins, in turn.
pub(super) async fn run(bench: &mut Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    const DATABASE: &str = "logins";
    if !chosen.contains(WHILE_LOGINS) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(WHILE_LOGINS, "product alone", Wanted::P99AtMost(4.0));
    bench.tokens().await?;
    database::copy(&bench.servers().await?.postgres, TEMPLATE, DATABASE).await?;
    // With the program's own cost of a hash: accounts that are made now have it.
    let server = bench.settings(DATABASE).await?.start().await?;
    register(server.base()).await?;
    let reads = bench.get(server.base(), "/api/v1/products/7");
    let logins = bench.get(server.base(), "").connections(LOGINS);
    let logins = logins.script("login.lua", &[&LOGINS.to_string(), PASSWORD]);
    // Longer than the reads, so that there is no moment without them.
    let time = bench.options.warm_up + bench.options.seconds + 1;
    let mut rates = Vec::new();
    for _round in bench.rounds(WHILE_LOGINS) {
        row.yardstick.push(bench.measure(&reads).await?);
        let (reads, logins) = futures::join!(bench.measure(&reads), logins.run(time));
        let (reads, logins) = (reads?, logins?);
        row.subject.push(reads);
        if logins.errors > 0 || logins.requests == 0 {
            let (good, bad) = (logins.requests, logins.errors);
            row.faults.push(format!("of {good} logins, {bad} failed"));
        }
        rates.push(logins.rate);
    }
    row.details = json!({"logins_per_second": rates});
    row.remember_memory(server.peak_memory());
    server.stop().await?;
    Ok(vec![row])
}

async fn register(base: &str) -> Result<(), Failure> {
    for number in 1..=LOGINS {
        let email = format!("login{number}@example.com");
        let account = json!({"name": "Somebody", "email": email, "password": PASSWORD});
        let caller = Caller::anonymous(base);
        caller.send(Method::POST, "/api/v1/users/register", Some(&account)).await?;
    }
    Ok(())
}
