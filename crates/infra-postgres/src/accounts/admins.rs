//! Counting the admins, and the lock on their number.

use diesel::{prelude::*, sql_query};
use diesel_async::RunQueryDsl;
use domain::{UserId, account::Role};
use infra_sql::read_count;

use crate::{connection::Connection, error::DbError, schema::users};

/// The number of live admins, not counting this account.
pub(super) async fn count_admins_but(
    mut conn: &Connection,
    id: Option<UserId>,
) -> Result<u64, DbError> {
    // No account has the id 0: ids start at 1.
    let excluded = id.map_or(0, UserId::get);
    let admins = users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        .filter(users::deleted_at.is_null())
        .filter(users::id.ne(excluded))
        .count()
        .get_result(&mut conn)
        .await?;
    Ok(read_count("users", &"admins", admins)?)
}

/// Locks the number of admins against other changes until the transaction ends.
pub(super) async fn lock_admins(mut conn: &Connection) -> Result<(), DbError> {
    sql_query("SELECT pg_advisory_xact_lock(7305204671220118903)").execute(&mut conn).await?;
    Ok(())
}
