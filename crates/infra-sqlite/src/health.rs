//! The health check of the database file: the port. [`probe`] does the checking.

pub(crate) mod probe;

use std::sync::Arc;

use async_trait::async_trait;
use domain::health::{Condition, Dependency, Importance};

use crate::{SqliteStore, error::Unavailable};

#[async_trait]
impl Dependency for SqliteStore {
    fn name(&self) -> &'static str {
        "database"
    }

    fn importance(&self) -> Importance {
        Importance::Required
    }

    async fn check(&self) -> Condition {
        if self.is_closed() {
            return Condition::Down(Arc::new(Unavailable::Closed));
        }
        self.probe.check().await
    }
}
