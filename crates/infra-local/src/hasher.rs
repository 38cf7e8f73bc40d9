//! Password hashing with bcrypt, on threads for blocking work.

use std::{
    num::NonZeroUsize,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use domain::account::{
    NewPassword, PasswordAttempt, PasswordHash,
    port::{HasherError, PasswordHasher},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::instrument;

/// The error for a number that is not a bcrypt cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BcryptCostError {
    /// The cost is below the algorithm's minimum or above its maximum.
    #[error("must be from {min} to {max}", min = BcryptCost::MIN, max = BcryptCost::MAX)]
    OutOfRange,
}

/// The cost of a hash: bcrypt runs `2^cost` rounds. At 12 a hash takes about a quarter of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BcryptCost(u32);

impl BcryptCost {
    /// The least cost of the algorithm, only for tests and throw-away data.
    pub const MIN: u32 = 4;
    /// The greatest cost of the algorithm, at which one hash takes days.
    pub const MAX: u32 = 31;

    /// Checks the cost.
    ///
    /// # Errors
    /// [`BcryptCostError::OutOfRange`] outside [`Self::MIN`] to [`Self::MAX`].
    pub const fn new(cost: u32) -> Result<Self, BcryptCostError> {
        if cost < Self::MIN || cost > Self::MAX {
            Err(BcryptCostError::OutOfRange)
        } else {
            Ok(Self(cost))
        }
    }

    /// The cost as a number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Hashes passwords with bcrypt (version 2b).
///
/// Up to `concurrency` hashes run at once, on the runtime's threads for blocking work, and up to
/// [`Self::MAX_WAITING`] more wait, each for [`Self::MAX_WAIT`] at most. Beyond either limit the
/// result is [`HasherError::Overloaded`]. A hash that runs keeps its permits until it ends, also if its
/// caller is cancelled, so the bound holds for the actual load. A waiting caller that is cancelled
/// frees its permit at once.
///
/// An attempt without a hash is compared with a dummy hash of a random password at this hasher's
/// cost, so that the time does not reveal whether the account exists. Hashes of a former cost take
/// a different time, which reveals their accounts until they have new passwords.
#[derive(Clone)]
pub struct BcryptHasher {
    cost: BcryptCost,
    /// One permit for each hash that runs or waits.
    capacity: Arc<Semaphore>,
    /// One permit for each hash that runs.
    running: Arc<Semaphore>,
    /// The hash of a random password. Made on first use, on a thread for blocking work.
    dummy_hash: Arc<OnceLock<String>>,
}

impl BcryptHasher {
    /// How many hashes may wait.
    pub const MAX_WAITING: usize = 256;

    /// How long a hash may wait until it starts. Later, its client has often given up, and the
    /// work would only delay the hashes behind it.
    pub const MAX_WAIT: Duration = Duration::from_secs(10);

    /// A hasher that runs `concurrency` hashes at once.
    pub fn new(cost: BcryptCost, concurrency: NonZeroUsize) -> Self {
        let max_concurrency = Semaphore::MAX_PERMITS - Self::MAX_WAITING;
        let concurrency = concurrency.get().min(max_concurrency);
        Self {
            cost,
            capacity: Arc::new(Semaphore::new(concurrency + Self::MAX_WAITING)),
            running: Arc::new(Semaphore::new(concurrency)),
            dummy_hash: Arc::new(OnceLock::new()),
        }
    }

    /// Waits for the permits and runs the work on a thread for blocking work.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HasherError> + Send + 'static,
    ) -> Result<T, HasherError> {
        let capacity =
            self.capacity.clone().try_acquire_owned().map_err(|_full| HasherError::Overloaded)?;
        let running = tokio::time::timeout(Self::MAX_WAIT, self.running.clone().acquire_owned());
        let running = running.await.map_err(|_elapsed| HasherError::Overloaded)?.map_err(broken)?;
        // The permits are dropped in this order, so that there is room for another waiting hash
        // before the next one runs.
        let permits: [OwnedSemaphorePermit; 2] = [capacity, running];
        let finished = tokio::task::spawn_blocking(move || {
            let result = work();
            // Held until the work is done, also if the caller was cancelled.
            drop(permits);
            result
        });
        finished.await.map_err(broken)?
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    #[instrument(target = "oms", name = "password.hash", skip_all)]
    async fn hash(&self, password: NewPassword) -> Result<PasswordHash, HasherError> {
        let cost = self.cost.get();
        self.run(move || {
            // Nothing is truncated: the type limits a password to the bytes that bcrypt reads.
            bcrypt::hash(password.expose(), cost).map(PasswordHash::new).map_err(broken)
        })
        .await
    }

    #[instrument(target = "oms", name = "password.verify", skip_all)]
    async fn verify(
        &self,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HasherError> {
        let cost = self.cost.get();
        let dummy_hash = Arc::clone(&self.dummy_hash);
        self.run(move || {
            let raw = attempt.expose();
            // bcrypt truncates long passwords, and repeats short ones with a NUL in between. So an
            // attempt that is no valid password could match one.
            let is_possible = raw.len() <= NewPassword::MAX_BYTES && !raw.contains('\0');
            if let Some(hash) = hash.filter(|_| is_possible) {
                // The crate compares in constant time.
                bcrypt::verify(raw, hash.expose()).map_err(broken)
            } else {
                verify_dummy(&dummy_hash, raw, cost).map(|()| false)
            }
        })
        .await
    }
}

/// Takes as long as verifying a hash of this cost. The first call makes the dummy hash instead,
/// which is the same work.
fn verify_dummy(dummy_hash: &OnceLock<String>, raw: &str, cost: u32) -> Result<(), HasherError> {
    if let Some(hash) = dummy_hash.get() {
        bcrypt::verify(raw, hash).map_err(broken)?;
    } else {
        let mut password = [0_u8; 32];
        getrandom::fill(&mut password).map_err(broken)?;
        let hash = bcrypt::hash(password, cost).map_err(broken)?;
        dummy_hash.get_or_init(|| hash);
    }
    Ok(())
}

fn broken(cause: impl std::error::Error + Send + Sync + 'static) -> HasherError {
    HasherError::Broken(Arc::new(cause))
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const JUST_UNDER: Duration =
        BcryptHasher::MAX_WAIT.checked_sub(Duration::from_millis(1)).unwrap();

    fn attempt(hasher: &BcryptHasher) -> impl Future<Output = Result<bool, HasherError>> {
        hasher.verify(PasswordAttempt::new("x"), None)
    }

    /// A hasher that runs one hash at once, and the permit of the one that seems to run.
    fn busy_hasher() -> (BcryptHasher, OwnedSemaphorePermit) {
        let hasher =
            BcryptHasher::new(BcryptCost::new(BcryptCost::MIN).unwrap(), NonZeroUsize::MIN);
        let running = hasher.running.clone().try_acquire_owned().unwrap();
        (hasher, running)
    }

    #[tokio::test(start_paused = true)]
    async fn a_hash_that_waits_too_long_is_refused_and_frees_its_place() {
        let (hasher, running) = busy_hasher();
        let places = hasher.capacity.available_permits();
        let mut waiting = attempt(&hasher).boxed();
        assert!((&mut waiting).now_or_never().is_none());
        tokio::time::advance(JUST_UNDER).await;
        assert!((&mut waiting).now_or_never().is_none(), "it still waits");
        assert_eq!(hasher.capacity.available_permits(), places - 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        let refused = waiting.await;
        assert!(matches!(refused, Err(HasherError::Overloaded)), "{refused:?}");
        assert_eq!(hasher.capacity.available_permits(), places);
        drop(running);
        assert!(!attempt(&hasher).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hash_that_waits_a_little_is_run() {
        let (hasher, running) = busy_hasher();
        let mut waiting = attempt(&hasher).boxed();
        assert!((&mut waiting).now_or_never().is_none());
        tokio::time::advance(JUST_UNDER).await;
        drop(running);
        assert!(!waiting.await.unwrap());
    }
}
