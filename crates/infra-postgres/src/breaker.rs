//! A circuit breaker in front of a database: while no server answers, operations fail at once instead
//! of waiting for their timeouts (Nygard, "Release It!", "Circuit Breaker").
//!
//! A server that refuses connections fails operations at once anyway. The breaker is for silence: a
//! network that drops packets, or a machine that hangs. An operation that takes long raises the
//! suspicion of it. Then the servers are probed over new connections, and the breaker opens only if
//! none answers and no other operation succeeds meanwhile, so a slow statement, a lock or a busy
//! pool do not open it.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use crate::{error::Unavailable, last_success::LastSuccess, pool::Pool};

/// How long an operation runs before the servers are probed.
const SUSPICION_AFTER: Duration = Duration::from_secs(2);
/// How long a server may take to answer a probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);
/// How often the servers are probed while the breaker is open. Probes overlap: one whose packets
/// were lost is not waited for.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// The breaker of one database. Dropping it stops its task.
pub(crate) struct Breaker {
    is_open: watch::Sender<bool>,
    suspicion: Arc<Notify>,
    monitor: AbortHandle,
}

impl Breaker {
    /// A closed breaker in front of this pool, with a task on the caller's runtime that probes the
    /// servers when there is a suspicion.
    pub(crate) fn start(pool: Arc<Pool>, last_success: Arc<LastSuccess>) -> Self {
        let (is_open, suspicion) = (watch::Sender::new(false), Arc::new(Notify::new()));
        let monitor = monitor(pool, last_success, is_open.clone(), Arc::clone(&suspicion));
        let monitor = tokio::spawn(monitor).abort_handle();
        Self { is_open, suspicion, monitor }
    }

    /// Runs an operation unless the breaker is open, and gives it up when the breaker opens.
    pub(crate) async fn guard<T>(
        &self,
        operation: impl Future<Output = T>,
    ) -> Result<T, Unavailable> {
        if *self.is_open.borrow() {
            return Err(Unavailable::Silent);
        }
        let mut operation = pin!(operation);
        if let Ok(done) = timeout(SUSPICION_AFTER, &mut operation).await {
            return Ok(done);
        }
        self.suspicion.notify_one();
        let mut is_open = self.is_open.subscribe();
        tokio::select! {
            biased;
            done = operation => Ok(done),
            _ = is_open.wait_for(|is_open| *is_open) => Err(Unavailable::Silent),
        }
    }
}

impl Drop for Breaker {
    fn drop(&mut self) {
        self.monitor.abort();
    }
}

async fn monitor(
    pool: Arc<Pool>,
    last_success: Arc<LastSuccess>,
    is_open: watch::Sender<bool>,
    suspicion: Arc<Notify>,
) {
    loop {
        suspicion.notified().await;
        if pool.connector().answers(PROBE_TIMEOUT).await || last_success.is_recent() {
            continue;
        }
        let database = pool.database();
        tracing::warn!(
            database,
            "PostgreSQL does not answer: until it does, requests fail at once"
        );
        is_open.send_replace(true);
        until_answered(&pool).await;
        // The connections of before may be dead.
        pool.close_idle();
        is_open.send_replace(false);
        tracing::info!(database, "PostgreSQL answers again");
    }
}

/// Waits until a probe is answered.
async fn until_answered(pool: &Arc<Pool>) {
    let mut probes = JoinSet::new();
    loop {
        let pool = Arc::clone(pool);
        probes.spawn(async move { pool.connector().answers(PROBE_TIMEOUT).await });
        tokio::select! {
            () = any_answered(&mut probes) => return,
            () = sleep(PROBE_INTERVAL) => {}
        }
    }
}

/// Waits for the first of the probes that is answered; for ever if none is.
async fn any_answered(probes: &mut JoinSet<bool>) {
    while let Some(probe) = probes.join_next().await {
        if matches!(probe, Ok(true)) {
            return;
        }
    }
    std::future::pending::<()>().await;
}
