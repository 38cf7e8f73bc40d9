//! What a server tidies up beside serving.

use std::time::Duration;

use domain::{StoreError, account::service::AccountService, with_causes};
use tokio::{task::JoinHandle, time};

/// How often rows that nothing needs any more are removed.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);
/// How many go at once, so that no request waits long behind it.
const CHUNK: u32 = 500;
/// How long requests have the store to themselves between two portions.
const PAUSE: Duration = Duration::from_millis(100);

/// Removes sessions that are over, and networks without a recent login, now and every hour, until it is aborted.
pub(super) fn start(accounts: AccountService) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut hours = time::interval(PURGE_INTERVAL);
        hours.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            hours.tick().await;
            purge("sessions that were over", || accounts.purge_sessions(CHUNK)).await;
            purge("networks without a recent login", || accounts.purge_networks(CHUNK)).await;
        }
    })
}

/// Removes rows, a portion at a time, until there are none. `what` describes them in the log.
async fn purge<F>(what: &str, remove: impl Fn() -> F)
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let mut removed = 0;
    loop {
        match remove().await {
            Ok(gone) => {
                removed += gone;
                if gone < u64::from(CHUNK) {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = with_causes(&error),
                    "could not remove {what}; trying again in an hour"
                );
                break;
            }
        }
        time::sleep(PAUSE).await;
    }
    if removed > 0 {
        tracing::info!(removed, "removed {removed} {what}");
    }
}
