//! What an adapter hands to the store suites: its stores on a fresh database, which its own audit checks.

use std::{future::Future, sync::Arc, time::Duration};

use domain::{
    account::port::{AccountStore, SessionStore},
    audit::{AuditFinding, Auditor},
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

impl Stores {
    /// The ports of a store that has them all.
    pub fn of<S>(store: &Arc<S>) -> Self
    where
        S: AccountStore + SessionStore + ProductStore + OrderStore + OutboxStore + 'static,
    {
        Self {
            accounts: store.clone(),
            sessions: store.clone(),
            products: store.clone(),
            orders: store.clone(),
            outbox: store.clone(),
        }
    }
}

/// A fresh, empty database of its own for one test. Dropping it may throw the database away.
pub trait StoreFixture: Send + Sync + 'static {
    /// What has all ports of the stores, and audits them.
    type Store: AccountStore
        + SessionStore
        + ProductStore
        + OrderStore
        + OutboxStore
        + Auditor
        + 'static;

    /// The store on it.
    fn store(&self) -> Arc<Self::Store>;

    /// Its ports.
    fn stores(&self) -> Stores {
        Stores::of(&self.store())
    }

    /// What its audit finds.
    fn findings(&self) -> impl Future<Output = Vec<AuditFinding>> + Send {
        let store = self.store();
        async move { findings(store.as_ref()).await }
    }
}

/// What an audit finds.
pub async fn findings(auditor: &dyn Auditor) -> Vec<AuditFinding> {
    let mut findings = Vec::new();
    auditor.audit(&mut findings).await.expect("the database can be audited");
    findings
}

/// What a case of the stores begins with: it asks for it by the type of its parameter.
pub trait FromStores {
    /// Makes it of stores that are empty.
    fn from_stores(stores: Stores) -> impl Future<Output = Self> + Send;
}

impl FromStores for Stores {
    async fn from_stores(stores: Stores) -> Self {
        stores
    }
}

/// How long a case may take. Stores that lock each other out would hold it up for ever.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// Fails if a case does not come to its end.
pub(crate) async fn within_time_limit(case: impl Future<Output = ()>) {
    let finished = tokio::time::timeout(TIME_LIMIT, case).await;
    assert!(finished.is_ok(), "the case is not through after {TIME_LIMIT:?}: a deadlock?");
}

/// Runs one case on a fresh database, then audits the database. The suites' macros call this.
pub async fn run<S, C>(fixture: impl StoreFixture, case: impl FnOnce(S) -> C)
where
    S: FromStores,
    C: Future<Output = ()>,
{
    let stores = fixture.stores();
    within_time_limit(async { case(S::from_stores(stores).await).await }).await;
    assert_eq!(fixture.findings().await, [], "the audit finds nothing");
}
