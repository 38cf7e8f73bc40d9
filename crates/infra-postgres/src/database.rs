//! Pieces of work on a database: each in a transaction of its own, and tried again where that is safe.
//!
//! An asynchronous closure that borrows a connection cannot be shown to be `Send`; so a piece of work is
//! data with a method: see [`Work`].

use std::{borrow::Cow, future::Future, time::Duration};

use diesel::result::Error as DieselError;
use diesel_async::SimpleAsyncConnection as _;
use domain::StoreError;
use rand::RngExt as _;

use crate::{
    connection::{Connection, End},
    error::{Abort, Away, Failure, Remedy},
    health::Answers,
    long_transaction::{LongTransaction, Purpose},
    pool::{Lease, Pool},
};

/// How often a transaction is tried again that got in another one's way.
const MOST_REPEATS: u32 = 5;
/// The longest pause before the first of those tries; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// How long the server may take to roll a transaction back before the connection is closed instead.
const ROLLING_BACK: Duration = Duration::from_secs(2);

/// A piece of work: what it needs to know, and what it does with a connection.
///
/// It may be done more than once, each time from the start, so it changes nothing but the database. What
/// it does after an error of a statement is in vain: the transaction can only be rolled back.
pub(crate) trait Work: Sync {
    /// What comes out.
    type Output: Send;
    /// What the port's caller hears if nothing does.
    type Error: From<StoreError> + Send;

    /// Does the work.
    fn run(
        &self,
        conn: &Connection,
    ) -> impl Future<Output = Result<Self::Output, Abort<Self::Error>>> + Send;
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// A statement.
    pub(crate) statement: Duration,
    /// Waiting for a row that somebody else has locked.
    pub(crate) lock: Duration,
    /// Doing nothing in the middle of a transaction.
    pub(crate) idle: Duration,
    /// A whole transaction, as seen from here.
    pub(crate) transaction: Duration,
}

impl Limits {
    /// What every transaction is to have, by name.
    ///
    /// Everything a transaction looks for has an index. The server would rather read a small table whole, and
    /// keeps that plan while a young shop's tables grow, for references that it checks as well; and it would
    /// compile a plan that looks dear to it, for longer than the plan runs. What an index of parts finds has to fit
    /// into memory: else whole pages are cut into pieces again, row by row.
    fn settings(self) -> [(&'static str, String); 6] {
        [
            ("statement_timeout", self.statement.as_millis().to_string()),
            ("lock_timeout", self.lock.as_millis().to_string()),
            ("idle_in_transaction_session_timeout", self.idle.as_millis().to_string()),
            ("enable_seqscan", "off".to_owned()),
            ("jit", "off".to_owned()),
            // In KiB.
            ("work_mem", "32768".to_owned()),
        ]
    }

    /// The settings as a connection brings them along for its whole session.
    pub(crate) fn for_session(self) -> String {
        self.settings().map(|(name, value)| format!("-c {name}={value}")).join(" ")
    }

    /// The settings as statements behind the beginning of a transaction, for it alone: behind a `PgBouncer`, the
    /// next on the same connection is another's.
    fn for_transaction(self) -> String {
        self.settings().map(|(name, value)| format!("; SET LOCAL {name} = {value}")).concat()
    }
}

/// What surrounds a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// Nothing: each statement stands for itself.
    Bare,
    /// Nothing, for work of a single statement, unless the session lacks the settings of a transaction.
    Single,
    /// A transaction that sees one moment and writes nothing.
    Snapshot,
    /// A transaction that is committed.
    Transaction,
}

/// One database, through one pool.
pub(crate) struct Database {
    pool: Pool,
    answers: Answers,
    limits: Limits,
    /// Behind the beginning of a transaction, in a session that does not have them already.
    settings: String,
}

impl Database {
    /// Works through that pool, within those limits.
    pub(crate) fn new(pool: Pool, limits: Limits) -> Self {
        Self { pool, answers: Answers::none(), limits, settings: limits.for_transaction() }
    }

    /// Writes, in a transaction. What comes out of the work is committed.
    pub(crate) async fn write<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.repeat(Frame::Transaction, work).await
    }

    /// Reads. Each statement sees the last commit before it.
    pub(crate) async fn read<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.repeat(Frame::Bare, work).await
    }

    /// Reads with a single statement, which sees one moment by itself.
    pub(crate) async fn read_at_once<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.repeat(Frame::Single, work).await
    }

    /// Reads. All statements see the same moment.
    pub(crate) async fn snapshot<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.repeat(Frame::Snapshot, work).await
    }

    /// Begins a transaction on the whole database, beside all others.
    pub(crate) async fn long_transaction(
        &self,
        purpose: Purpose,
    ) -> Result<LongTransaction, StoreError> {
        Ok(LongTransaction::begin(&self.pool, purpose).await?)
    }

    /// Closes the connections that are idle.
    pub(crate) fn forget_idle(&self) {
        self.pool.forget_idle();
    }

    /// When work was done last.
    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Whether further work is refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Tells whoever listens how its connections are used now.
    pub(crate) fn show_pool(&self) {
        self.pool.show();
    }

    /// Refuses further work, and waits for what is under way.
    pub(crate) async fn close(&self) {
        self.pool.close(self.limits.transaction).await;
    }

    async fn repeat<W: Work>(&self, frame: Frame, work: &W) -> Result<W::Output, W::Error> {
        let mut reconnected = false;
        let mut repeats = 0;
        loop {
            let failure = match self.once(frame, work).await {
                Ok(output) => {
                    self.answers.note();
                    return Ok(output);
                }
                Err(Abort::Refused(refusal)) => {
                    self.answers.note();
                    return Err(refusal);
                }
                Err(Abort::Failed(failure)) => failure,
            };
            match failure.remedy() {
                Remedy::Reconnect => {
                    self.pool.forget_idle();
                    if reconnected {
                        return Err(StoreError::from(failure).into());
                    }
                    reconnected = true;
                }
                Remedy::Repeat if repeats < MOST_REPEATS => {
                    tokio::time::sleep(pause(repeats)).await;
                    repeats += 1;
                }
                _ => return Err(StoreError::from(failure).into()),
            }
        }
    }

    async fn once<W: Work>(&self, frame: Frame, work: &W) -> Result<W::Output, Abort<W::Error>> {
        let lease = self.pool.lease().await?;
        let conn = lease.connection()?;
        let frame = match frame {
            Frame::Single if conn.is_settled() => Frame::Bare,
            Frame::Single => Frame::Snapshot,
            other => other,
        };
        let running = async {
            match self.beginning(frame, conn) {
                None => work.run(conn).await,
                Some(begin) => within(conn, &begin, work).await,
            }
        };
        let done = match tokio::time::timeout(self.limits.transaction, running).await {
            Ok(done) => done,
            // The lease closes the connection.
            Err(_elapsed) => return Err(unanswered(conn).into()),
        };
        match (frame, done) {
            (Frame::Bare, done) => {
                if !matches!(&done, Err(Abort::Failed(_))) {
                    lease.give_back();
                }
                done
            }
            (Frame::Transaction, done) if conn.end() != End::Open => after_end(lease, done),
            (Frame::Transaction, Ok(output)) => {
                self.commit(lease).await?;
                Ok(output)
            }
            (_, done) => {
                if !matches!(&done, Err(Abort::Failed(failure)) if failure.remedy() == Remedy::Reconnect)
                {
                    roll_back(lease).await;
                }
                done
            }
        }
    }

    /// How a piece of work begins there, if it is in a transaction. The isolation is said each time, as a database
    /// or a user may have another default. Whether it may write is not: an operator who lets nobody write, or a
    /// server that cannot, is not to be overruled.
    fn beginning(&self, frame: Frame, conn: &Connection) -> Option<Cow<'static, str>> {
        let begin = match frame {
            Frame::Bare | Frame::Single => return None,
            Frame::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            Frame::Transaction => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        Some(if conn.is_settled() {
            begin.into()
        } else {
            format!("{begin}{}", self.settings).into()
        })
    }

    async fn commit(&self, lease: Lease) -> Result<(), Failure> {
        let mut conn = lease.connection()?;
        if conn.has_failed() {
            roll_back(lease).await;
            return Err(Failure::Impossible("a transaction went on after a statement failed"));
        }
        let committing =
            tokio::time::timeout(self.limits.transaction, conn.batch_execute("COMMIT"));
        match committing.await {
            Ok(Ok(())) => {
                lease.give_back();
                Ok(())
            }
            Ok(Err(error)) => Err(of_commit(error)),
            Err(_elapsed) => Err(Failure::CommitUnknown(DieselError::BrokenTransactionManager)),
        }
    }
}

/// Does the work in a transaction that begins like that. Both are sent together; if the beginning fails, so
/// does whatever is sent behind it.
async fn within<W: Work>(
    conn: &Connection,
    begin: &str,
    work: &W,
) -> Result<W::Output, Abort<W::Error>> {
    let mut first = conn;
    let (opened, done) = futures::future::join(first.batch_execute(begin), work.run(conn)).await;
    opened?;
    done
}

/// What a piece of work comes to that did not end in time.
fn unanswered(conn: &Connection) -> Failure {
    match conn.end() {
        End::Open => Failure::Away(Away::Silent),
        End::Sent | End::Answered => Failure::CommitUnknown(DieselError::BrokenTransactionManager),
    }
}

/// What a piece of work comes to that has sent its commit itself, together with its last statements.
fn after_end<T, E>(lease: Lease, done: Result<T, Abort<E>>) -> Result<T, Abort<E>> {
    let conn = lease.connection()?;
    let (end, failed) = (conn.end(), conn.has_failed());
    match done {
        Ok(output) if end == End::Answered && !failed => {
            lease.give_back();
            Ok(output)
        }
        Ok(_) => Err(Failure::Impossible("a commit was taken for one that it was not").into()),
        Err(Abort::Failed(Failure::Statement(error))) if end == End::Sent => {
            Err(Failure::CommitUnknown(error).into())
        }
        // The server has answered: something failed before the commit, which was a rollback then.
        Err(failure) => {
            if end == End::Answered {
                lease.give_back();
            }
            Err(failure)
        }
    }
}

/// A commit that the server refused did not happen. One that it did not answer may have.
pub(crate) fn of_commit(error: DieselError) -> Failure {
    let failure = Failure::from(error);
    match failure {
        Failure::Statement(error) if is_unknown(&error) => Failure::CommitUnknown(error),
        known => known,
    }
}

fn is_unknown(error: &DieselError) -> bool {
    use diesel::result::DatabaseErrorKind::{ClosedConnection, UnableToSendCommand, Unknown};
    matches!(error, DieselError::DatabaseError(ClosedConnection | UnableToSendCommand | Unknown, _))
}

/// Rolls back, so that the connection can be used again; if that does not work, it is closed.
async fn roll_back(lease: Lease) {
    let Ok(mut conn) = lease.connection() else { return };
    let rolling = tokio::time::timeout(ROLLING_BACK, conn.batch_execute("ROLLBACK"));
    if matches!(rolling.await, Ok(Ok(()))) {
        lease.give_back();
    }
}

/// A random pause, so that those who got in each other's way do not meet again.
fn pause(repeats: u32) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << repeats.min(16));
    rand::rng().random_range(Duration::ZERO..=longest)
}
