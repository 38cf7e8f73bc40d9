//! The operators' surface: whether a program is there, whether requests may come, and who is told how much.

mod access;
mod health_command;
mod operator_port;
mod readiness;
mod stopping;

use serde_json::Value;

use crate::harness::{Client, Response, eventually};

/// What a proxy adds to the requests of others, who are no operators.
const FORWARDED: (&str, &str) = ("X-Forwarded-For", "203.0.113.9");

/// What this machine is told when it asks whether a server is ready.
async fn readiness(client: &Client) -> Response {
    client.get("/readyz").await
}

/// Waits until the readiness is that word, and returns the answer.
pub(crate) async fn wait_for_readiness(client: &Client, word: &str) -> Response {
    let mut last = None;
    eventually(&format!("it is {word}"), async || {
        let response = readiness(client).await;
        let status = if ["ready", "degraded"].contains(&word) { 200 } else { 503 };
        let so = response.status == status && response.json["status"] == word;
        last = Some(response);
        so
    })
    .await;
    last.expect("an answer")
}

/// What is told about a dependency.
#[track_caller]
pub(crate) fn dependency<'r>(response: &'r Response, name: &str) -> &'r Value {
    let all =
        response.json["dependencies"].as_array().unwrap_or_else(|| panic!("no detail: {response}"));
    let found = all.iter().find(|dependency| dependency["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {response}"))
}

/// Takes the record of the last migration away: the schema is older than the program, as far as anybody can tell.
pub(crate) const REMOVE_LAST_MIGRATION: &str = "DELETE FROM __diesel_schema_migrations \
                   WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";

/// Records a migration that no program knows yet.
pub(crate) const ADD_UNKNOWN_MIGRATION: &str =
    "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')";
