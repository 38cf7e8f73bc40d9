//! The server's background task that removes expired sessions.

use std::time::Duration;

use domain::{account::service::AccountService, with_causes};
use tokio::{task::JoinHandle, time};

const PURGE_INTERVAL: Duration = Duration::from_hours(1);
/// The most sessions that one transaction removes, so that no request waits long for it.
const CHUNK: u32 = 500;
/// The pause between two chunks, in which the store serves requests alone.
const CHUNK_PAUSE: Duration = Duration::from_millis(100);

/// Removes expired sessions, now and every hour, until the task is aborted.
pub(super) fn start(accounts: AccountService) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut interval = time::interval(PURGE_INTERVAL);
        interval.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            purge(&accounts).await;
        }
    })
}

async fn purge(accounts: &AccountService) {
    let mut removed = 0;
    loop {
        match accounts.purge_sessions(CHUNK).await {
            Ok(count) => {
                removed += count;
                if count < u64::from(CHUNK) {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = with_causes(&error),
                    "could not remove expired sessions; the next attempt is in an hour"
                );
                break;
            }
        }
        time::sleep(CHUNK_PAUSE).await;
    }
    if removed > 0 {
        tracing::info!(removed, "removed {removed} expired sessions");
    }
}
