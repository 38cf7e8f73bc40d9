//! Searches by staff: pages of orders that have a term and match the other filters.
//!
//! An order has a term if its number is the term, or one of its names or the address of its account
//! contains it. Addresses are looked up in the accounts first. A term is compared with the first
//! orders of the list one by one, which finds a frequent one. Then it is looked up in the n-gram
//! index of names, and the orders of the found accounts along their index. Each statement returns
//! the whole page or nothing usable.

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use domain::{
    FOLDED_SEPARATOR, Page, StoreError,
    order::{
        Order, OrderSearchTerm,
        port::{OrderFilter, OrderQuery},
    },
};
use infra_sql::{OrderScan, read_count};

use super::{
    list::{write_conditions, write_has_product, write_start},
    page::{self, Row, SortOrder},
};
use crate::{
    connection::Connection,
    counts::TotalsCache,
    database::DbOperation,
    error::{DbError, TxError},
    ngrams, paging,
    statement::Statement,
};

/// Reads a page of the live orders that have a term and match the rest of a filter.
pub(super) struct FindPage<'a> {
    pub(super) query: &'a OrderQuery,
    pub(super) term: &'a OrderSearchTerm,
    pub(super) totals: &'a TotalsCache,
}

/// How many of the first orders are compared one by one.
const FIRST_ROWS: i64 = 1_000;
const FIRST_ROWS_LIMIT: &str = " LIMIT 1000";

/// The most accounts whose orders are looked up by their ids. If the addresses of more contain the
/// term, it is frequent.
const MAX_ACCOUNTS: usize = 200;
const ACCOUNTS_LIMIT: &str = " LIMIT 201";

/// The accounts whose address contains the term.
enum Accounts {
    None,
    /// Their ids, as the text of an array.
    Few(String),
    /// More than [`MAX_ACCOUNTS`]. The text is the pattern of their search texts.
    Many(String),
}

impl DbOperation for FindPage<'_> {
    type Output = Page<Order>;
    type Error = StoreError;

    const SETTINGS: &'static str = ngrams::SETTINGS;

    async fn run(&self, mut conn: &Connection) -> Result<Page<Order>, TxError<StoreError>> {
        let OrderQuery { filter, sort, page } = self.query;
        let accounts = self.find_accounts(conn).await?;
        let key = format!("{filter:?}");
        let total = if let Some(total) = self.totals.get(&key) {
            total
        } else {
            let mut select = Statement::<BigInt>::new("SELECT count(*) FROM (");
            self.write_matches(&mut select, &accounts);
            select.sql(") AS matches").without_cached_plan();
            let total: i64 = select.get_result(&mut conn).await?;
            let total = read_count("orders", &"search", total)?;
            self.totals.insert(key, total);
            total
        };
        let wanted = usize::try_from(page.limit.get()).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        if page.offset().saturating_add(i64::from(page.limit.get())) < FIRST_ROWS {
            found = self.load(conn, total, |select| self.write_first(select, &accounts)).await?;
        }
        // There may be more matches after the first orders, unless these fill the page and show
        // that another page follows.
        if found.len() <= wanted {
            let write_all = |select: &mut Statement<Row>| {
                select.sql("SELECT id FROM (");
                self.write_matches(select, &accounts);
                select.sql(") AS orders WHERE true");
                self.write_end(select);
            };
            found = self.load(conn, total, write_all).await?;
        }
        Ok(Page::from_fetched_in_order(found, page.limit, total, |order| sort.cursor(order)))
    }
}

impl FindPage<'_> {
    fn sort_order(&self) -> SortOrder {
        SortOrder::from(self.query.sort)
    }

    async fn load(
        &self,
        conn: &Connection,
        total: u64,
        ids: impl FnOnce(&mut Statement<Row>),
    ) -> Result<Vec<Order>, DbError> {
        let total = |select: &mut Statement<Row>| paging::write_known_total(select, total);
        let mut select = page::select(total, ids, self.sort_order());
        select.without_cached_plan();
        Ok(page::load(conn, select).await?.1)
    }

    async fn find_accounts(&self, mut conn: &Connection) -> Result<Accounts, DbError> {
        let term = self.term.text();
        // The address is the part of the search text behind the separator.
        let pattern = format!("%{FOLDED_SEPARATOR}{}", ngrams::like_pattern(term.folded()));
        let mut select = Statement::<BigInt>::new("SELECT id FROM users WHERE deleted_at IS NULL");
        ngrams::write_condition(&mut select, "search_text", term);
        select.sql(" AND search_text LIKE ").text(&pattern).sql(ACCOUNTS_LIMIT);
        let ids: Vec<i64> = select.load(&mut conn).await?;
        Ok(if ids.is_empty() {
            Accounts::None
        } else if ids.len() > MAX_ACCOUNTS {
            Accounts::Many(pattern)
        } else {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            Accounts::Few(format!("{{{}}}", ids.join(",")))
        })
    }

    /// Writes the ids of the page's orders among the first that match the rest of the filter.
    fn write_first(&self, select: &mut Statement<Row>, accounts: &Accounts) {
        let scan = OrderScan::of(self.query);
        select.sql(
            "SELECT id FROM (SELECT id, user_id, updated_at, search_text FROM orders \
             WHERE deleted_at IS NULL",
        );
        write_rest(select, &scan.filter);
        write_start(select, scan.start, "id");
        select.sql(" ORDER BY ").sql(self.sort_order().0).sql(FIRST_ROWS_LIMIT);
        select.sql(") AS orders WHERE (search_text LIKE ");
        select.text(&ngrams::like_pattern(self.term.text().folded()));
        if let Some(number) = self.term.number() {
            select.sql(" OR id = ").number(number.get());
        }
        match accounts {
            Accounts::None => {}
            Accounts::Few(ids) => {
                select.sql(" OR user_id = ANY(").text(ids).sql("::bigint[])");
            }
            Accounts::Many(pattern) => {
                select.sql(" OR EXISTS (SELECT FROM users WHERE users.id = user_id");
                select.sql(" AND users.deleted_at IS NULL AND users.search_text LIKE ");
                select.text(pattern).sql(" OFFSET 0)");
            }
        }
        select.sql(")");
        self.write_end(select);
    }

    /// Writes the ids of all orders that match, with what they are sorted by. `OFFSET 0` keeps the
    /// planner from scanning another index, and comparing the n-grams of each order.
    fn write_matches<R>(&self, select: &mut Statement<R>, accounts: &Accounts) {
        let filter = &self.query.filter;
        select.sql("SELECT id, updated_at FROM (SELECT id, user_id, status, created_at,");
        select.sql(" updated_at FROM orders WHERE deleted_at IS NULL");
        ngrams::write_condition(select, "search_text", self.term.text());
        if let Some(user) = filter.user {
            select.sql(" AND user_id + 0 = ").number(user.get());
        }
        select.sql(" OFFSET 0) AS orders WHERE true");
        write_rest(select, filter);
        if let Some(number) = self.term.number() {
            write_more(select);
            select.sql(" AND id = ").number(number.get());
            write_rest(select, filter);
        }
        match accounts {
            Accounts::None => {}
            Accounts::Few(ids) => {
                write_more(select);
                select.sql(" AND user_id = ANY(").text(ids).sql("::bigint[])");
                write_rest(select, filter);
            }
            Accounts::Many(pattern) => {
                write_more(select);
                select.sql(" AND user_id IN (SELECT users.id FROM users WHERE");
                select.sql(" users.deleted_at IS NULL AND users.search_text LIKE ");
                select.text(pattern).sql(")");
                write_rest(select, filter);
            }
        }
    }

    fn write_end(&self, select: &mut Statement<Row>) {
        write_start(select, OrderScan::of(self.query).start, "id");
        select.sql(" ORDER BY ").sql(self.sort_order().0);
        paging::write_offset(select, self.query.page);
        select.sql(" LIMIT ").number(self.query.page.fetch_limit());
    }
}

/// Writes the beginning of another set of matches.
fn write_more<R>(select: &mut Statement<R>) {
    select.sql(" UNION SELECT id, updated_at FROM orders WHERE deleted_at IS NULL");
}

/// Writes the conditions of a filter on an order, except the one on its term.
fn write_rest<R>(select: &mut Statement<R>, filter: &OrderFilter) {
    write_conditions(select, filter);
    if let Some(product) = filter.product {
        write_has_product(select, product);
    }
}
