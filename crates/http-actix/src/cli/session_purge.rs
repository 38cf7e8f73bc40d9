//! The server's background task that removes expired sessions and unused login networks.

use std::time::Duration;

use domain::{StoreError, account::service::AccountService, with_causes};
use tokio::{task::JoinHandle, time};

const PURGE_INTERVAL: Duration = Duration::from_hours(1);
/// The most rows that one transaction removes, so that no request waits long for it.
const CHUNK: u32 = 500;
/// The pause between two chunks, in which the store serves requests alone.
const CHUNK_PAUSE: Duration = Duration::from_millis(100);

/// Removes expired sessions and networks without a recent login, now and every hour, until the task
/// is aborted.
pub(super) fn start(accounts: AccountService) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut interval = time::interval(PURGE_INTERVAL);
        interval.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            purge("expired sessions", || accounts.purge_sessions(CHUNK)).await;
            purge("networks without a recent login", || accounts.purge_networks(CHUNK)).await;
        }
    })
}

/// Removes rows in chunks until there are none. `what` describes them in the log.
async fn purge<F>(what: &str, remove: impl Fn() -> F)
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let mut removed = 0;
    loop {
        match remove().await {
            Ok(count) => {
                removed += count;
                if count < u64::from(CHUNK) {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = with_causes(&error),
                    "could not remove {what}; the next attempt is in an hour"
                );
                break;
            }
        }
        time::sleep(CHUNK_PAUSE).await;
    }
    if removed > 0 {
        tracing::info!(removed, "removed {removed} {what}");
    }
}
