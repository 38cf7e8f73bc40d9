//! Pages of accounts, by ascending id, with filters, and searching them by name and address.
//!
//! A term is first compared with the first accounts one by one, which finds a frequent one; then it
//! is looked up in the n-gram index of names and addresses. Each statement returns the whole page
//! or nothing usable.

use diesel::{prelude::*, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use domain::{
    Page, PageRequest, PageStart, SearchTerm, StoreError,
    account::{
        Account,
        port::{AccountFilter, AccountQuery},
    },
};
use infra_sql::{account_columns, read_count};

use crate::{
    connection::Connection,
    counts::{self, TotalsCache},
    database::DbOperation,
    error::{DbError, TxError},
    fields::AccountRow,
    ngrams, paging,
    schema::users,
    statement::Statement,
};

/// Reads a page of the live accounts that match a filter.
///
/// Without a filter the total is a counter. With one, the matches are counted; the large total of a
/// search is cached for some seconds.
pub(super) struct ReadPage<'a> {
    pub(super) query: &'a AccountQuery,
    pub(super) totals: &'a TotalsCache,
}

/// How many of the first accounts are compared one by one.
const FIRST_ROWS: i64 = 1_000;
const FIRST_ROWS_LIMIT: &str = " LIMIT 1000";

impl DbOperation for ReadPage<'_> {
    type Output = Page<Account>;
    type Error = StoreError;

    const SETTINGS: &'static str = ngrams::SETTINGS;

    async fn run(&self, conn: &Connection) -> Result<Page<Account>, TxError<StoreError>> {
        let AccountQuery { filter, page } = self.query;
        let (accounts, total) = match &filter.search {
            Some(term) => self.search(conn, term).await?,
            None => futures::try_join!(load_page(conn, filter, *page), read_total(conn, filter))?,
        };
        Ok(Page::from_fetched(accounts, page.limit, total, |account: &Account| account.id.get()))
    }
}

/// The accounts of a page of those that match a filter without a term, and one more if there is a
/// next page.
async fn load_page(
    mut conn: &Connection,
    filter: &AccountFilter,
    page: PageRequest,
) -> Result<Vec<Account>, DbError> {
    let mut query = users::table
        .filter(users::deleted_at.is_null())
        .select(account_columns!(users))
        .order_by(users::id.asc())
        .limit(page.fetch_limit())
        .into_boxed();
    if let Some(email) = &filter.email {
        query = query.filter(users::email.eq(email.as_str()));
    }
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role.as_str()));
    }
    query = match page.start {
        PageStart::Number(_) => query.offset(page.offset()),
        PageStart::After(cursor) => query.filter(users::id.gt(cursor.id())),
    };
    read_accounts(query.load(&mut conn).await?)
}

/// The number of accounts that match a filter without a term.
async fn read_total(mut conn: &Connection, filter: &AccountFilter) -> Result<u64, DbError> {
    if *filter == AccountFilter::default() {
        return counts::users().read(conn).await;
    }
    let mut select =
        Statement::<BigInt>::new("SELECT count(*) FROM users WHERE deleted_at IS NULL");
    write_conditions(&mut select, filter);
    let total: i64 = select.get_result(&mut conn).await?;
    Ok(read_count("users", &"list", total)?)
}

fn read_accounts(rows: Vec<AccountRow>) -> Result<Vec<Account>, DbError> {
    Ok(rows.into_iter().map(AccountRow::into_account).collect::<Result<_, _>>()?)
}

impl ReadPage<'_> {
    /// The accounts of a page of those that match the filter with this term, and one more if there
    /// is a next page; and how many match.
    async fn search(
        &self,
        mut conn: &Connection,
        term: &SearchTerm,
    ) -> Result<(Vec<Account>, u64), DbError> {
        let AccountQuery { filter, page } = self.query;
        let key = format!("accounts {filter:?}");
        let total = if let Some(total) = self.totals.get(&key) {
            total
        } else {
            let mut select = Statement::<BigInt>::new("SELECT count(*) FROM (");
            write_matches(&mut select, filter, term);
            select.sql(") AS matches");
            let total: i64 = select.get_result(&mut conn).await?;
            let total = read_count("users", &"search", total)?;
            self.totals.insert(key, total);
            total
        };
        let wanted = usize::try_from(page.limit.get()).unwrap_or(usize::MAX);
        let mut ids: Vec<i64> = Vec::new();
        if page.offset().saturating_add(i64::from(page.limit.get())) < FIRST_ROWS {
            let mut select = Statement::<BigInt>::new("SELECT id FROM (");
            select.sql("SELECT id, search_text FROM users WHERE deleted_at IS NULL");
            write_conditions(&mut select, filter);
            write_cursor(&mut select, *page);
            select
                .sql(" ORDER BY id")
                .sql(FIRST_ROWS_LIMIT)
                .sql(") AS first WHERE search_text LIKE ");
            select.text(&ngrams::like_pattern(term.folded()));
            write_end(&mut select, *page);
            ids = select.load(&mut conn).await?;
        }
        // There may be more matches after the first accounts, unless these fill the page and show
        // that another page follows.
        if ids.len() <= wanted {
            let mut select = Statement::<BigInt>::new("SELECT id FROM (");
            write_matches(&mut select, filter, term);
            select.sql(") AS matches WHERE true");
            write_cursor(&mut select, *page);
            write_end(&mut select, *page);
            ids = select.load(&mut conn).await?;
        }
        let rows = users::table
            .filter(users::id.eq_any(ids))
            .select(account_columns!(users))
            .order_by(users::id.asc())
            .load(&mut conn)
            .await?;
        Ok((read_accounts(rows)?, total))
    }
}

/// Writes the ids of the accounts that match a filter with a term, by the n-gram index. `OFFSET 0`
/// keeps the planner from scanning another index, and comparing the n-grams of each row.
fn write_matches(select: &mut Statement<BigInt>, filter: &AccountFilter, term: &SearchTerm) {
    select.sql("SELECT id FROM (SELECT id, email, role FROM users WHERE deleted_at IS NULL");
    ngrams::write_condition(select, "search_text", term);
    select.sql(" OFFSET 0) AS users WHERE true");
    write_conditions(select, filter);
}

/// Writes the conditions of a filter, except the one on its term.
fn write_conditions(select: &mut Statement<BigInt>, filter: &AccountFilter) {
    if let Some(email) = &filter.email {
        select.sql(" AND email = ").text(email.as_str());
    }
    if let Some(role) = filter.role {
        select.sql(" AND role = ").text(role.as_str());
    }
}

fn write_cursor(select: &mut Statement<BigInt>, page: PageRequest) {
    if let PageStart::After(cursor) = page.start {
        select.sql(" AND id > ").number(cursor.id());
    }
}

fn write_end(select: &mut Statement<BigInt>, page: PageRequest) {
    select.sql(" ORDER BY id");
    paging::write_offset(select, page);
    select.sql(" LIMIT ").number(page.fetch_limit());
}
