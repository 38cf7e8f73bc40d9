//! A torture test: many clients change a shop while its server, worker, databases and connections
//! fail, and after each round a checker compares what was acknowledged with what is there, with
//! what was delivered, and with what `oms audit` finds.
//!
//! `make test` runs a few rounds on each store. `make torture` runs many, with any seed. Every
//! decision comes from the seed: requests, faults, their order and length. How requests interleave
//! does not, so a failure may need some more rounds to show again.
//!
//! | module | content |
//! |---|---|
//! | [`shop`] | the processes of one shop and the proxies between them |
//! | [`faults`] | the faults, and the nemesis that injects them |
//! | [`workload`] | the clients |
//! | [`ledger`] | what the clients know: what was acknowledged, and what may have happened |
//! | [`checks`] | the comparison |
//! | [`rounds`] | the loop over rounds, and the report of a failure |

mod checks;
mod faults;
mod ledger;
mod rounds;
mod shop;
mod workload;

use self::{rounds::run, shop::StoreKind};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_sqlite_acknowledges_survives_faults() {
    run(StoreKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_postgresql_acknowledges_survives_faults() {
    run(StoreKind::Postgres).await;
}
