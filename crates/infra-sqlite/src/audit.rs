//! Whether the books agree: every rule of the domain's [`AuditRule`], checked on the live database as of one moment.
//!
//! [`rules`] has the queries of each rule. What a history may look like is for the domain to say. A finding is told as soon as SQLite comes upon it, so that however many
//! there are, few are in memory.

mod rules;

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*, sql_types::Text};
use domain::{
    OrderId, StoreError,
    audit::{AuditFinding, AuditObserver, AuditRule, Auditor, HistoryAudit},
};
use tokio::sync::mpsc;

use crate::{SqliteStore, error::DbError, schema::order_events};

/// How many findings may be on their way to the observer.
const UNDER_WAY: usize = 64;

/// What the reading thread has to tell.
enum News {
    Checking(AuditRule),
    Found(AuditFinding),
}

#[async_trait]
impl Auditor for SqliteStore {
    async fn audit(&self, observer: &mut dyn AuditObserver) -> Result<(), StoreError> {
        let mut reading = self.long_read().await?;
        let (teller, mut news) = mpsc::channel(UNDER_WAY);
        let checking = reading.run(move |conn| {
            AuditRule::ALL.into_iter().try_for_each(|rule| check(conn, rule, &Teller(&teller)))
        });
        let listening = async {
            while let Some(news) = news.recv().await {
                match news {
                    News::Checking(rule) => observer.checking(rule),
                    News::Found(finding) => observer.found(finding),
                }
            }
        };
        let (checked, ()) = tokio::join!(checking, listening);
        checked
    }
}

/// The reading thread's way to the observer.
struct Teller<'a>(&'a mpsc::Sender<News>);

impl Teller<'_> {
    /// Waits until the observer has room for it.
    fn tell(&self, news: News) -> Result<(), DbError> {
        let told = self.0.blocking_send(news);
        told.map_err(|_gone| DbError::Unexpected("nobody waits for the audit any more"))
    }
}

#[derive(QueryableByName)]
struct Subject {
    #[diesel(sql_type = Text)]
    subject: String,
}

fn check(conn: &mut SqliteConnection, rule: AuditRule, teller: &Teller<'_>) -> Result<(), DbError> {
    teller.tell(News::Checking(rule))?;
    if rule == AuditRule::HistoryIsAPath {
        return check_histories(conn, teller);
    }
    for query in rules::queries(rule) {
        for row in diesel::sql_query(query.as_ref()).load_iter::<Subject, _>(conn)? {
            let Subject { subject } = row?;
            teller.tell(News::Found(AuditFinding { rule, subject }))?;
        }
    }
    Ok(())
}

fn check_histories(conn: &mut SqliteConnection, teller: &Teller<'_>) -> Result<(), DbError> {
    let entries = order_events::table
        .select((order_events::order_id, order_events::old_status, order_events::new_status))
        .order_by((order_events::order_id, order_events::id))
        .load_iter::<(i64, String, String), _>(conn)?;
    let mut audit = HistoryAudit::default();
    for entry in entries {
        let (order, from, to) = entry?;
        if let Some(finding) = audit.follow(OrderId::new(order), &from, &to) {
            teller.tell(News::Found(finding))?;
        }
    }
    Ok(())
}
