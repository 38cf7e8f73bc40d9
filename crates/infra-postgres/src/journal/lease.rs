//! Leasing a subscription, and reading what there is to do for it.

use std::collections::HashSet;

use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{
    EventId, OrderId, StoreError,
    events::{
        EventRecord, ParkedEvent,
        port::{LeaseRequest, LeasedBatch},
    },
};
use infra_sql::{SubscriptionState, ahead_text};

use super::{
    columns::{EventColumns, event_columns},
    settled,
};
use crate::{
    PostgresStore,
    connection::Connection,
    database::DbOperation,
    error::TxError,
    fields::{EventRow, ParkedRow, SubscriptionRow},
    typed_sql::TypedSql,
};

/// The condition that a parked event is due. `$1` is the subscription, `$2` is now, `$3` are the
/// types that the worker knows.
macro_rules! is_due {
    () => {
        "parked.subscription = $1
         AND (parked.state IN ('retrying', 'waiting') AND parked.next_attempt_at <= $2
             OR parked.state = 'unknown_type'
                 AND (events.type = ANY ($3) OR parked.next_attempt_at <= $2))
         AND NOT EXISTS (
             SELECT FROM parked_events AS earlier
             WHERE earlier.subscription = parked.subscription
                 AND earlier.order_id = parked.order_id AND earlier.event_id < parked.event_id
                 AND earlier.state <> 'refused')"
    };
}

/// `$1` to `$3` as in [`is_due`], `$4` is the worker. A subscription that pauses, or that another
/// worker has leased, is not returned.
const PEEK: &str = concat!(
    "SELECT position, ahead, failures, paused_until, last_error,
        coalesce(leased_by = $4 AND leased_until > $2, false),
        EXISTS (SELECT FROM parked_events AS parked JOIN events ON events.id = parked.event_id
            WHERE ",
    is_due!(),
    "), EXISTS (SELECT FROM parked_events
            WHERE subscription = $1 AND order_id IS NOT NULL AND state <> 'refused'),
        (SELECT coalesce(max(id), 0) FROM events)
    FROM subscriptions
    WHERE name = $1 AND (paused_until IS NULL OR paused_until <= $2)
        AND (leased_until IS NULL OR leased_until <= $2 OR leased_by = $4)"
);

/// `$1` is the position, `$2` the last settled number, `$3` are those ahead, `$4` is the limit.
const NEXT: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE id > $1 AND id <= $2 AND id <> ALL ($3) ORDER BY id LIMIT $4"
);

/// `$1` is the subscription, `$2` is now, `$3` the worker, `$4` the end of the lease, `$5` and `$6`
/// are the position and the numbers ahead that the batch was read for. A row that another worker
/// writes is skipped.
const LEASE: &str = "
    UPDATE subscriptions SET leased_by = $3, leased_until = $4
    WHERE name = (
        SELECT name FROM subscriptions
        WHERE name = $1 AND position = $5 AND ahead = $6
            AND (leased_until IS NULL OR leased_until <= $2)
            AND (paused_until IS NULL OR paused_until <= $2)
        FOR NO KEY UPDATE SKIP LOCKED)";

/// `$1` to `$3` as in [`is_due`], `$4` is the limit.
const PARKED: &str = concat!(
    "SELECT parked.event_id, parked.order_id, parked.state, parked.attempts, parked.unanswered,
        parked.failing_since, parked.next_attempt_at, parked.last_error, ",
    event_columns!(),
    " FROM parked_events AS parked JOIN events ON events.id = parked.event_id WHERE ",
    is_due!(),
    " ORDER BY parked.event_id LIMIT $4"
);

/// `$1` is the subscription, `$2` are the orders.
const BLOCKED: &str = "
    SELECT DISTINCT order_id FROM parked_events
    WHERE subscription = $1 AND order_id = ANY ($2) AND state <> 'refused'";

/// The SQL types of a [`ParkedRow`].
pub(super) type ParkedColumns = (
    BigInt,
    Nullable<BigInt>,
    Text,
    BigInt,
    BigInt,
    Nullable<Timestamptz>,
    Timestamptz,
    Nullable<Text>,
);

/// Leases the subscription of the request, or goes on with the worker's own lease.
///
/// The next events are read before the lease is taken. It is taken only if the position is still
/// the one that they were read for.
pub(super) async fn lease(
    store: &PostgresStore,
    request: &LeaseRequest<'_>,
) -> Result<Option<LeasedBatch>, StoreError> {
    let Some(peeked) = store.read(&Peek(request)).await? else { return Ok(None) };
    let SubscriptionState { position, ahead, receiver } = peeked.state;
    let next = if peeked.newest > position {
        let up_to = settled::settled_number(store).await?;
        let read = ReadNext { position, up_to, ahead: &ahead, limit: request.limit };
        store.read(&read).await?
    } else {
        Vec::new()
    };
    if next.is_empty() && !peeked.has_due {
        return Ok(None);
    }
    if !peeked.held {
        let taken = store.write(&TakeLease { request, position, ahead: &ahead }).await?;
        if !taken {
            return Ok(None);
        }
    }
    let parked = if peeked.has_due { store.read(&ReadParked(request)).await? } else { Vec::new() };
    // The lease was taken for the position of the peek, so nothing was parked since.
    let blocked = if peeked.has_parked {
        store.read(&ReadBlocked { request, next: &next }).await?
    } else {
        HashSet::new()
    };
    Ok(Some(LeasedBatch { position, ahead, receiver, parked, next, blocked }))
}

struct Peeked {
    state: SubscriptionState,
    /// Whether the worker has the lease.
    held: bool,
    has_due: bool,
    /// Whether an event of an order is parked, so that later ones of it park behind it.
    has_parked: bool,
    newest: EventId,
}

struct Peek<'a>(&'a LeaseRequest<'a>);

impl DbOperation for Peek<'_> {
    type Output = Option<Peeked>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Option<Peeked>, TxError<StoreError>> {
        type Columns = (
            (BigInt, Text, BigInt, Nullable<Timestamptz>, Nullable<Text>),
            Bool,
            Bool,
            Bool,
            BigInt,
        );
        let LeaseRequest { subscription, worker, now, known_types, .. } = self.0;
        let peek = diesel::sql_query(PEEK)
            .bind::<Text, _>(subscription.as_str())
            .bind::<Timestamptz, _>(*now)
            .bind::<Array<Text>, _>(*known_types)
            .bind::<Text, _>(worker.as_str());
        let rows: Vec<(SubscriptionRow, bool, bool, bool, i64)> =
            TypedSql::<Columns, _>::reused(peek).load(&mut conn).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let (row, held, has_due, has_parked, newest) = row;
        let (state, newest) = (row.into_state()?, EventId::new(newest));
        Ok(Some(Peeked { state, held, has_due, has_parked, newest }))
    }
}

struct ReadNext<'a> {
    position: EventId,
    up_to: EventId,
    ahead: &'a [EventId],
    limit: u32,
}

impl DbOperation for ReadNext<'_> {
    type Output = Vec<EventRecord>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Vec<EventRecord>, TxError<StoreError>> {
        let ahead: Vec<i64> = self.ahead.iter().map(|event| event.get()).collect();
        let next = diesel::sql_query(NEXT)
            .bind::<BigInt, _>(self.position.get())
            .bind::<BigInt, _>(self.up_to.get())
            .bind::<Array<BigInt>, _>(ahead)
            .bind::<BigInt, _>(i64::from(self.limit));
        let rows: Vec<EventRow> = TypedSql::<EventColumns, _>::reused(next).load(&mut conn).await?;
        Ok(rows.into_iter().map(EventRow::into_record).collect::<Result<_, _>>()?)
    }
}

struct TakeLease<'a> {
    request: &'a LeaseRequest<'a>,
    position: EventId,
    ahead: &'a [EventId],
}

impl DbOperation for TakeLease<'_> {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<bool, TxError<StoreError>> {
        let LeaseRequest { subscription, worker, now, until, .. } = self.request;
        let taken = diesel::sql_query(LEASE)
            .bind::<Text, _>(subscription.as_str())
            .bind::<Timestamptz, _>(*now)
            .bind::<Text, _>(worker.as_str())
            .bind::<Timestamptz, _>(*until)
            .bind::<BigInt, _>(self.position.get())
            .bind::<Text, _>(ahead_text(self.ahead))
            .execute(&mut conn)
            .await?;
        Ok(taken == 1)
    }
}

struct ReadParked<'a>(&'a LeaseRequest<'a>);

impl DbOperation for ReadParked<'_> {
    type Output = Vec<(ParkedEvent, EventRecord)>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        let LeaseRequest { subscription, now, known_types, limit, .. } = self.0;
        let parked = diesel::sql_query(PARKED)
            .bind::<Text, _>(subscription.as_str())
            .bind::<Timestamptz, _>(*now)
            .bind::<Array<Text>, _>(*known_types)
            .bind::<BigInt, _>(i64::from(*limit));
        let rows: Vec<(ParkedRow, EventRow)> =
            TypedSql::<(ParkedColumns, EventColumns), _>::reused(parked).load(&mut conn).await?;
        let read = |(parked, event): (ParkedRow, EventRow)| {
            Ok((parked.into_parked()?, event.into_record()?))
        };
        rows.into_iter().map(read).collect()
    }
}

struct ReadBlocked<'a> {
    request: &'a LeaseRequest<'a>,
    next: &'a [EventRecord],
}

impl DbOperation for ReadBlocked<'_> {
    type Output = HashSet<OrderId>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<HashSet<OrderId>, TxError<StoreError>> {
        let orders: Vec<i64> =
            self.next.iter().filter_map(|event| event.order).map(OrderId::get).collect();
        if orders.is_empty() {
            return Ok(HashSet::new());
        }
        let blocked = diesel::sql_query(BLOCKED)
            .bind::<Text, _>(self.request.subscription.as_str())
            .bind::<Array<BigInt>, _>(orders);
        let rows: Vec<(i64,)> = TypedSql::<(BigInt,), _>::reused(blocked).load(&mut conn).await?;
        Ok(rows.into_iter().map(|(order,)| OrderId::new(order)).collect())
    }
}
