//! Accounts.
//!
//! A change of the number of admins holds one lock while it counts them, so that two concurrent
//! changes cannot remove the last one. The lock on an account's row excludes other changes, but not
//! references to it: placing an order does not wait for it.

mod admins;
mod change;
mod create;
mod erase;
mod list;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Page, StoreError, Timestamp, UserId,
    account::{
        Account, AccountCommand, Actor, Credentials, EmailAddress, NewAccount,
        port::{
            AccountOutcome, AccountQuery, AccountReads, AccountWrites, ChangeAccountError,
            CreateAccountError,
        },
    },
};
use infra_sql::account_columns;
use tracing::instrument;

use self::{
    admins::count_admins_but,
    change::Change,
    create::{Create, CreateFirstAdmin},
    list::ReadPage,
};
use crate::{
    PostgresStore, connection::Connection, database::DbOperation, error::TxError,
    fields::AccountRow, schema::users,
};

#[async_trait]
impl AccountReads for PostgresStore {
    #[instrument(target = "oms", name = "accounts.has_admin", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn has_admin(&self) -> Result<bool, StoreError> {
        self.read(&HasAdmin).await
    }

    #[instrument(target = "oms", name = "accounts.find", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn find(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        self.read(&Find(id)).await
    }

    #[instrument(target = "oms", name = "accounts.credentials", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError> {
        self.read(&FindCredentials(email)).await
    }

    #[instrument(target = "oms", name = "accounts.credentials_of", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn credentials_of(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        self.read(&FindCredentialsOf(id)).await
    }

    #[instrument(target = "oms", name = "accounts.list", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn list(&self, query: &AccountQuery) -> Result<Page<Account>, StoreError> {
        self.lagging_snapshot(&ReadPage { query, totals: &self.totals }).await
    }
}

#[async_trait]
impl AccountWrites for PostgresStore {
    #[instrument(target = "oms", name = "accounts.create", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn create(&self, account: NewAccount) -> Result<Account, CreateAccountError> {
        self.write(&Create(&account)).await
    }

    #[instrument(target = "oms", name = "accounts.create_first_admin", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn create_first_admin(
        &self,
        account: NewAccount,
    ) -> Result<Option<Account>, CreateAccountError> {
        self.write(&CreateFirstAdmin(&account)).await
    }

    #[instrument(target = "oms", name = "accounts.execute", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn execute(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<AccountOutcome, ChangeAccountError> {
        self.write(&Change { id, command, actor, now }).await
    }
}

struct HasAdmin;

impl DbOperation for HasAdmin {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<bool, TxError<StoreError>> {
        Ok(count_admins_but(conn, None).await? > 0)
    }
}

/// Finds the live account with this id.
struct Find(UserId);

impl DbOperation for Find {
    type Output = Option<Account>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Option<Account>, TxError<StoreError>> {
        let row = users::table
            .find(self.0.get())
            .filter(users::deleted_at.is_null())
            .select(account_columns!(users))
            .first::<AccountRow>(&mut conn)
            .await
            .optional()?;
        Ok(row.map(AccountRow::into_account).transpose()?)
    }
}

/// Finds the live account with this address, and its password hash.
struct FindCredentials<'a>(&'a EmailAddress);

impl DbOperation for FindCredentials<'_> {
    type Output = Option<Credentials>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Option<Credentials>, TxError<StoreError>> {
        let found = users::table
            .filter(users::email.eq(self.0.as_str()))
            .filter(users::deleted_at.is_null())
            .select((account_columns!(users), users::password_hash.assume_not_null()))
            .first::<(AccountRow, String)>(&mut conn)
            .await
            .optional()?;
        Ok(found.map(|(row, hash)| row.into_credentials(hash)).transpose()?)
    }
}

/// Finds the live account with that id, and its password hash.
struct FindCredentialsOf(UserId);

impl DbOperation for FindCredentialsOf {
    type Output = Option<Credentials>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Option<Credentials>, TxError<StoreError>> {
        let found = users::table
            .find(self.0.get())
            .filter(users::deleted_at.is_null())
            .select((account_columns!(users), users::password_hash.assume_not_null()))
            .first::<(AccountRow, String)>(&mut conn)
            .await
            .optional()?;
        Ok(found.map(|(row, hash)| row.into_credentials(hash)).transpose()?)
    }
}
