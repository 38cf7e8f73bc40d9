//! The suites of the ports.

use crate::fixture::TestStore;

async fn fixture() -> TestStore {
    TestStore::open().await
}

port_contracts::store_suite!(fixture);
