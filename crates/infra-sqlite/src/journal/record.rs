//! Recording the progress of a subscription, and what else is written about subscriptions.

use diesel::{SqliteConnection, prelude::*, upsert::excluded};
use domain::{
    EventId, OrderId, Timestamp,
    events::{
        ParkedEvent, Subscription,
        port::{LeaseEnd, Progress, WorkerId},
    },
};
use infra_sql::ahead_text;

use crate::{
    error::DbError,
    schema::{ROWS_PER_STATEMENT, events, parked_events, subscriptions},
    time::micros,
};

/// Makes a subscription with this position, unless there is one.
pub(super) fn subscribe(
    conn: &mut SqliteConnection,
    subscription: &Subscription,
    position: EventId,
) -> Result<(), DbError> {
    diesel::insert_into(subscriptions::table)
        .values((
            subscriptions::name.eq(subscription.as_str()),
            subscriptions::position.eq(position.get()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(())
}

/// The row of a subscription that the worker holds.
#[diesel::dsl::auto_type(no_type_alias)]
fn leased<'a>(subscription: &'a Subscription, worker: &'a WorkerId, now: Timestamp) -> _ {
    let (name, holder): (&'a str, &'a str) = (subscription.as_str(), worker.as_str());
    let now: i64 = micros(now);
    subscriptions::table
        .filter(subscriptions::name.eq(name))
        .filter(subscriptions::leased_by.eq(holder))
        .filter(subscriptions::leased_until.gt(now))
}

/// Stores what a worker has done. Returns `false`, and changes nothing, if it does not hold the
/// lease.
pub(super) fn record(
    conn: &mut SqliteConnection,
    subscription: &Subscription,
    worker: &WorkerId,
    progress: &Progress,
    now: Timestamp,
) -> Result<bool, DbError> {
    let Progress { position, ahead, receiver, parked, unparked, cleared, lease } = progress;
    let (until, holder) = match lease {
        LeaseEnd::Extend(until) => (Some(micros(*until)), Some(worker.as_str())),
        LeaseEnd::Release => (None, None),
    };
    let recorded = diesel::update(leased(subscription, worker, now))
        .set((
            subscriptions::position.eq(position.get()),
            subscriptions::ahead.eq(ahead_text(ahead)),
            subscriptions::failures.eq(i64::from(receiver.failures)),
            subscriptions::paused_until.eq(receiver.paused_until.map(micros)),
            subscriptions::last_error.eq(receiver.last_error.as_deref()),
            subscriptions::leased_until.eq(until),
            subscriptions::leased_by.eq(holder),
        ))
        .execute(conn)?;
    if recorded == 0 {
        return Ok(false);
    }
    park(conn, subscription, parked)?;
    for chunk in unparked.chunks(ROWS_PER_STATEMENT) {
        let gone = parked_events::table
            .filter(parked_events::subscription.eq(subscription.as_str()))
            .filter(parked_events::event_id.eq_any(chunk.iter().map(|event| event.get())));
        diesel::delete(gone).execute(conn)?;
    }
    for chunk in cleared.chunks(ROWS_PER_STATEMENT) {
        let sent = events::table.filter(events::id.eq_any(chunk.iter().map(|event| event.get())));
        diesel::update(sent).set(events::recipient.eq(None::<String>)).execute(conn)?;
    }
    Ok(true)
}

#[derive(Insertable)]
#[diesel(table_name = parked_events, treat_none_as_default_value = false)]
struct NewParkedRow<'a> {
    subscription: &'a str,
    event_id: i64,
    order_id: Option<i64>,
    state: &'static str,
    attempts: i64,
    unanswered: i64,
    failing_since: Option<i64>,
    next_attempt_at: i64,
    last_error: Option<String>,
}

impl<'a> NewParkedRow<'a> {
    fn of(subscription: &'a Subscription, parked: &ParkedEvent) -> Self {
        Self {
            subscription: subscription.as_str(),
            event_id: parked.id.get(),
            order_id: parked.order.map(OrderId::get),
            state: parked.state.as_str(),
            attempts: i64::from(parked.attempts),
            unanswered: i64::from(parked.unanswered),
            failing_since: parked.failing_since.map(micros),
            next_attempt_at: micros(parked.next_attempt_at),
            last_error: parked.last_error.clone(),
        }
    }
}

/// Writes parked events: new ones, and those that were parked before.
fn park(
    conn: &mut SqliteConnection,
    subscription: &Subscription,
    parked: &[ParkedEvent],
) -> Result<(), DbError> {
    let rows: Vec<_> = parked.iter().map(|event| NewParkedRow::of(subscription, event)).collect();
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(parked_events::table)
            .values(chunk)
            .on_conflict((parked_events::subscription, parked_events::event_id))
            .do_update()
            .set((
                parked_events::state.eq(excluded(parked_events::state)),
                parked_events::attempts.eq(excluded(parked_events::attempts)),
                parked_events::unanswered.eq(excluded(parked_events::unanswered)),
                parked_events::failing_since.eq(excluded(parked_events::failing_since)),
                parked_events::next_attempt_at.eq(excluded(parked_events::next_attempt_at)),
                parked_events::last_error.eq(excluded(parked_events::last_error)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Extends a worker's lease. Returns `false` if it holds none.
pub(super) fn extend(
    conn: &mut SqliteConnection,
    subscription: &Subscription,
    worker: &WorkerId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, DbError> {
    let extended = diesel::update(leased(subscription, worker, now))
        .set(subscriptions::leased_until.eq(micros(until)))
        .execute(conn)?;
    Ok(extended == 1)
}

/// Removes the recipients of events that happened before that time. Returns how many.
pub(super) fn clear_old_recipients(
    conn: &mut SqliteConnection,
    before: Timestamp,
) -> Result<usize, DbError> {
    let old =
        events::table.filter(events::recipient.is_not_null()).filter(events::at.lt(micros(before)));
    Ok(diesel::update(old).set(events::recipient.eq(None::<String>)).execute(conn)?)
}
