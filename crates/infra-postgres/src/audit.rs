//! The audit: every rule of the domain's [`AuditRule`], checked on the live database in one
//! snapshot.
//!
//! [`rules`] has the queries of each rule. The domain checks the histories. Rows are streamed, so
//! that few are in memory.

mod rules;

use async_trait::async_trait;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    OrderId, StoreError,
    audit::{AuditFinding, AuditObserver, AuditRule, Auditor, HistoryAudit},
};
use futures::TryStreamExt as _;

use crate::{
    PostgresStore, connection::Connection, error::DbError, long_transaction::AccessMode,
    typed_sql::TypedSql,
};

#[async_trait]
impl Auditor for PostgresStore {
    async fn audit(&self, observer: &mut dyn AuditObserver) -> Result<(), StoreError> {
        let transaction = self.long_transaction(AccessMode::ReadOnly).await?;
        for rule in AuditRule::ALL {
            observer.checking(rule);
            check(transaction.connection()?, rule, observer).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Subject {
    #[diesel(sql_type = Text)]
    subject: String,
}

async fn check(
    mut conn: &Connection,
    rule: AuditRule,
    observer: &mut dyn AuditObserver,
) -> Result<(), DbError> {
    if rule == AuditRule::HistoryIsValid {
        return check_histories(conn, observer).await;
    }
    for query in rules::queries(rule) {
        let query = diesel::sql_query(query.into_owned());
        let mut subjects = RunQueryDsl::load_stream::<Subject>(query, &mut conn).await?;
        while let Some(Subject { subject }) = subjects.try_next().await? {
            observer.found(AuditFinding { rule, subject });
        }
    }
    Ok(())
}

const HISTORIES: &str = "
    SELECT order_id, coalesce(data ->> 'from', ''), coalesce(data ->> 'to', '') FROM events
    WHERE type IN ('order.status_changed', 'order.deleted') AND order_id IS NOT NULL ORDER BY order_id, id";

async fn check_histories(
    mut conn: &Connection,
    observer: &mut dyn AuditObserver,
) -> Result<(), DbError> {
    let entries = TypedSql::<(BigInt, Text, Text), _>::new(diesel::sql_query(HISTORIES));
    let mut entries = RunQueryDsl::load_stream::<(i64, String, String)>(entries, &mut conn).await?;
    let mut audit = HistoryAudit::default();
    while let Some((order, from, to)) = entries.try_next().await? {
        if let Some(finding) = audit.follow(OrderId::new(order), &from, &to) {
            observer.found(finding);
        }
    }
    Ok(())
}
