//! The classic list: one sort column, one direction, offset and limit.
//!
//! Without a term the list scans an index in the sort's order, of one account's orders or of all. A
//! term is first compared with the first few hundred orders of that scan, which suffices for a
//! frequent term. Otherwise it is looked up in the n-gram index of names: if the newest orders come
//! first, among the newest orders only; then among all. Each statement returns either the whole
//! page or an incomplete result, which is discarded, so the choice of the index does not depend on
//! the planner's statistics about the term.

use domain::{
    SearchTerm, StoreError,
    order::{
        Order,
        port::{
            OrderSearch,
            OrderSort::{CreatedAt, Id, Quantity},
            SortDirection::{Ascending, Descending},
        },
    },
};
use infra_sql::OrderCounter;

use super::page::{self, Row, SortOrder};
use crate::{
    connection::Connection,
    counts,
    database::DbOperation,
    error::{DbError, TxError},
    ngrams, paging,
    statement::Statement,
};

pub(crate) struct Search<'a>(pub(crate) &'a OrderSearch);

/// The orders among which a statement searches for a term.
#[derive(Debug, Clone, Copy)]
enum SearchScope {
    /// The first orders of the list without the term, compared one by one. The text is the LIMIT
    /// clause behind the sort.
    FirstRows(&'static str),
    /// All orders that satisfy one of these conditions, searched by the n-gram index. A condition
    /// selects a group of orders.
    IdGroups(&'static [&'static str]),
}

const NEWEST: SearchScope = SearchScope::IdGroups(&[NEWEST_GROUP]);
const TWO_NEWEST: SearchScope = SearchScope::IdGroups(&[NEWEST_GROUP, SECOND_NEWEST_GROUP]);
const ALL: SearchScope = SearchScope::IdGroups(&[""]);

/// The condition of the newest group: ids are divided into groups of 65,536.
const NEWEST_GROUP: &str = " AND id / 65536 = (SELECT max(id) FROM orders) / 65536";
/// The condition of the group before the newest.
const SECOND_NEWEST_GROUP: &str = " AND id / 65536 = (SELECT max(id) FROM orders) / 65536 - 1";

/// How many orders are compared one by one: in the list of all orders, whose rows are adjacent if
/// they are sorted by id.
const FIRST_OF_LIST: (u64, SearchScope) = (1_000, SearchScope::FirstRows(" LIMIT 1000"));
/// The same in the list of one account, whose rows are scattered.
const FIRST_OF_ACCOUNT_LIST: (u64, SearchScope) = (500, SearchScope::FirstRows(" LIMIT 500"));

impl DbOperation for Search<'_> {
    type Output = Vec<Order>;
    type Error = StoreError;

    const SETTINGS: &'static str = ngrams::SETTINGS;

    async fn run(&self, conn: &Connection) -> Result<Vec<Order>, TxError<StoreError>> {
        let search = self.0;
        let Some(term) = &search.term else {
            return Ok(read(conn, search, |select| write_index_scan(select, search)).await?.1);
        };
        let (scanned, first) =
            if search.user.is_some() { FIRST_OF_ACCOUNT_LIST } else { FIRST_OF_LIST };
        let end = search.offset.max(0).saturating_add(i64::from(search.limit.get()));
        let full = usize::try_from(search.limit.get()).unwrap_or(usize::MAX);
        let (total, found) = search_in(conn, search, term, first).await?;
        // There may be more matches after the scanned orders, unless these fill the page, or are
        // all there are.
        if total <= scanned
            || (end <= i64::try_from(scanned).unwrap_or(i64::MAX) && found.len() >= full)
        {
            return Ok(found);
        }
        if search.user.is_none() && search.sort == Id && search.direction == Descending {
            for newest in [NEWEST, TWO_NEWEST] {
                let (_total, found) = search_in(conn, search, term, newest).await?;
                if found.len() >= full {
                    return Ok(found);
                }
            }
        }
        Ok(search_in(conn, search, term, ALL).await?.1)
    }
}

/// Reads the orders whose ids a subquery returns, and the total without any condition but the
/// account.
async fn read(
    conn: &Connection,
    search: &OrderSearch,
    ids: impl FnOnce(&mut Statement<Row>),
) -> Result<(u64, Vec<Order>), DbError> {
    let all = match search.user {
        Some(user) => OrderCounter::OfUser(user, None),
        None => OrderCounter::Orders(None),
    };
    let all = |select: &mut Statement<Row>| counts::orders(all).write(select);
    page::load(conn, page::select(all, ids, SortOrder(order_by(search)))).await
}

async fn search_in(
    conn: &Connection,
    search: &OrderSearch,
    term: &SearchTerm,
    scope: SearchScope,
) -> Result<(u64, Vec<Order>), DbError> {
    read(conn, search, |select| match scope {
        SearchScope::FirstRows(end) => write_filtered_scan(select, search, term, end),
        SearchScope::IdGroups(groups) => write_ngram_lookup(select, search, term, groups),
    })
    .await
}

/// The ORDER BY list. Orders with equal sort values are ordered by id.
fn order_by(search: &OrderSearch) -> &'static str {
    match (search.sort, search.direction) {
        (Id, Ascending) => "orders.id",
        (Id, Descending) => "orders.id DESC",
        (Quantity, Ascending) => "orders.quantity, orders.id",
        (Quantity, Descending) => "orders.quantity DESC, orders.id DESC",
        (CreatedAt, Ascending) => "orders.created_at, orders.id",
        (CreatedAt, Descending) => "orders.created_at DESC, orders.id DESC",
    }
}

/// Writes the ids of the page, without a term.
fn write_index_scan(select: &mut Statement<Row>, search: &OrderSearch) {
    select.sql(
        "SELECT id FROM (SELECT id, quantity, created_at FROM orders WHERE deleted_at IS NULL",
    );
    write_conditions(select, search);
    select.sql(" ORDER BY ").sql(order_by(search));
    write_offset(select, search);
    select.sql(paging::MAX_PAGE_LIMIT).sql(") AS orders ORDER BY ").sql(order_by(search));
    select.sql(" LIMIT ").number(i64::from(search.limit.get()));
}

/// Writes the ids of the page, among the first orders of the list without the term.
fn write_filtered_scan(
    select: &mut Statement<Row>,
    search: &OrderSearch,
    term: &SearchTerm,
    end: &'static str,
) {
    select.sql(
        "SELECT id FROM (SELECT id, quantity, created_at, search_text \
         FROM orders WHERE deleted_at IS NULL",
    );
    write_conditions(select, search);
    select.sql(" ORDER BY ").sql(order_by(search)).sql(end).sql(") AS orders WHERE ");
    write_has_term(select, term);
    write_page(select, search);
}

/// Writes the ids of the page, by the n-gram index, in each of these groups. The conditions are
/// written so that no other index applies; `OFFSET 0` keeps the planner from scanning an index in
/// the order of the sort.
fn write_ngram_lookup(
    select: &mut Statement<Row>,
    search: &OrderSearch,
    term: &SearchTerm,
    groups: &[&'static str],
) {
    select.sql("SELECT id FROM (");
    for (nth, group) in groups.iter().enumerate() {
        select.sql(if nth == 0 { "" } else { " UNION ALL " });
        select.sql("(SELECT id, quantity, created_at FROM orders WHERE deleted_at IS NULL");
        select
            .sql(" AND ngrams(search_text) @@ ")
            .text(&ngrams::tsquery(term.folded()))
            .sql("::tsquery");
        if !ngrams::is_exact(term.folded()) {
            select.sql(" AND ");
            write_has_term(select, term);
        }
        if let Some(user) = search.user {
            select.sql(" AND user_id + 0 = ").number(user.get());
        }
        if let Some(min) = search.min_quantity {
            select.sql(" AND quantity + 0 >= ").number(min);
        }
        if let Some(max) = search.max_quantity {
            select.sql(" AND quantity + 0 <= ").number(max);
        }
        select.sql(group).sql(" OFFSET 0)");
    }
    select.sql(") AS orders");
    write_page(select, search);
}

/// Writes the condition that one of an order's names contains the term. A term contains no
/// separator, so a match lies within one name.
fn write_has_term(select: &mut Statement<Row>, term: &SearchTerm) {
    select.sql("search_text LIKE ").text(&ngrams::like_pattern(term.folded()));
}

fn write_conditions(select: &mut Statement<Row>, search: &OrderSearch) {
    if let Some(user) = search.user {
        select.sql(" AND user_id = ").number(user.get());
    }
    if let Some(min) = search.min_quantity {
        select.sql(" AND quantity >= ").number(min);
    }
    if let Some(max) = search.max_quantity {
        select.sql(" AND quantity <= ").number(max);
    }
}

fn write_page(select: &mut Statement<Row>, search: &OrderSearch) {
    select.sql(" ORDER BY ").sql(order_by(search));
    write_offset(select, search);
    select.sql(" LIMIT ").number(i64::from(search.limit.get()));
}

fn write_offset(select: &mut Statement<Row>, search: &OrderSearch) {
    if search.offset > 0 {
        select.sql(" OFFSET ").number(search.offset);
    }
}
