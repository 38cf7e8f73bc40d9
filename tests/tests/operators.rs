//! The operators' surface: whether a program is there, whether requests may come, and who is told how much.

mod access;
mod health_command;
mod own_port;
mod readiness;
mod stopping;

use serde_json::Value;

use crate::harness::{Client, Reply, eventually};

/// What a proxy adds to the requests of others, who are no operators.
const FORWARDED: (&str, &str) = ("X-Forwarded-For", "203.0.113.9");

/// What this machine is told when it asks whether a server is ready.
async fn readiness(client: &Client) -> Reply {
    client.get("/readyz").await
}

/// Waits until the readiness is that word, and returns the answer.
pub(crate) async fn becomes(client: &Client, word: &str) -> Reply {
    let mut last = None;
    eventually(&format!("it is {word}"), async || {
        let reply = readiness(client).await;
        let status = if ["ready", "degraded"].contains(&word) { 200 } else { 503 };
        let so = reply.status == status && reply.json["status"] == word;
        last = Some(reply);
        so
    })
    .await;
    last.expect("an answer")
}

/// What is told about a dependency.
#[track_caller]
pub(crate) fn dependency<'r>(reply: &'r Reply, name: &str) -> &'r Value {
    let all = reply.json["dependencies"].as_array().unwrap_or_else(|| panic!("no detail: {reply}"));
    let found = all.iter().find(|dependency| dependency["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {reply}"))
}

/// Takes the record of the last migration away: the schema is older than the program, as far as anybody can tell.
pub(crate) const AGE: &str = "DELETE FROM __diesel_schema_migrations \
                   WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";

/// Records a migration that no program knows yet.
pub(crate) const RENEW: &str =
    "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')";
