//! The suites of the ports, each case on a file of its own.

use crate::fixture::Database;

async fn fixture() -> Database {
    Database::migrated()
}

port_contracts::store_suite!(fixture);
port_contracts::auditor_suite!(fixture);
port_contracts::archive_suite!(from_sqlite_to_sqlite, fixture, fixture);
