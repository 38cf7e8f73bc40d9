//! The networks from which accounts have logged in.

use diesel::{
    SqliteConnection,
    dsl::exists,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Binary},
};
use domain::{
    Timestamp, UserId,
    account::{EmailAddress, NetworkHash},
};
use infra_sql::row_count;

use crate::{
    error::DbError,
    schema::{login_networks, users},
    time::micros,
};

/// `?1` is the account, `?2` the network, `?3` the time of the login, `?4` the time until which it
/// is recorded again.
const RECORD: &str = "
    INSERT INTO login_networks (user_id, network_hash, last_seen_at)
    SELECT ?1, ?2, ?3 WHERE NOT EXISTS (
        SELECT 1 FROM login_networks
        WHERE user_id = ?1 AND network_hash = ?2 AND last_seen_at > ?4)
    ON CONFLICT (user_id, network_hash)
        DO UPDATE SET last_seen_at = max(last_seen_at, excluded.last_seen_at)";

/// `?1` is the account, `?2` the number of networks that are kept.
const REMOVE_SURPLUS: &str = "
    DELETE FROM login_networks WHERE user_id = ?1 AND network_hash IN (
        SELECT network_hash FROM login_networks WHERE user_id = ?1
        ORDER BY last_seen_at DESC, network_hash LIMIT -1 OFFSET ?2)";

/// `?1` is the time before which they were last seen, `?2` the limit.
const PURGE: &str = "
    DELETE FROM login_networks WHERE (user_id, network_hash) IN (
        SELECT user_id, network_hash FROM login_networks
        WHERE last_seen_at < ?1 ORDER BY last_seen_at LIMIT ?2)";

/// Records a login from a network, unless there was one within the last day.
pub(crate) fn record(
    conn: &mut SqliteConnection,
    user: UserId,
    network: &NetworkHash,
    login: Timestamp,
) -> Result<(), DbError> {
    let recorded = sql_query(RECORD)
        .bind::<BigInt, _>(user.get())
        .bind::<Binary, _>(network.as_bytes().as_slice())
        .bind::<BigInt, _>(micros(login))
        .bind::<BigInt, _>(micros(NetworkHash::recorded_again_from(login)))
        .execute(conn)?;
    if recorded > 0 {
        sql_query(REMOVE_SURPLUS)
            .bind::<BigInt, _>(user.get())
            .bind::<BigInt, _>(i64::from(NetworkHash::MAX_PER_ACCOUNT))
            .execute(conn)?;
    }
    Ok(())
}

/// Whether the live account with this address has logged in from this network.
pub(crate) fn is_recorded(
    conn: &mut SqliteConnection,
    email: &EmailAddress,
    network: &NetworkHash,
) -> Result<bool, DbError> {
    let recorded = users::table
        .inner_join(login_networks::table)
        .filter(users::email.eq(email.as_str()))
        .filter(users::deleted_at.is_null())
        .filter(login_networks::network_hash.eq(network.as_bytes().as_slice()));
    Ok(diesel::select(exists(recorded)).get_result(conn)?)
}

/// Forgets the networks of an account: it is erased, or its password was changed.
pub(crate) fn forget(conn: &mut SqliteConnection, user: UserId) -> Result<(), DbError> {
    diesel::delete(login_networks::table)
        .filter(login_networks::user_id.eq(user.get()))
        .execute(conn)?;
    Ok(())
}

/// Removes up to `limit` networks that were last seen before that time.
pub(crate) fn purge(
    conn: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, DbError> {
    let purged = sql_query(PURGE)
        .bind::<BigInt, _>(micros(before))
        .bind::<BigInt, _>(i64::from(limit))
        .execute(conn)?;
    Ok(row_count(purged))
}
