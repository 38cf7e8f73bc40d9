//! The health check of the database file: the port. [`check`] does the checking.

pub(crate) mod check;

use std::sync::Arc;

use async_trait::async_trait;
use domain::health::{Criticality, Dependency, DependencyStatus};

use crate::{SqliteStore, error::Unavailable};

#[async_trait]
impl Dependency for SqliteStore {
    fn name(&self) -> &'static str {
        "database"
    }

    fn criticality(&self) -> Criticality {
        Criticality::Required
    }

    async fn check(&self) -> DependencyStatus {
        if self.is_closed() {
            return DependencyStatus::Down(Arc::new(Unavailable::Closed));
        }
        self.health_check.check().await
    }
}
