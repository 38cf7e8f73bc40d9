//! The operators' surface: liveness, readiness and metrics, and the access to them.

mod access;
mod health_command;
mod operator_port;
mod readiness;
mod stopping;

use serde_json::Value;

use crate::harness::{Client, Response, eventually};

/// A header that a proxy adds, which makes the caller no operator.
const FORWARDED: (&str, &str) = ("X-Forwarded-For", "203.0.113.9");

/// The readiness as a caller on this machine reads it.
async fn readiness(client: &Client) -> Response {
    client.get("/readyz").await
}

/// Waits until the readiness has this status, and returns the response.
pub(crate) async fn wait_for_readiness(client: &Client, status: &str) -> Response {
    let mut last = None;
    eventually(&format!("readiness is {status}"), async || {
        let response = readiness(client).await;
        let code = if ["ready", "degraded"].contains(&status) { 200 } else { 503 };
        let matches = response.status == code && response.json["status"] == status;
        last = Some(response);
        matches
    })
    .await;
    last.expect("a response")
}

/// The entry of a dependency in a readiness response.
#[track_caller]
pub(crate) fn dependency<'r>(response: &'r Response, name: &str) -> &'r Value {
    let all =
        response.json["dependencies"].as_array().unwrap_or_else(|| panic!("no detail: {response}"));
    let found = all.iter().find(|dependency| dependency["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {response}"))
}

/// Removes the record of the last migration, so that the schema looks older than the program.
pub(crate) const REMOVE_LAST_MIGRATION: &str = "DELETE FROM __diesel_schema_migrations \
                   WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";

/// Records an unknown migration, so that the schema looks newer than the program.
pub(crate) const ADD_UNKNOWN_MIGRATION: &str =
    "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')";
