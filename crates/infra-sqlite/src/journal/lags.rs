//! How far subscriptions are behind the journal.

use diesel::{
    SqliteConnection,
    dsl::{count_star, min},
    prelude::*,
};
use domain::events::port::SubscriptionLag;
use infra_sql::{LagRow, subscription_columns};

use super::read;
use crate::{
    error::DbError,
    fields::{SubscriptionRow, TimestampField},
    schema::{events, parked_events, subscriptions},
};

/// How far each subscription is behind, by name. The numbers behind a position are not counted: the
/// difference to the newest one will do, and needs no scan.
pub(crate) fn lags(conn: &mut SqliteConnection) -> Result<Vec<SubscriptionLag>, DbError> {
    let newest = read::last(conn)?.get();
    let rows: Vec<(String, Option<TimestampField>, SubscriptionRow)> = subscriptions::table
        .order_by(subscriptions::name)
        .select((
            subscriptions::name,
            subscriptions::paused_until,
            subscription_columns!(subscriptions),
        ))
        .load(conn)?;
    let mut lags = Vec::new();
    for (name, paused_until, row) in rows {
        let state = row.into_state()?;
        let ahead = i64::try_from(state.ahead.len()).unwrap_or(i64::MAX);
        let parked = || parked_events::table.filter(parked_events::subscription.eq(&name));
        let (pending, oldest_parked) = parked()
            .inner_join(events::table)
            .filter(parked_events::state.ne_all(["dead", "refused"]))
            .select((count_star(), min(events::at)))
            .first::<(i64, Option<TimestampField>)>(conn)?;
        let dead =
            parked().filter(parked_events::state.eq("dead")).count().get_result::<i64>(conn)?;
        let oldest_next = events::table
            .filter(events::id.gt(state.position.get()))
            .filter(events::id.ne_all(state.ahead.iter().map(|event| event.get())))
            .order_by(events::id)
            .select(events::at)
            .first::<TimestampField>(conn)
            .optional()?;
        let pending = (newest - state.position.get() - ahead).max(0) + pending;
        let row = LagRow { name, paused_until, pending, dead, oldest_next, oldest_parked };
        lags.push(row.into_lag()?);
    }
    Ok(lags)
}
