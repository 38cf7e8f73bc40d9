//! Pages of accounts, by ascending id, with filters.
//!
//! There is no index for parts of names and addresses: a search compares the texts of all live
//! accounts, in a covering index.

use diesel::{SqliteConnection, prelude::*, sqlite::Sqlite};
use domain::{
    Page, PageStart,
    account::{
        Account,
        port::{AccountFilter, AccountQuery},
    },
};
use infra_sql::{account_columns, read_count};

use crate::{counters, error::DbError, fields::AccountRow, functions::instr, schema::users};

/// A page of the live accounts that a filter matches.
pub(crate) fn list(
    conn: &mut SqliteConnection,
    query: &AccountQuery,
) -> Result<Page<Account>, DbError> {
    let AccountQuery { filter, page } = query;
    let mut select = matching(filter).order_by(users::id.asc()).limit(page.fetch_limit());
    select = match page.start {
        PageStart::Number(_) => select.offset(page.offset()),
        PageStart::After(cursor) => select.filter(users::id.gt(cursor.id())),
    };
    let rows = select.select(account_columns!(users)).load::<AccountRow>(conn)?;
    let accounts = rows.into_iter().map(AccountRow::into_account).collect::<Result<_, _>>()?;
    let total = if *filter == AccountFilter::default() {
        counters::users(conn)?
    } else {
        read_count("users", &"list", matching(filter).count().get_result(conn)?)?
    };
    Ok(Page::from_fetched(accounts, page.limit, total, |account: &Account| account.id.get()))
}

/// The live accounts that a filter matches.
fn matching(filter: &AccountFilter) -> users::BoxedQuery<'static, Sqlite> {
    let mut query = users::table.filter(users::deleted_at.is_null()).into_boxed();
    if let Some(email) = &filter.email {
        query = query.filter(users::email.eq(email.as_str().to_owned()));
    }
    if let Some(term) = &filter.search {
        query = query.filter(instr(users::search_text, term.folded().to_owned()).gt(0));
    }
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role.as_str()));
    }
    query
}
