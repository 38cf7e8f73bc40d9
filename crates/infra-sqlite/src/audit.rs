//! The audit: checks every [`AuditRule`] on one snapshot of the live database.
//!
//! [`rules`] has the queries of each rule; the domain checks the histories. Each finding is
//! reported as soon as SQLite returns it, so that only a few are in memory.

mod rules;

use async_trait::async_trait;
use diesel::{
    SqliteConnection,
    prelude::*,
    sql_types::{BigInt, Text},
};
use domain::{
    OrderId, StoreError,
    audit::{AuditFinding, AuditObserver, AuditRule, Auditor, HistoryAudit},
};
use tokio::sync::mpsc;

use crate::{SqliteStore, error::DbError};

/// How many findings may wait for the observer.
const MAX_QUEUED_FINDINGS: usize = 64;

/// A message of the reading thread.
enum AuditProgress {
    Checking(AuditRule),
    Found(AuditFinding),
}

#[async_trait]
impl Auditor for SqliteStore {
    async fn audit(&self, observer: &mut dyn AuditObserver) -> Result<(), StoreError> {
        let mut reading = self.long_read().await?;
        let (sender, mut progress) = mpsc::channel(MAX_QUEUED_FINDINGS);
        let checking = reading.run(move |conn| {
            AuditRule::ALL.into_iter().try_for_each(|rule| check(conn, rule, &Reporter(&sender)))
        });
        let observing = async {
            while let Some(progress) = progress.recv().await {
                match progress {
                    AuditProgress::Checking(rule) => observer.checking(rule),
                    AuditProgress::Found(finding) => observer.found(finding),
                }
            }
        };
        let (checked, ()) = tokio::join!(checking, observing);
        checked
    }
}

/// Sends progress from the reading thread to the observer.
struct Reporter<'a>(&'a mpsc::Sender<AuditProgress>);

impl Reporter<'_> {
    /// Blocks while the channel is full.
    fn report(&self, progress: AuditProgress) -> Result<(), DbError> {
        let sent = self.0.blocking_send(progress);
        sent.map_err(|_closed| DbError::Unexpected("the audit was cancelled"))
    }
}

#[derive(QueryableByName)]
struct SubjectRow {
    #[diesel(sql_type = Text)]
    subject: String,
}

fn check(
    conn: &mut SqliteConnection,
    rule: AuditRule,
    reporter: &Reporter<'_>,
) -> Result<(), DbError> {
    reporter.report(AuditProgress::Checking(rule))?;
    if rule == AuditRule::HistoryIsValid {
        return check_histories(conn, reporter);
    }
    for query in rules::queries(rule) {
        for row in diesel::sql_query(query.as_ref()).load_iter::<SubjectRow, _>(conn)? {
            let SubjectRow { subject } = row?;
            reporter.report(AuditProgress::Found(AuditFinding { rule, subject }))?;
        }
    }
    Ok(())
}

const HISTORIES: &str = "
    SELECT order_id, coalesce(data ->> 'from', '') AS from_status, coalesce(data ->> 'to', '') AS to_status
    FROM events WHERE type IN ('order.status_changed', 'order.deleted') AND order_id IS NOT NULL
    ORDER BY order_id, id";

#[derive(QueryableByName)]
struct HistoryRow {
    #[diesel(sql_type = BigInt)]
    order_id: i64,
    #[diesel(sql_type = Text)]
    from_status: String,
    #[diesel(sql_type = Text)]
    to_status: String,
}

fn check_histories(conn: &mut SqliteConnection, reporter: &Reporter<'_>) -> Result<(), DbError> {
    let entries = diesel::sql_query(HISTORIES).load_iter::<HistoryRow, _>(conn)?;
    let mut audit = HistoryAudit::default();
    for entry in entries {
        let HistoryRow { order_id, from_status, to_status } = entry?;
        let followed = audit.follow(OrderId::new(order_id), &from_status, &to_status);
        if let Some(finding) = followed {
            reporter.report(AuditProgress::Found(finding))?;
        }
    }
    Ok(())
}
