//! The suites of the ports, each case on a file of its own.

use port_contracts::archive;

use crate::fixture::Database;

async fn fixture() -> Database {
    Database::migrated()
}

port_contracts::store_suite!(fixture);
port_contracts::auditor_suite!(fixture);

// The suite of moves is run by the adapter that has both databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_shop_moves_from_sqlite_to_sqlite() {
    let case = archive::moving::a_busy_shop_arrives_row_by_row_as_it_was;
    archive::run(Database::migrated(), Database::migrated(), case).await;
}
