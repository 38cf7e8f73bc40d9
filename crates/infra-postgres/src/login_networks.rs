//! The networks from which accounts have logged in.

use diesel::{
    dsl::exists,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Binary, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{
    StoreError, Timestamp, UserId,
    account::{EmailAddress, NetworkHash},
};
use infra_sql::row_count;

use crate::{
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    schema::{login_networks, users},
};

/// `$1` is the account, `$2` the network, `$3` the time of the login, `$4` the time until which it
/// is recorded again. A network that was seen since is read without a lock, so that concurrent
/// logins do not wait for each other.
const RECORD: &str = "
    INSERT INTO login_networks (user_id, network_hash, last_seen_at)
    SELECT $1, $2, $3 WHERE NOT EXISTS (
        SELECT FROM login_networks
        WHERE user_id = $1 AND network_hash = $2 AND last_seen_at > $4)
    ON CONFLICT (user_id, network_hash)
        DO UPDATE SET last_seen_at = greatest(login_networks.last_seen_at, excluded.last_seen_at)";

/// `$1` is the account, `$2` the number of networks that are kept. Rows that another login has
/// locked are skipped: this statement waits for none, so two logins cannot wait for each other. A
/// row that another login has changed since is compared again, and kept.
const REMOVE_SURPLUS: &str = "
    WITH surplus AS MATERIALIZED (
        SELECT user_id, network_hash FROM login_networks
        WHERE user_id = $1 AND (network_hash, last_seen_at) IN (
            SELECT network_hash, last_seen_at FROM login_networks WHERE user_id = $1
            ORDER BY last_seen_at DESC, network_hash OFFSET $2)
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM login_networks USING surplus
    WHERE login_networks.user_id = surplus.user_id
        AND login_networks.network_hash = surplus.network_hash";

/// `$1` is the time before which they were last seen, `$2` the limit. Rows that another process has
/// locked are skipped.
const PURGE: &str = "
    WITH unseen AS MATERIALIZED (
        SELECT user_id, network_hash FROM login_networks
        WHERE last_seen_at < $1 ORDER BY last_seen_at LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM login_networks USING unseen
    WHERE login_networks.user_id = unseen.user_id
        AND login_networks.network_hash = unseen.network_hash";

/// Records a login from a network, unless there was one within the last day.
pub(crate) async fn record(
    mut conn: &Connection,
    user: UserId,
    network: &NetworkHash,
    login: Timestamp,
) -> Result<(), DbError> {
    let recorded = sql_query(RECORD)
        .bind::<BigInt, _>(user.get())
        .bind::<Binary, _>(network.as_bytes().as_slice())
        .bind::<Timestamptz, _>(login)
        .bind::<Timestamptz, _>(NetworkHash::recorded_again_from(login))
        .execute(&mut conn)
        .await?;
    if recorded > 0 {
        sql_query(REMOVE_SURPLUS)
            .bind::<BigInt, _>(user.get())
            .bind::<BigInt, _>(i64::from(NetworkHash::MAX_PER_ACCOUNT))
            .execute(&mut conn)
            .await?;
    }
    Ok(())
}

/// Forgets the networks of an account: it is erased, or its password was changed.
pub(crate) async fn forget(mut conn: &Connection, user: UserId) -> Result<(), DbError> {
    diesel::delete(login_networks::table)
        .filter(login_networks::user_id.eq(user.get()))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Whether the live account with this address has logged in from this network.
pub(crate) struct IsRecorded<'a> {
    pub(crate) email: &'a EmailAddress,
    pub(crate) network: &'a NetworkHash,
}

impl DbOperation for IsRecorded<'_> {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<bool, TxError<StoreError>> {
        let recorded = users::table
            .inner_join(login_networks::table)
            .filter(users::email.eq(self.email.as_str()))
            .filter(users::deleted_at.is_null())
            .filter(login_networks::network_hash.eq(self.network.as_bytes().as_slice()));
        Ok(diesel::select(exists(recorded)).get_result(&mut conn).await?)
    }
}

/// Removes up to `limit` networks that were last seen before that time.
pub(crate) struct PurgeNetworks {
    pub(crate) before: Timestamp,
    pub(crate) limit: u32,
}

impl DbOperation for PurgeNetworks {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let purged = sql_query(PURGE)
            .bind::<Timestamptz, _>(self.before)
            .bind::<BigInt, _>(i64::from(self.limit))
            .execute(&mut conn)
            .await?;
        Ok(row_count(purged))
    }
}
