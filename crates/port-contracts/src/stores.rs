//! What an adapter hands to the store suites: its stores, and a way to have its own books checked.

use std::{future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    account::port::{AccountStore, SessionStore},
    order::port::OrderStore,
    outbox::port::OutboxStore,
    product::port::ProductStore,
};

/// The stores of one database.
#[derive(Clone)]
pub struct Stores {
    /// Its accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// Its sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Its products.
    pub products: Arc<dyn ProductStore>,
    /// Its orders.
    pub orders: Arc<dyn OrderStore>,
    /// What is to be told of all that.
    pub outbox: Arc<dyn OutboxStore>,
}

/// A fresh, empty database of its own for one test. Dropping it may throw the database away.
#[async_trait]
pub trait StoreFixture: Send + Sync + 'static {
    /// The stores on it.
    fn stores(&self) -> Stores;

    /// Checks what the ports cannot show, with the database's own means: that every product's stock is
    /// the sum of its movements and not negative, that every order's version is 1 and its history's
    /// length, that every step in a history was open, that the outbox has one message for each account,
    /// placement and event, and that whatever the adapter counts beside its tables is counted right.
    ///
    /// # Errors
    /// A sentence for each violation.
    async fn check_books(&self) -> Result<(), Vec<String>>;
}

/// How long a case may take. Stores that lock each other out would hold it up for ever.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// Runs one case on a fresh database, then has the books checked. The suites' macros call this.
pub async fn run<F, C>(fixture: F, case: impl FnOnce(Stores) -> C)
where
    F: StoreFixture,
    C: Future<Output = ()>,
{
    let finished = tokio::time::timeout(TIME_LIMIT, case(fixture.stores())).await;
    assert!(finished.is_ok(), "the case is not through after {TIME_LIMIT:?}: a deadlock?");
    if let Err(violations) = fixture.check_books().await {
        panic!("the books are wrong:\n- {}", violations.join("\n- "));
    }
}
