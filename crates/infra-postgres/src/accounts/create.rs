//! Making accounts.

use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error as DieselError},
    sql_query,
};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    account::{Account, NewAccount, Role, port::CreateAccountError},
    outbox::OutboxMessage,
};

use super::count_admins_but;
use crate::{
    connection::Connection,
    database::Work,
    error::{Abort, Failure},
    outbox,
    schema::users,
};

/// The index that keeps addresses apart.
const ONE_ADDRESS: &str = "users_email";

/// Makes an account.
pub(super) struct Create<'a>(pub(super) &'a NewAccount);

impl Work for Create<'_> {
    type Output = Account;
    type Error = CreateAccountError;

    async fn run(&self, conn: &Connection) -> Result<Account, Abort<CreateAccountError>> {
        if self.0.role == Role::Admin {
            lock_admins(conn).await?;
        }
        create(conn, self.0).await
    }
}

/// Makes an account, unless there is an admin.
pub(super) struct CreateFirstAdmin<'a>(pub(super) &'a NewAccount);

impl Work for CreateFirstAdmin<'_> {
    type Output = Option<Account>;
    type Error = CreateAccountError;

    async fn run(&self, conn: &Connection) -> Result<Option<Account>, Abort<CreateAccountError>> {
        lock_admins(conn).await?;
        if count_admins_but(conn, None).await? > 0 {
            return Ok(None);
        }
        create(conn, self.0).await.map(Some)
    }
}

/// Waits until nobody else is changing how many admins there are, and keeps all others from it until the
/// transaction ends.
pub(super) async fn lock_admins(mut conn: &Connection) -> Result<(), Failure> {
    sql_query("SELECT pg_advisory_xact_lock(7305204671220118903)").execute(&mut conn).await?;
    Ok(())
}

async fn create(
    mut conn: &Connection,
    new: &NewAccount,
) -> Result<Account, Abort<CreateAccountError>> {
    let NewAccount { name, email, password, role, created_at, trace } = new;
    let id = diesel::insert_into(users::table)
        .values((
            users::name.eq(name.as_str()),
            users::email.eq(email.as_str()),
            users::password_hash.eq(password.expose()),
            users::role.eq(role.as_str()),
            users::created_at.eq(created_at),
        ))
        .returning(users::id)
        .get_result(&mut conn)
        .await
        .map_err(|error| if_email_taken(error, CreateAccountError::EmailTaken))?;
    let id = UserId::new(id);
    let told = (OutboxMessage::AccountRegistered { user_id: id }, *created_at, *trace);
    outbox::push(conn, [told]).await?;
    Ok(Account {
        id,
        name: name.clone(),
        email: email.clone(),
        role: *role,
        created_at: *created_at,
    })
}

/// What a failure to write an account means.
pub(super) fn if_email_taken<E>(error: DieselError, taken: E) -> Abort<E> {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, about)
            if about.constraint_name() == Some(ONE_ADDRESS) =>
        {
            Abort::Refused(taken)
        }
        other => Abort::Failed(other.into()),
    }
}
