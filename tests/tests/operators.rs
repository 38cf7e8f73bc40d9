//! The operators' surface: whether a program is there, whether requests may come, and who is told how much.

mod access;
mod health_command;
mod own_port;
mod readiness;
mod schema;
mod stopping;

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use serde_json::Value;

use crate::harness::{Client, Process, Reply, Server, Store, eventually, sql};

/// What a proxy adds to the requests of others, who are no operators.
const FORWARDED: (&str, &str) = ("X-Forwarded-For", "203.0.113.9");

/// What this machine is told when it asks whether a server is ready.
async fn readiness(client: &Client) -> Reply {
    client.get("/readyz").await
}

/// Waits until the readiness is that word, and returns the answer.
async fn becomes(client: &Client, word: &str) -> Reply {
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
fn dependency<'r>(reply: &'r Reply, name: &str) -> &'r Value {
    let all = reply.json["dependencies"].as_array().unwrap_or_else(|| panic!("no detail: {reply}"));
    let found = all.iter().find(|dependency| dependency["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {reply}"))
}

/// Where operators have a port of their own, as soon as the program has printed it.
async fn own_port(printed: impl Fn() -> String) -> String {
    eventually("it names the operators' port", async || named_port(&printed()).is_some()).await;
    named_port(&printed()).expect("a port of their own")
}

/// That port, `http://127.0.0.1:<port>`, in what a program has printed.
fn named_port(printed: &str) -> Option<String> {
    let (_, rest) = printed.split_once("metrics  http://")?;
    let (address, _) = rest.split_once("/metrics")?;
    Some(format!("http://{address}"))
}

/// Somebody who asks a server at the operators' port.
async fn at_own_port(server: &Server) -> Client {
    Client::anonymous(&own_port(|| server.printed()).await)
}

/// Somebody who asks a worker.
async fn of_worker(worker: &Process) -> Client {
    Client::anonymous(&own_port(|| worker.printed()).await)
}

/// Changes a store's database behind the product's back.
async fn change(store: &Store, statements: &str) {
    let url = store.database_url();
    if let Some(file) = url.strip_prefix("sqlite://") {
        let mut connection = SqliteConnection::establish(file).expect("the database");
        let patient = format!("PRAGMA busy_timeout = 10000; {statements}");
        connection.batch_execute(&patient).expect("a change");
    } else {
        sql(&url, statements).await.expect("a change");
    }
}

/// Takes the record of the last migration away: the schema is older than the program, as far as anybody can tell.
const AGE: &str = "DELETE FROM __diesel_schema_migrations \
                   WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";

/// Records a migration that no program knows yet.
const RENEW: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')";
