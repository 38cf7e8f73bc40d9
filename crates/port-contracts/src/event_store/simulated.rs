//! Time that a case controls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{Clock, Timer, Timestamp};

use crate::builders::timestamp;

/// A clock that shows the same [`timestamp`] until a case sets it.
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `seconds`.
    pub(crate) fn at(seconds: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(seconds)))
    }

    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        timestamp(self.seconds())
    }
}

/// A timer that never fires: leases are not extended.
pub(crate) struct NoTimer;

#[async_trait]
impl Timer for NoTimer {
    async fn sleep(&self, _duration: Duration) {
        std::future::pending::<()>().await;
    }
}

/// A timer that fires as soon as other tasks had a turn.
pub(crate) struct ImmediateTimer;

#[async_trait]
impl Timer for ImmediateTimer {
    async fn sleep(&self, _duration: Duration) {
        tokio::task::yield_now().await;
    }
}
