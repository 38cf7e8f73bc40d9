//! The suites of the ports.

use crate::fixture::Opened;

async fn fixture() -> Opened {
    Opened::fresh().await
}

port_contracts::store_suite!(fixture);
