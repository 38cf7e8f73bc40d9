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
    let case = archive::copying::a_copy_of_a_busy_shop_has_the_same_rows;
    archive::run(Database::migrated(), Database::migrated(), case).await;
}
