//! A group of jobs that commit together.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::{SqliteConnection, connection::SimpleConnection as _};
use domain::{
    StoreError,
    order::port::{PlaceError, Placement},
};
use infra_sql::Panicked;

use super::job::{DbOperation, PlacementJob, SavepointEnd, WriteJob};
use crate::{error::DbError, orders::place};

/// Jobs in the order of the queue, with neighbouring placements merged.
pub(super) struct Batch(Vec<JobGroup>);

/// Jobs that run in one savepoint. If placements fail together, each job runs again alone.
enum JobGroup {
    Placements(Vec<PlacementJob>),
    Operation(Box<dyn DbOperation>),
}

/// The result of a job that has run. It is sent to the caller after the commit.
enum PendingReply {
    Placed(PlacementJob, Vec<Result<Placement, PlaceError>>),
    Operation(Box<dyn DbOperation>),
    /// The job alone failed; what it wrote is rolled back already.
    PlacementFailed(PlacementJob, StoreError),
    OperationFailed(Box<dyn DbOperation>, StoreError),
}

impl Batch {
    /// Groups jobs. Only neighbours are merged, so that jobs run in the order of the queue.
    pub(super) fn of(jobs: impl Iterator<Item = WriteJob>) -> Self {
        let mut groups: Vec<JobGroup> = Vec::new();
        for job in jobs {
            match (job, groups.last_mut()) {
                (WriteJob::Place(job), Some(JobGroup::Placements(neighbours))) => {
                    neighbours.push(job);
                }
                (WriteJob::Place(job), _) => groups.push(JobGroup::Placements(vec![job])),
                (WriteJob::Operation(operation), _) => groups.push(JobGroup::Operation(operation)),
            }
        }
        Self(groups)
    }

    /// The number of orders of each group of placements.
    pub(super) fn placements(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|group| match group {
            JobGroup::Placements(jobs) => Some(jobs.iter().map(|job| job.orders.len()).sum()),
            JobGroup::Operation(_) => None,
        })
    }

    /// Returns the error to every caller. Nothing was written.
    pub(super) fn fail(self, failure: &StoreError) {
        for group in self.0 {
            match group {
                JobGroup::Placements(jobs) => jobs.into_iter().for_each(|job| job.fail(failure)),
                JobGroup::Operation(operation) => operation.fail(failure),
            }
        }
    }

    /// Runs all jobs in one transaction, commits, and only then replies to the callers.
    ///
    /// # Errors
    /// If the whole transaction failed. The error was sent to all callers; the state of the
    /// connection is unknown.
    pub(super) fn commit(self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        if let Err(failure) = conn.batch_execute("BEGIN IMMEDIATE") {
            let failure = StoreError::from(DbError::from(failure));
            self.fail(&failure);
            return Err(failure);
        }
        let mut replies = Vec::new();
        let mut groups = self.0.into_iter();
        while let Some(group) = groups.next() {
            if let Err(failure) = group.run(conn, &mut replies) {
                Self(groups.collect()).fail(&failure);
                for reply in replies {
                    reply.fail(&failure);
                }
                return Err(failure);
            }
        }
        if let Err(failure) = conn.batch_execute("COMMIT") {
            let failure = StoreError::from(DbError::from(failure));
            for reply in replies {
                reply.fail(&failure);
            }
            return Err(failure);
        }
        replies.into_iter().for_each(PendingReply::answer);
        Ok(())
    }
}

impl JobGroup {
    /// Runs the group in a savepoint.
    ///
    /// # Errors
    /// If the whole transaction is lost. The error was sent to the group's callers.
    fn run(
        self,
        conn: &mut SqliteConnection,
        replies: &mut Vec<PendingReply>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Operation(mut operation) => {
                match in_savepoint(conn, |conn| Ok(((), operation.run(conn)))) {
                    Ok(Ok(())) => replies.push(PendingReply::Operation(operation)),
                    Ok(Err(failure)) => {
                        replies.push(PendingReply::OperationFailed(operation, failure));
                    }
                    Err(lost) => {
                        operation.fail(&lost);
                        return Err(lost);
                    }
                }
                Ok(())
            }
            Self::Placements(jobs) => {
                let orders = jobs.iter().map(|job| job.orders.len()).sum();
                for job in &jobs {
                    job.record_batch_size(orders);
                }
                run_placements(jobs, conn, replies)
            }
        }
    }
}

/// Places the orders of all jobs at once. If that fails, places those of each job alone, so that a
/// job whose orders the database rejects does not fail the others.
fn run_placements(
    jobs: Vec<PlacementJob>,
    conn: &mut SqliteConnection,
    replies: &mut Vec<PendingReply>,
) -> Result<(), StoreError> {
    let orders: Vec<_> = jobs.iter().flat_map(|job| job.orders.iter().cloned()).collect();
    let outcome =
        in_savepoint(conn, |conn| Ok((place::place(conn, orders)?, SavepointEnd::Release)));
    match outcome {
        Ok(Ok(results)) => {
            let mut results = results.into_iter();
            for job in jobs {
                let own = results.by_ref().take(job.orders.len()).collect();
                replies.push(PendingReply::Placed(job, own));
            }
            Ok(())
        }
        Ok(Err(failure)) if jobs.len() == 1 => {
            replies.extend(
                jobs.into_iter().map(|job| PendingReply::PlacementFailed(job, failure.clone())),
            );
            Ok(())
        }
        Ok(Err(_together)) => {
            let mut jobs = jobs.into_iter();
            while let Some(job) = jobs.next() {
                if let Err(lost) = run_placements(vec![job], conn, replies) {
                    for job in jobs {
                        job.fail(&lost);
                    }
                    return Err(lost);
                }
            }
            Ok(())
        }
        Err(lost) => {
            for job in jobs {
                job.fail(&lost);
            }
            Err(lost)
        }
    }
}

/// Runs work in a savepoint, and rolls the savepoint back if the work asks for that, fails or
/// panics. The inner error is that of the work; the outer one means that the transaction is lost.
fn in_savepoint<T>(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<(T, SavepointEnd), DbError>,
) -> Result<Result<T, StoreError>, StoreError> {
    let lost = |error: diesel::result::Error| StoreError::from(DbError::from(error));
    conn.batch_execute("SAVEPOINT job").map_err(lost)?;
    // Unwind safety: everything that a panicking closure has borrowed is rolled back or dropped
    // below, so no code sees an inconsistent state.
    let outcome = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
        Ok(Ok(finished)) => Ok(finished),
        Ok(Err(failure)) => Err(StoreError::from(failure)),
        Err(_panic) => Err(StoreError::from(Panicked)),
    };
    let end = match &outcome {
        Ok((_, SavepointEnd::Release)) => "RELEASE job",
        Ok((_, SavepointEnd::RollBack)) | Err(_) => "ROLLBACK TO job; RELEASE job",
    };
    // After some errors, such as a full disk, SQLite rolls back the whole transaction. Then the
    // savepoint no longer exists, and the writes of the other jobs are lost as well.
    conn.batch_execute(end).map_err(|error| match &outcome {
        Err(failure) => failure.clone(),
        Ok(_) => lost(error),
    })?;
    Ok(outcome.map(|(value, _end)| value))
}

impl PendingReply {
    /// Sends the result to the caller, after the commit.
    fn answer(self) {
        match self {
            Self::Placed(job, results) => job.answer(results),
            Self::Operation(operation) => operation.answer(),
            Self::PlacementFailed(job, failure) => job.fail(&failure),
            Self::OperationFailed(operation, failure) => operation.fail(&failure),
        }
    }

    /// Sends the caller the error with which the whole transaction was lost.
    fn fail(self, failure: &StoreError) {
        match self {
            Self::Placed(job, _) | Self::PlacementFailed(job, _) => job.fail(failure),
            Self::Operation(operation) | Self::OperationFailed(operation, _) => {
                operation.fail(failure);
            }
        }
    }
}
