//! The audit: checks every [`AuditRule`] on one snapshot of the live database.
//!
//! [`rules`] has the queries of each rule; the domain checks the histories. Each finding is
//! reported as soon as SQLite returns it, so that only a few are in memory.

mod rules;

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*, sql_types::Text};
use domain::{
    OrderId, StoreError,
    audit::{AuditFinding, AuditObserver, AuditRule, Auditor, HistoryAudit},
};
use tokio::sync::mpsc;

use crate::{SqliteStore, error::DbError, schema::order_events};

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

fn check_histories(conn: &mut SqliteConnection, reporter: &Reporter<'_>) -> Result<(), DbError> {
    let entries = order_events::table
        .select((order_events::order_id, order_events::old_status, order_events::new_status))
        .order_by((order_events::order_id, order_events::id))
        .load_iter::<(i64, String, String), _>(conn)?;
    let mut audit = HistoryAudit::default();
    for entry in entries {
        let (order, from, to) = entry?;
        if let Some(finding) = audit.follow(OrderId::new(order), &from, &to) {
            reporter.report(AuditProgress::Found(finding))?;
        }
    }
    Ok(())
}
