//! The suites of the ports, each case on a separate file.

use port_contracts::archive;

use crate::fixture::Database;

async fn fixture() -> Database {
    Database::migrated()
}

port_contracts::store_suite!(fixture);
port_contracts::auditor_suite!(fixture);

// The whole suite of copies runs with the adapter whose tests have both databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_shop_is_copied_from_sqlite_to_sqlite() {
    let case = archive::moving::a_busy_shop_arrives_row_by_row_as_it_was;
    archive::run(Database::migrated(), Database::migrated(), case).await;
}
