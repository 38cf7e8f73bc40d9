//! A group of jobs that commit together.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::{SqliteConnection, connection::SimpleConnection as _};
use domain::{
    StoreError,
    order::port::{PlaceError, Placement},
};
use infra_sql::Panicked;

use super::job::{Job, PlaceJob, Verdict, Work};
use crate::{error::Failure, orders::place};

/// Jobs in the order they came, neighbouring placements merged.
pub(super) struct Batch(Vec<Step>);

/// What runs in one savepoint, as long as all goes well.
enum Step {
    Place(Vec<PlaceJob>),
    Task(Box<dyn Work>),
}

/// What was done and waits for the commit to be told.
enum Done {
    Placed(PlaceJob, Vec<Result<Placement, PlaceError>>),
    Task(Box<dyn Work>),
    /// Failed by itself; what it wrote is taken back already.
    PlaceFailed(PlaceJob, StoreError),
    TaskFailed(Box<dyn Work>, StoreError),
}

impl Batch {
    /// Groups jobs. Only neighbours are merged, so that everything happens in the order it was asked.
    pub(super) fn of(jobs: impl Iterator<Item = Job>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for job in jobs {
            match (job, steps.last_mut()) {
                (Job::Place(job), Some(Step::Place(neighbours))) => neighbours.push(job),
                (Job::Place(job), _) => steps.push(Step::Place(vec![job])),
                (Job::Task(task), _) => steps.push(Step::Task(task)),
            }
        }
        Self(steps)
    }

    /// How many orders each step places, of those that place any.
    pub(super) fn placements(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|step| match step {
            Step::Place(jobs) => Some(jobs.iter().map(|job| job.orders.len()).sum()),
            Step::Task(_) => None,
        })
    }

    /// Tells every caller that nothing was done.
    pub(super) fn fail(self, failure: &StoreError) {
        for step in self.0 {
            match step {
                Step::Place(jobs) => jobs.into_iter().for_each(|job| job.fail(failure)),
                Step::Task(task) => task.fail(failure),
            }
        }
    }

    /// Does everything in one transaction, commits, and only then answers.
    ///
    /// # Errors
    /// If the transaction failed as a whole. Everybody has been told; the connection is in doubt.
    pub(super) fn commit(self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        if let Err(failure) = conn.batch_execute("BEGIN IMMEDIATE") {
            let failure = StoreError::from(Failure::from(failure));
            self.fail(&failure);
            return Err(failure);
        }
        let mut done = Vec::new();
        let mut steps = self.0.into_iter();
        while let Some(step) = steps.next() {
            if let Err(failure) = step.run(conn, &mut done) {
                Self(steps.collect()).fail(&failure);
                for done in done {
                    done.fail(&failure);
                }
                return Err(failure);
            }
        }
        if let Err(failure) = conn.batch_execute("COMMIT") {
            let failure = StoreError::from(Failure::from(failure));
            for done in done {
                done.fail(&failure);
            }
            return Err(failure);
        }
        done.into_iter().for_each(Done::answer);
        Ok(())
    }
}

impl Step {
    /// Does the step's work in a savepoint of its own.
    ///
    /// # Errors
    /// If the whole transaction is lost. The step's own callers have been told.
    fn run(self, conn: &mut SqliteConnection, done: &mut Vec<Done>) -> Result<(), StoreError> {
        match self {
            Self::Task(mut task) => {
                match in_savepoint(conn, |conn| Ok(((), task.run(conn)))) {
                    Ok(Ok(())) => done.push(Done::Task(task)),
                    Ok(Err(failure)) => done.push(Done::TaskFailed(task, failure)),
                    Err(lost) => {
                        task.fail(&lost);
                        return Err(lost);
                    }
                }
                Ok(())
            }
            Self::Place(jobs) => {
                let orders = jobs.iter().map(|job| job.orders.len()).sum();
                for job in &jobs {
                    job.note(orders);
                }
                run_placements(jobs, conn, done)
            }
        }
    }
}

/// Places the orders of all jobs at once. If that fails, each job is tried alone, so that one whose orders
/// the database rejects harms no other.
fn run_placements(
    jobs: Vec<PlaceJob>,
    conn: &mut SqliteConnection,
    done: &mut Vec<Done>,
) -> Result<(), StoreError> {
    let orders: Vec<_> = jobs.iter().flat_map(|job| job.orders.iter().cloned()).collect();
    let outcome = in_savepoint(conn, |conn| Ok((place::place(conn, orders)?, Verdict::Keep)));
    match outcome {
        Ok(Ok(results)) => {
            let mut results = results.into_iter();
            for job in jobs {
                let own = results.by_ref().take(job.orders.len()).collect();
                done.push(Done::Placed(job, own));
            }
            Ok(())
        }
        Ok(Err(failure)) if jobs.len() == 1 => {
            done.extend(jobs.into_iter().map(|job| Done::PlaceFailed(job, failure.clone())));
            Ok(())
        }
        Ok(Err(_some_of_them)) => {
            let mut jobs = jobs.into_iter();
            while let Some(job) = jobs.next() {
                if let Err(lost) = run_placements(vec![job], conn, done) {
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

/// Runs work in a savepoint and takes back what it wrote if it says so, fails or panics. The inner error
/// is the work's own failure; the outer one means that the transaction is lost.
fn in_savepoint<T>(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<(T, Verdict), Failure>,
) -> Result<Result<T, StoreError>, StoreError> {
    let lost = |error: diesel::result::Error| StoreError::from(Failure::from(error));
    conn.batch_execute("SAVEPOINT job").map_err(lost)?;
    // Whatever the work had borrowed is rolled back or thrown away below, so nobody sees it half done.
    let outcome = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
        Ok(Ok(finished)) => Ok(finished),
        Ok(Err(failure)) => Err(StoreError::from(failure)),
        Err(_panic) => Err(StoreError::from(Panicked)),
    };
    let end = match &outcome {
        Ok((_, Verdict::Keep)) => "RELEASE job",
        Ok((_, Verdict::TakeBack)) | Err(_) => "ROLLBACK TO job; RELEASE job",
    };
    // After some failures (a full disk) SQLite has rolled everything back itself. Then there is no such
    // savepoint any more, and what the neighbours did is gone as well.
    conn.batch_execute(end).map_err(|error| match &outcome {
        Err(failure) => failure.clone(),
        Ok(_) => lost(error),
    })?;
    Ok(outcome.map(|(value, _verdict)| value))
}

impl Done {
    /// Tells the caller what came of it: it is committed.
    fn answer(self) {
        match self {
            Self::Placed(job, results) => job.answer(results),
            Self::Task(task) => task.answer(),
            Self::PlaceFailed(job, failure) => job.fail(&failure),
            Self::TaskFailed(task, failure) => task.fail(&failure),
        }
    }

    /// Tells the caller that it was lost with the whole transaction.
    fn fail(self, failure: &StoreError) {
        match self {
            Self::Placed(job, _) | Self::PlaceFailed(job, _) => job.fail(failure),
            Self::Task(task) | Self::TaskFailed(task, _) => task.fail(failure),
        }
    }
}
