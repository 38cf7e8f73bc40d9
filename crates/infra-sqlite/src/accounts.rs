//! Accounts: the port, reading and creating them. The modules below change and list them.

mod change;
mod find;
pub(crate) mod list;

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*};
use domain::{
    Page, StoreError, Timestamp, UserId,
    account::{
        Account, AccountCommand, Actor, Credentials, EmailAddress, EmailStatus, NewAccount,
        port::{
            AccountOutcome, AccountQuery, AccountReads, AccountWrites, ChangeAccountError,
            CreateAccountError,
        },
        search_text,
    },
};
use infra_sql::account_columns;
use tracing::instrument;

#[cfg(test)]
pub(crate) use self::change::erase;
use self::find::{count_other_admins, credentials_of, find, if_email_taken};
use crate::{
    SqliteStore, error::TxError, fields::AccountRow, journal::append::append, schema::users,
    time::micros,
};

#[async_trait]
impl AccountReads for SqliteStore {
    #[instrument(target = "oms", name = "accounts.has_admin", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn has_admin(&self) -> Result<bool, StoreError> {
        self.read(|conn| Ok(count_other_admins(conn, None)? > 0)).await
    }

    #[instrument(target = "oms", name = "accounts.find", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn find(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        self.read(move |conn| find(conn, id)).await
    }

    #[instrument(target = "oms", name = "accounts.credentials", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError> {
        let email = email.as_str().to_owned();
        self.read(move |conn| {
            let found = users::table
                .filter(users::email.eq(email))
                .filter(users::deleted_at.is_null())
                .select((account_columns!(users), users::password_hash.assume_not_null()))
                .first::<(AccountRow, String)>(conn)
                .optional()?;
            let found = found.map(|(row, hash)| row.into_credentials(hash));
            Ok(found.transpose()?)
        })
        .await
    }

    #[instrument(target = "oms", name = "accounts.credentials_of", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn credentials_of(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        self.read(move |conn| credentials_of(conn, id)).await
    }

    #[instrument(target = "oms", name = "accounts.list", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn list(&self, query: &AccountQuery) -> Result<Page<Account>, StoreError> {
        let query = query.clone();
        self.read(move |conn| conn.transaction(|conn| list::list(conn, &query))).await
    }
}

#[async_trait]
impl AccountWrites for SqliteStore {
    #[instrument(target = "oms", name = "accounts.create", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn create(&self, account: NewAccount) -> Result<Account, CreateAccountError> {
        self.write(move |conn| create(conn, &account)).await
    }

    #[instrument(target = "oms", name = "accounts.create_first_admin", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn create_first_admin(
        &self,
        account: NewAccount,
    ) -> Result<Option<Account>, CreateAccountError> {
        self.write(move |conn| {
            if count_other_admins(conn, None)? > 0 {
                Ok(None)
            } else {
                create(conn, &account).map(Some)
            }
        })
        .await
    }

    #[instrument(target = "oms", name = "accounts.execute", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn execute(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<AccountOutcome, ChangeAccountError> {
        let command = command.clone();
        self.write(move |conn| change::execute(conn, id, &command, actor, now)).await
    }
}

fn create(
    conn: &mut SqliteConnection,
    new: &NewAccount,
) -> Result<Account, TxError<CreateAccountError>> {
    let verified = new.email_status == EmailStatus::Verified;
    let id = diesel::insert_into(users::table)
        .values((
            users::name.eq(new.name.as_str()),
            users::email.eq(new.email.as_str()),
            users::email_verified_at.eq(verified.then_some(micros(new.created_at))),
            users::password_hash.eq(new.password.expose()),
            users::role.eq(new.role.as_str()),
            users::created_at.eq(micros(new.created_at)),
            users::search_text.eq(search_text(new.name.as_str(), new.email.as_str())),
        ))
        .returning(users::id)
        .get_result(conn)
        .map_err(|error| if_email_taken(error, CreateAccountError::EmailTaken))?;
    let (account, events) = new.create(UserId::new(id));
    append(conn, events)?;
    Ok(account)
}
