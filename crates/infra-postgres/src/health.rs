//! The health check of the database: the port. [`probe`] runs it.

pub(crate) mod probe;

use std::sync::Arc;

use async_trait::async_trait;
use domain::health::{Condition, Dependency, Importance};

use crate::{PostgresStore, error::Unavailable};

#[async_trait]
impl Dependency for PostgresStore {
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
        self.probe.check(self.last_success()).await
    }
}
