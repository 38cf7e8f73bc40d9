//! The classic list: one sort, one direction, a window.
//!
//! Without a term the list walks an index in the sort's order, of one account's orders or of all. A term is looked for
//! in the first few orders of that walk, which finds a frequent one; then it is looked up in the index of n-grams of
//! names, which knows whose orders they are and how new, first among the newest if those come first, then among all.
//! Each statement finds all of the list or nothing of use, and which way it goes does not depend on what the server
//! believes about the term.

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
use infra_sql::KeptCount;

use super::page::{self, Row, Sequence};
use crate::{
    connection::Connection,
    counts,
    database::DbOperation,
    error::{TxError, DbError},
    ngrams, paging,
    statement::Statement,
};

/// Reads the live orders that a search finds.
pub(crate) struct Search<'a>(pub(crate) &'a OrderSearch);

/// Where a term is looked for.
#[derive(Debug, Clone, Copy)]
enum SearchScope {
    /// In each of the first orders of the list without the term, or of all: what SQL says behind its order.
    FirstRows(&'static str),
    /// By the index of parts, in each of these groups of orders: the conditions that put an order into one.
    IdGroups(&'static [&'static str]),
}

/// The newest group of orders.
const NEWEST: SearchScope = SearchScope::IdGroups(&[NEWEST_GROUP]);
const NEWEST_TWO: SearchScope = SearchScope::IdGroups(&[NEWEST_GROUP, SECOND_NEWEST_GROUP]);
const ALL: SearchScope = SearchScope::IdGroups(&[""]);

/// The condition that puts an order into the newest group.
const NEWEST_GROUP: &str = " AND id / 65536 = (SELECT max(id) FROM orders) / 65536";
/// The one that puts it into the group before.
const SECOND_NEWEST_GROUP: &str = " AND id / 65536 = (SELECT max(id) FROM orders) / 65536 - 1";

/// How many orders are looked at one by one: of all, which lie side by side if they are sorted by number.
const FIRST: (u64, SearchScope) = (1_000, SearchScope::FirstRows(" LIMIT 1000"));
/// The same of one account's, which lie scattered.
const FIRST_OF_ACCOUNT: (u64, SearchScope) = (500, SearchScope::FirstRows(" LIMIT 500"));

impl DbOperation for Search<'_> {
    type Output = Vec<Order>;
    type Error = StoreError;

    const SETTINGS: &'static str = ngrams::SETTINGS;

    async fn run(&self, conn: &Connection) -> Result<Vec<Order>, TxError<StoreError>> {
        let search = self.0;
        let Some(term) = &search.term else {
            return Ok(read(conn, search, |select| write_index_scan(select, search)).await?.1);
        };
        let (scanned, first) = if search.user.is_some() { FIRST_OF_ACCOUNT } else { FIRST };
        let end = search.offset.max(0).saturating_add(i64::from(search.limit.get()));
        let full = usize::try_from(search.limit.get()).unwrap_or(usize::MAX);
        let (all, found) = search_in(conn, search, term, first).await?;
        // There may be more behind those that it looked at, unless they fill the window, or are all there are.
        if all <= scanned
            || (end <= i64::try_from(scanned).unwrap_or(i64::MAX) && found.len() >= full)
        {
            return Ok(found);
        }
        if search.user.is_none() && search.sort == Id && search.direction == Descending {
            for newest in [NEWEST, NEWEST_TWO] {
                let (_all, found) = search_in(conn, search, term, newest).await?;
                if found.len() >= full {
                    return Ok(found);
                }
            }
        }
        Ok(search_in(conn, search, term, ALL).await?.1)
    }
}

/// Reads the orders whose numbers a subquery yields, and how many there are without any condition but whose they are.
async fn read(
    conn: &Connection,
    search: &OrderSearch,
    ids: impl FnOnce(&mut Statement<Row>),
) -> Result<(u64, Vec<Order>), DbError> {
    let all = match search.user {
        Some(user) => KeptCount::OfUser(user, None),
        None => KeptCount::Orders(None),
    };
    let all = |select: &mut Statement<Row>| counts::orders(all).write(select);
    page::load(conn, page::select(all, ids, Sequence(sequence(search)))).await
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

/// How the orders follow each other; those that are equal in the sort, by number.
fn sequence(search: &OrderSearch) -> &'static str {
    match (search.sort, search.direction) {
        (Id, Ascending) => "orders.id",
        (Id, Descending) => "orders.id DESC",
        (Quantity, Ascending) => "orders.quantity, orders.id",
        (Quantity, Descending) => "orders.quantity DESC, orders.id DESC",
        (CreatedAt, Ascending) => "orders.created_at, orders.id",
        (CreatedAt, Descending) => "orders.created_at DESC, orders.id DESC",
    }
}

/// The numbers of the orders in the window, without a term.
fn write_index_scan(select: &mut Statement<Row>, search: &OrderSearch) {
    select.sql(
        "SELECT id FROM (SELECT id, quantity, created_at FROM orders WHERE deleted_at IS NULL",
    );
    write_conditions(select, search);
    select.sql(" ORDER BY ").sql(sequence(search));
    write_offset(select, search);
    select.sql(paging::MAX_PAGE_LIMIT).sql(") AS orders ORDER BY ").sql(sequence(search));
    select.sql(" LIMIT ").number(i64::from(search.limit.get()));
}

/// The numbers of those in the window that are among the first orders of the list without the term.
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
    select.sql(" ORDER BY ").sql(sequence(search)).sql(end).sql(") AS orders WHERE ");
    write_has_term(select, term);
    write_page(select, search);
}

/// The numbers of the orders in the window, by the index of parts, in each of some groups. Conditions are written so
/// that no other index serves; `OFFSET 0` keeps the server from walking one in the order of the window.
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

/// The condition that one of an order's names has the term. A term has no separator in it, so it is in one of them.
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
    select.sql(" ORDER BY ").sql(sequence(search));
    write_offset(select, search);
    select.sql(" LIMIT ").number(i64::from(search.limit.get()));
}

fn write_offset(select: &mut Statement<Row>, search: &OrderSearch) {
    if search.offset > 0 {
        select.sql(" OFFSET ").number(search.offset);
    }
}
