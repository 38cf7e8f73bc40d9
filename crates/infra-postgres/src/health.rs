//! The health check of the database: the port. [`check`] runs it.

pub(crate) mod check;

use std::sync::Arc;

use async_trait::async_trait;
use domain::health::{Criticality, Dependency, DependencyStatus};

use crate::{PostgresStore, error::Unavailable};

#[async_trait]
impl Dependency for PostgresStore {
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
        self.health_check.check(self.last_success()).await
    }
}
