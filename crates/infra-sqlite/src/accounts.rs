//! Accounts.

use async_trait::async_trait;
use diesel::{
    SqliteConnection,
    prelude::*,
    result::{DatabaseErrorKind, Error as DieselError},
    sql_types::Text,
};
use domain::{
    CustomerName, FOLDED_SEPARATOR, Page, PageRequest, PageStart, PersonName, StoreError,
    Timestamp, UserId,
    account::{
        Account, AccountChange, AccountCommand, Actor, Credentials, EmailAddress, NewAccount,
        PasswordHash, Role,
        port::{AccountReads, AccountWrites, ChangeAccountError, CreateAccountError},
    },
    fold_case,
};
use infra_sql::{account_columns, read_count};
use tracing::instrument;

use crate::{
    SqliteStore, counters,
    error::{DbError, TxError},
    fields::AccountRow,
    functions::{instr, substr},
    login_networks,
    outbox::push::push,
    schema::{orders, sessions, users},
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
            let Some((row, hash)) = found else { return Ok(None) };
            let account = row.into_account()?;
            Ok(Some(Credentials { account, password: PasswordHash::new(hash) }))
        })
        .await
    }

    #[instrument(target = "oms", name = "accounts.list", skip_all, fields(otel.kind = "client",
        db.system.name = "sqlite", error.type, otel.status_code))]
    async fn list(&self, page: PageRequest) -> Result<Page<Account>, StoreError> {
        self.read(move |conn| conn.transaction(|conn| list(conn, page))).await
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
    ) -> Result<Option<Account>, ChangeAccountError> {
        let command = command.clone();
        self.write(move |conn| execute(conn, id, &command, actor, now)).await
    }
}

/// The live account with that id.
fn find(conn: &mut SqliteConnection, id: UserId) -> Result<Option<Account>, DbError> {
    let row = users::table
        .find(id.get())
        .filter(users::deleted_at.is_null())
        .select(account_columns!(users))
        .first::<AccountRow>(conn)
        .optional()?;
    Ok(row.map(AccountRow::into_account).transpose()?)
}

/// How many live accounts are admins, without that one.
fn count_other_admins(conn: &mut SqliteConnection, id: Option<UserId>) -> Result<u64, DbError> {
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

fn create(
    conn: &mut SqliteConnection,
    new: &NewAccount,
) -> Result<Account, TxError<CreateAccountError>> {
    let id = diesel::insert_into(users::table)
        .values((
            users::name.eq(new.name.as_str()),
            users::email.eq(new.email.as_str()),
            users::password_hash.eq(new.password.expose()),
            users::role.eq(new.role.as_str()),
            users::created_at.eq(micros(new.created_at)),
        ))
        .returning(users::id)
        .get_result(conn)
        .map_err(|error| if_email_taken(error, CreateAccountError::EmailTaken))?;
    let (account, event) = new.create(UserId::new(id));
    push(conn, [(event, new.created_at, new.trace)])?;
    Ok(account)
}

/// `taken`, if the statement violated a unique constraint: apart from the id, only the email
/// address is unique.
fn if_email_taken<E>(error: DieselError, taken: E) -> TxError<E> {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            TxError::Refused(taken)
        }
        other => TxError::Failed(other.into()),
    }
}

/// A page of the live accounts, by ascending id.
pub(crate) fn list(
    conn: &mut SqliteConnection,
    page: PageRequest,
) -> Result<Page<Account>, DbError> {
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
    let rows = query.load::<AccountRow>(conn)?;
    let accounts = rows.into_iter().map(AccountRow::into_account).collect::<Result<_, _>>()?;
    let total = counters::users(conn)?;
    Ok(Page::from_fetched(accounts, page.limit, total, |account: &Account| account.id.get()))
}

fn execute(
    conn: &mut SqliteConnection,
    id: UserId,
    command: &AccountCommand,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<Account>, TxError<ChangeAccountError>> {
    let account = find(conn, id)?.ok_or(TxError::Refused(ChangeAccountError::NotFound))?;
    let other_admins = count_other_admins(conn, Some(id))?;
    let change = account
        .decide(command, actor, other_admins)
        .map_err(|refusal| TxError::Refused(refusal.into()))?;
    match change {
        AccountChange::Keep(changed) => {
            diesel::update(users::table.find(id.get()))
                .set((
                    users::name.eq(changed.name.as_str()),
                    users::email.eq(changed.email.as_str()),
                    users::role.eq(changed.role.as_str()),
                ))
                .execute(conn)
                .map_err(|error| if_email_taken(error, ChangeAccountError::EmailTaken))?;
            Ok(Some(changed))
        }
        AccountChange::Erase => {
            erase(conn, id, now)?;
            Ok(None)
        }
    }
}

/// Erases a person's data: their account's, their sessions, and their name on orders that took it
/// from the account. Free-form orders have the name that the customer typed, and keep it.
pub(crate) fn erase(
    conn: &mut SqliteConnection,
    id: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    let placeholder = CustomerName::of_deleted_account();
    diesel::update(users::table.find(id.get()))
        .set((
            users::name.eq(PersonName::of_deleted_account().as_str()),
            users::email.eq(None::<String>),
            users::password_hash.eq(None::<String>),
            users::deleted_at.eq(micros(now)),
        ))
        .execute(conn)?;
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(id.get()))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(micros(now)))
        .execute(conn)?;
    login_networks::forget(conn, id)?;
    // Deleted orders too, as they hold the name. Live and deleted orders have an index each, so
    // there are two statements. In the search text, the name ends at the first separator.
    let (folded, separator) = (fold_case(placeholder.as_str()), FOLDED_SEPARATOR.to_string());
    let erased_name = || {
        (
            orders::customer_name.eq(placeholder.as_str()),
            orders::revision.eq(orders::revision + 1),
            orders::search_text.eq(folded.as_str().into_sql::<Text>().concat(substr(
                orders::search_text,
                instr(orders::search_text, separator.as_str()),
            ))),
        )
    };
    let own_orders = orders::user_id.eq(id.get()).and(orders::item_name.is_null());
    diesel::update(orders::table)
        .filter(own_orders.and(orders::deleted_at.is_null()))
        .set(erased_name())
        .execute(conn)?;
    diesel::update(orders::table)
        .filter(own_orders.and(orders::deleted_at.is_not_null()))
        .set(erased_name())
        .execute(conn)?;
    Ok(())
}
