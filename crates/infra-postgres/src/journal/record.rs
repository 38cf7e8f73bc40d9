//! Recording the progress of a subscription, and what else is written about subscriptions.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    EventId, OrderId, StoreError, Timestamp,
    events::{
        ParkedEvent, Subscription,
        port::{LeaseEnd, Progress, WorkerId},
    },
};
use infra_sql::{ahead_text, row_count};

use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    schema::{events, parked_events, subscriptions},
};

/// Writes parked events, new ones and those that were parked before.
const PARK: &str = "
    INSERT INTO parked_events (subscription, event_id, order_id, state, attempts, unanswered,
        failing_since, next_attempt_at, last_error)
    SELECT * FROM unnest(";
const OR_CHANGE: &str = ")
    ON CONFLICT (subscription, event_id) DO UPDATE SET
        state = excluded.state, attempts = excluded.attempts, unanswered = excluded.unanswered,
        failing_since = excluded.failing_since, next_attempt_at = excluded.next_attempt_at,
        last_error = excluded.last_error";

/// Makes a subscription with this position, unless there is one.
pub(super) struct Subscribe<'a> {
    pub(super) subscription: &'a Subscription,
    pub(super) position: EventId,
}

impl DbOperation for Subscribe<'_> {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<(), TxError<StoreError>> {
        diesel::insert_into(subscriptions::table)
            .values((
                subscriptions::name.eq(self.subscription.as_str()),
                subscriptions::position.eq(self.position.get()),
            ))
            .on_conflict_do_nothing()
            .execute(&mut conn)
            .await?;
        Ok(())
    }
}

/// Stores what a worker has done, if it has the lease.
pub(super) struct RecordProgress<'a> {
    pub(super) subscription: &'a Subscription,
    pub(super) worker: &'a WorkerId,
    pub(super) progress: &'a Progress,
    pub(super) now: Timestamp,
}

impl DbOperation for RecordProgress<'_> {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<bool, TxError<StoreError>> {
        let Progress { position, ahead, receiver, parked, unparked, cleared, lease } =
            self.progress;
        let (until, holder) = match lease {
            LeaseEnd::Extend(until) => (Some(*until), Some(self.worker.as_str())),
            LeaseEnd::Release => (None, None),
        };
        let held = leased(self.subscription, self.worker, self.now);
        let recorded = diesel::update(held)
            .set((
                subscriptions::position.eq(position.get()),
                subscriptions::ahead.eq(ahead_text(ahead)),
                subscriptions::failures.eq(i64::from(receiver.failures)),
                subscriptions::paused_until.eq(receiver.paused_until),
                subscriptions::last_error.eq(receiver.last_error.as_deref()),
                subscriptions::leased_until.eq(until),
                subscriptions::leased_by.eq(holder),
            ))
            .execute(&mut conn)
            .await?;
        if recorded == 0 {
            return Ok(false);
        }
        park(conn, self.subscription, parked).await?;
        if !unparked.is_empty() {
            let gone = parked_events::table
                .filter(parked_events::subscription.eq(self.subscription.as_str()))
                .filter(parked_events::event_id.eq_any(numbers(unparked)));
            diesel::delete(gone).execute(&mut conn).await?;
        }
        if !cleared.is_empty() {
            diesel::update(events::table.filter(events::id.eq_any(numbers(cleared))))
                .set(events::recipient.eq(None::<String>))
                .execute(&mut conn)
                .await?;
        }
        Ok(true)
    }
}

/// The row of a subscription that the worker holds.
#[diesel::dsl::auto_type(no_type_alias)]
fn leased<'a>(subscription: &'a Subscription, worker: &'a WorkerId, now: Timestamp) -> _ {
    let (name, holder): (&'a str, &'a str) = (subscription.as_str(), worker.as_str());
    subscriptions::table
        .filter(subscriptions::name.eq(name))
        .filter(subscriptions::leased_by.eq(holder))
        .filter(subscriptions::leased_until.gt(now))
}

fn numbers(events: &[EventId]) -> Vec<i64> {
    events.iter().map(|event| event.get()).collect()
}

async fn park(
    conn: &Connection,
    subscription: &Subscription,
    parked: &[ParkedEvent],
) -> Result<(), DbError> {
    let numbers =
        |of: fn(&ParkedEvent) -> i64| ColumnArray::Numbers(parked.iter().map(of).collect());
    let columns = vec![
        ColumnArray::Texts(parked.iter().map(|_| subscription.as_str().to_owned()).collect()),
        numbers(|event| event.id.get()),
        ColumnArray::NumbersOrNull(
            parked.iter().map(|event| event.order.map(OrderId::get)).collect(),
        ),
        ColumnArray::Texts(parked.iter().map(|event| event.state.as_str().to_owned()).collect()),
        numbers(|event| i64::from(event.attempts)),
        numbers(|event| i64::from(event.unanswered)),
        ColumnArray::TimestampsOrNull(parked.iter().map(|event| event.failing_since).collect()),
        ColumnArray::Timestamps(parked.iter().map(|event| event.next_attempt_at).collect()),
        ColumnArray::TextsOrNull(parked.iter().map(|event| event.last_error.clone()).collect()),
    ];
    BulkStatement::new(PARK, columns, OR_CHANGE).execute(conn).await
}

/// Extends a worker's lease.
pub(super) struct ExtendLease<'a> {
    pub(super) subscription: &'a Subscription,
    pub(super) worker: &'a WorkerId,
    pub(super) now: Timestamp,
    pub(super) until: Timestamp,
}

impl DbOperation for ExtendLease<'_> {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<bool, TxError<StoreError>> {
        let held = leased(self.subscription, self.worker, self.now);
        let extended = diesel::update(held)
            .set(subscriptions::leased_until.eq(self.until))
            .execute(&mut conn)
            .await?;
        Ok(extended == 1)
    }
}

/// Removes the recipients of events that happened before this time.
pub(super) struct ClearRecipients(pub(super) Timestamp);

impl DbOperation for ClearRecipients {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let old =
            events::table.filter(events::recipient.is_not_null()).filter(events::at.lt(self.0));
        let cleared = diesel::update(old)
            .set(events::recipient.eq(None::<String>))
            .execute(&mut conn)
            .await?;
        Ok(row_count(cleared))
    }
}
