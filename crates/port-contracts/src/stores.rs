//! The fixture that an adapter passes to the store suites: its stores on a fresh database, and its
//! audit.

use std::{future::Future, sync::Arc, time::Duration};

use domain::{
    account::port::{AccountStore, SessionStore},
    audit::{AuditFinding, Auditor},
    events::port::EventStore,
    order::port::OrderStore,
    product::port::ProductStore,
    shop::port::ShopStore,
};

/// The store ports of one database.
#[derive(Clone)]
pub struct Stores {
    /// The accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The products, with their stock movements.
    pub products: Arc<dyn ProductStore>,
    /// The orders, with their history.
    pub orders: Arc<dyn OrderStore>,
    /// The events of all changes, and their readers.
    pub events: Arc<dyn EventStore>,
    /// The record of the shop.
    pub shop: Arc<dyn ShopStore>,
}

impl Stores {
    /// The ports of a store that implements all of them.
    pub fn of<S>(store: &Arc<S>) -> Self
    where
        S: AccountStore
            + SessionStore
            + ProductStore
            + OrderStore
            + EventStore
            + ShopStore
            + 'static,
    {
        Self {
            accounts: store.clone(),
            sessions: store.clone(),
            products: store.clone(),
            orders: store.clone(),
            events: store.clone(),
            shop: store.clone(),
        }
    }
}

/// A fresh, empty database for one test. Dropping it may remove the database.
pub trait StoreFixture: Send + Sync + 'static {
    /// The adapter under test: all store ports, and the audit.
    type Store: AccountStore
        + SessionStore
        + ProductStore
        + OrderStore
        + EventStore
        + ShopStore
        + Auditor
        + 'static;

    /// The adapter on this database.
    fn store(&self) -> Arc<Self::Store>;

    /// The ports of [`store`](Self::store).
    fn stores(&self) -> Stores {
        Stores::of(&self.store())
    }

    /// The findings of an audit of this database.
    fn findings(&self) -> impl Future<Output = Vec<AuditFinding>> + Send {
        let store = self.store();
        async move { findings(store.as_ref()).await }
    }
}

/// The findings of an audit.
pub async fn findings(auditor: &dyn Auditor) -> Vec<AuditFinding> {
    let mut findings = Vec::new();
    auditor.audit(&mut findings).await.expect("the database can be audited");
    findings
}

/// The starting point of a case of the stores, which the case chooses by its parameter's type.
pub trait FromStores {
    /// Builds the starting point on empty stores.
    fn from_stores(stores: Stores) -> impl Future<Output = Self> + Send;
}

impl FromStores for Stores {
    async fn from_stores(stores: Stores) -> Self {
        stores
    }
}

/// The time after which a case fails. A deadlock would otherwise block it for ever.
const CASE_TIMEOUT: Duration = Duration::from_mins(3);

/// Fails when a case does not finish within [`CASE_TIMEOUT`].
pub(crate) async fn within_timeout(case: impl Future<Output = ()>) {
    let finished = tokio::time::timeout(CASE_TIMEOUT, case).await;
    assert!(finished.is_ok(), "the case has not finished after {CASE_TIMEOUT:?}: a deadlock?");
}

/// Runs one case on a fresh database, then audits the database. The suites' macros call this.
pub async fn run<S, C>(fixture: impl StoreFixture, case: impl FnOnce(S) -> C)
where
    S: FromStores,
    C: Future<Output = ()>,
{
    let stores = fixture.stores();
    within_timeout(async { case(S::from_stores(stores).await).await }).await;
    assert_eq!(fixture.findings().await, [], "the audit finds nothing");
}
