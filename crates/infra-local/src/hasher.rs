//! Passwords through bcrypt, on threads that serve nothing else.

use std::{
    num::NonZeroUsize,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use domain::account::{
    NewPassword, PasswordAttempt, PasswordHash,
    port::{HasherError, PasswordHasher},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::instrument;

/// A number that is no bcrypt cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BcryptCostError {
    /// Fewer rounds, or more, than the algorithm has.
    #[error("must be from {min} to {max}", min = BcryptCost::MIN, max = BcryptCost::MAX)]
    OutOfRange,
}

/// How slow hashing is: `2^cost` rounds. At 12 it takes about a quarter of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BcryptCost(u32);

impl BcryptCost {
    /// The least cost of the algorithm. Fit for tests and throw-away data alone.
    pub const MIN: u32 = 4;
    /// The greatest cost of the algorithm: a password would take days.
    pub const MAX: u32 = 31;

    /// A cost.
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

    /// The bare number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Hashes passwords with bcrypt (version 2b).
///
/// The work runs on the runtime's threads for blocking work, so many at once as it was made for; up to
/// [`Self::MAX_WAITING`] wait behind them. Work that has begun keeps its place until it ends, also if the
/// caller goes away meanwhile: the bound is on what really runs. A caller who goes away while waiting
/// frees its place at once.
///
/// An attempt without a hash to compare with is compared with the hash of a password that nobody knows,
/// at this hasher's own cost. Hashes that were made at another cost take another time, so after a change
/// of the cost an unknown address can be told from a known one until its owner has a new password.
#[derive(Clone)]
pub struct BcryptHasher {
    cost: BcryptCost,
    /// One permit for each that runs or waits.
    places: Arc<Semaphore>,
    /// One permit for each that runs.
    running: Arc<Semaphore>,
    /// The hash of a password that nobody knows. Made when it is first needed, on a thread for blocking work.
    decoy: Arc<OnceLock<String>>,
}

impl BcryptHasher {
    /// How many may wait. At a cost of 12 on two cores the last of them waits about half a minute, which is as
    /// long as a client does.
    pub const MAX_WAITING: usize = 256;

    /// A hasher that runs `concurrency` hashes at once.
    pub fn new(cost: BcryptCost, concurrency: NonZeroUsize) -> Self {
        let most = Semaphore::MAX_PERMITS - Self::MAX_WAITING;
        let concurrency = concurrency.get().min(most);
        Self {
            cost,
            places: Arc::new(Semaphore::new(concurrency + Self::MAX_WAITING)),
            running: Arc::new(Semaphore::new(concurrency)),
            decoy: Arc::new(OnceLock::new()),
        }
    }

    /// Waits for its turn and runs the work on a thread for blocking work.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HasherError> + Send + 'static,
    ) -> Result<T, HasherError> {
        let place =
            self.places.clone().try_acquire_owned().map_err(|_full| HasherError::Overloaded)?;
        let turn = self.running.clone().acquire_owned().await.map_err(broken)?;
        // Dropped in this order, so that whoever gets the turn finds the place free as well.
        let permits: [OwnedSemaphorePermit; 2] = [place, turn];
        let finished = tokio::task::spawn_blocking(move || {
            let result = work();
            // Held until the work is done, whether anybody still waits for it or not.
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
            // The type has seen to it that nothing is cut off: it has no more bytes than bcrypt reads.
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
        let decoy = Arc::clone(&self.decoy);
        self.run(move || {
            let raw = attempt.expose();
            // bcrypt cuts long passwords off and reads a text over and over with a NUL between, so
            // attempts that no password can be might match one.
            let possible = raw.len() <= NewPassword::MAX_BYTES && !raw.contains('\0');
            if let Some(hash) = hash.filter(|_| possible) {
                // The crate compares in constant time.
                bcrypt::verify(raw, hash.expose()).map_err(broken)
            } else {
                pretend_to_verify(&decoy, raw, cost).map(|()| false)
            }
        })
        .await
    }
}

/// Takes as long as a comparison with a hash of this cost. The first time that is spent on making the
/// decoy, which is the same work.
fn pretend_to_verify(decoy: &OnceLock<String>, raw: &str, cost: u32) -> Result<(), HasherError> {
    if let Some(hash) = decoy.get() {
        bcrypt::verify(raw, hash).map_err(broken)?;
    } else {
        let mut password = [0_u8; 32];
        getrandom::fill(&mut password).map_err(broken)?;
        let hash = bcrypt::hash(password, cost).map_err(broken)?;
        decoy.get_or_init(|| hash);
    }
    Ok(())
}

fn broken(cause: impl std::error::Error + Send + Sync + 'static) -> HasherError {
    HasherError::Broken(Arc::new(cause))
}
