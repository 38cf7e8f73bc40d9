//! What a server tidies up beside serving.

use std::time::Duration;

use domain::{account::service::AccountService, with_causes};
use tokio::{task::JoinHandle, time};

/// How often sessions that are over are removed.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);
/// How many go at once, so that no request waits long behind it.
const CHUNK: u32 = 500;
/// How long requests have the store to themselves between two portions.
const PAUSE: Duration = Duration::from_millis(100);

/// Removes sessions that are over, now and every hour, until it is aborted.
pub(super) fn start(accounts: AccountService) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut hours = time::interval(PURGE_INTERVAL);
        hours.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            hours.tick().await;
            purge(&accounts).await;
        }
    })
}

async fn purge(accounts: &AccountService) {
    let mut removed = 0;
    loop {
        match accounts.purge_sessions(CHUNK).await {
            Ok(gone) => {
                removed += gone;
                if gone < u64::from(CHUNK) {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = with_causes(&error),
                    "could not remove the sessions that are over; trying again in an hour"
                );
                break;
            }
        }
        time::sleep(PAUSE).await;
    }
    if removed > 0 {
        tracing::info!(removed, "removed {removed} sessions that were over");
    }
}
