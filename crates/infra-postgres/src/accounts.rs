//! Accounts.
//!
//! A change of the number of admins holds one lock while it counts them, so that two concurrent
//! changes cannot remove the last one. The lock on an account's row excludes other changes, but not
//! references to it: placing an order does not wait for it.

mod admins;
mod change;
mod create;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Page, PageRequest, PageStart, StoreError, Timestamp, UserId,
    account::{
        Account, AccountCommand, Actor, Credentials, EmailAddress, NewAccount, PasswordHash,
        port::{AccountReads, AccountWrites, ChangeAccountError, CreateAccountError},
    },
};
use infra_sql::account_columns;
use tracing::instrument;

use self::{
    admins::count_admins_but,
    change::Change,
    create::{Create, CreateFirstAdmin},
};
use crate::{
    PostgresStore, connection::Connection, counts, database::DbOperation, error::TxError,
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

    #[instrument(target = "oms", name = "accounts.list", skip_all, fields(otel.kind = "client",
        db.system.name = "postgresql", error.type, otel.status_code))]
    async fn list(&self, page: PageRequest) -> Result<Page<Account>, StoreError> {
        self.lagging_snapshot(&ReadPage(page)).await
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
    ) -> Result<Option<Account>, ChangeAccountError> {
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
        let Some((row, hash)) = found else { return Ok(None) };
        let account = row.into_account()?;
        Ok(Some(Credentials { account, password: PasswordHash::new(hash) }))
    }
}

/// Reads a page of the live accounts, by ascending id.
struct ReadPage(PageRequest);

impl DbOperation for ReadPage {
    type Output = Page<Account>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Page<Account>, TxError<StoreError>> {
        let page = self.0;
        let mut query = users::table
            .filter(users::deleted_at.is_null())
            .select(account_columns!(users))
            .order_by(users::id.asc())
            .limit(page.fetch_limit())
            .into_boxed();
        query = match page.start {
            PageStart::Number(_) => query.offset(page.offset()),
            PageStart::After(cursor) => query.filter(users::id.gt(cursor.id())),
        };
        let (rows, total) =
            futures::join!(query.load::<AccountRow>(&mut conn), counts::users().read(conn));
        let accounts = rows?.into_iter().map(AccountRow::into_account).collect::<Result<_, _>>()?;
        Ok(Page::from_fetched(accounts, page.limit, total?, |account: &Account| account.id.get()))
    }
}
