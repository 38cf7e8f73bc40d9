//! The timer of the runtime.

use std::time::Duration;

use async_trait::async_trait;
use domain::Timer;

/// Waits on tokio's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
