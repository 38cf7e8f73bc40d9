//! Finds single accounts, and what the rules about an account need to know of others.

use diesel::{
    SqliteConnection,
    prelude::*,
    result::{DatabaseErrorKind, Error as DieselError},
};
use domain::{
    UserId,
    account::{Account, Credentials, Role},
};
use infra_sql::{account_columns, read_count};

use crate::{
    error::{DbError, TxError},
    fields::AccountRow,
    schema::users,
};

/// The live account with this id.
pub(super) fn find(conn: &mut SqliteConnection, id: UserId) -> Result<Option<Account>, DbError> {
    let row = users::table
        .find(id.get())
        .filter(users::deleted_at.is_null())
        .select(account_columns!(users))
        .first::<AccountRow>(conn)
        .optional()?;
    Ok(row.map(AccountRow::into_account).transpose()?)
}

/// The live account with this id, and its password hash.
pub(super) fn credentials_of(
    conn: &mut SqliteConnection,
    id: UserId,
) -> Result<Option<Credentials>, DbError> {
    let found = users::table
        .find(id.get())
        .filter(users::deleted_at.is_null())
        .select((account_columns!(users), users::password_hash.assume_not_null()))
        .first::<(AccountRow, String)>(conn)
        .optional()?;
    Ok(found.map(|(row, hash)| row.into_credentials(hash)).transpose()?)
}

/// The number of live admins, not counting this account.
pub(super) fn count_other_admins(
    conn: &mut SqliteConnection,
    id: Option<UserId>,
) -> Result<u64, DbError> {
    // No account has the id 0: SQLite's ids start at 1.
    let excluded = id.map_or(0, UserId::get);
    let admins = users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        .filter(users::deleted_at.is_null())
        .filter(users::id.ne(excluded))
        .count()
        .get_result(conn)?;
    Ok(read_count("users", &"admins", admins)?)
}

/// `taken`, if the statement violated a unique constraint: apart from the id, only the email
/// address is unique.
pub(super) fn if_email_taken<E>(error: DieselError, taken: E) -> TxError<E> {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            TxError::Refused(taken)
        }
        other => TxError::Failed(other.into()),
    }
}
