//! Creating accounts.

use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error as DieselError},
};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    account::{Account, EmailStatus, NewAccount, Role, port::CreateAccountError, search_text},
};

use super::admins::{count_admins_but, lock_admins};
use crate::{
    connection::Connection, database::DbOperation, error::TxError, journal::append::append,
    schema::users,
};

/// The unique index on email addresses.
const EMAIL_INDEX: &str = "users_email";

pub(super) struct Create<'a>(pub(super) &'a NewAccount);

impl DbOperation for Create<'_> {
    type Output = Account;
    type Error = CreateAccountError;

    async fn run(&self, conn: &Connection) -> Result<Account, TxError<CreateAccountError>> {
        if self.0.role == Role::Admin {
            lock_admins(conn).await?;
        }
        create(conn, self.0).await
    }
}

/// Creates an account, unless there is an admin.
pub(super) struct CreateFirstAdmin<'a>(pub(super) &'a NewAccount);

impl DbOperation for CreateFirstAdmin<'_> {
    type Output = Option<Account>;
    type Error = CreateAccountError;

    async fn run(&self, conn: &Connection) -> Result<Option<Account>, TxError<CreateAccountError>> {
        lock_admins(conn).await?;
        if count_admins_but(conn, None).await? > 0 {
            return Ok(None);
        }
        create(conn, self.0).await.map(Some)
    }
}

async fn create(
    mut conn: &Connection,
    new: &NewAccount,
) -> Result<Account, TxError<CreateAccountError>> {
    let verified = new.email_status == EmailStatus::Verified;
    let id = diesel::insert_into(users::table)
        .values((
            users::name.eq(new.name.as_str()),
            users::email.eq(new.email.as_str()),
            users::email_verified_at.eq(verified.then_some(new.created_at)),
            users::password_hash.eq(new.password.expose()),
            users::role.eq(new.role.as_str()),
            users::created_at.eq(new.created_at),
            users::search_text.eq(search_text(new.name.as_str(), new.email.as_str())),
        ))
        .returning(users::id)
        .get_result(&mut conn)
        .await
        .map_err(|error| email_taken_or_failed(error, CreateAccountError::EmailTaken))?;
    let (account, events) = new.create(UserId::new(id));
    append(conn, events).await?;
    Ok(account)
}

/// The refusal `taken` if the unique index on addresses was violated, else the error.
pub(super) fn email_taken_or_failed<E>(error: DieselError, taken: E) -> TxError<E> {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, about)
            if about.constraint_name() == Some(EMAIL_INDEX) =>
        {
            TxError::Refused(taken)
        }
        other => TxError::Failed(other.into()),
    }
}
