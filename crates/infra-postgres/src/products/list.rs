//! Pages of products, newest first, and searching them by name.
//!
//! The ids of a page are found along an index, and only its products are read. A term is first
//! compared with the newest products one by one, which suffices for a frequent term; otherwise it
//! is looked up in the n-gram index of names. Each statement sees one snapshot, and returns either
//! the whole page or an incomplete result, which is discarded.

use std::sync::Arc;

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{
    Page, PageRequest, PageStart, SearchTerm, StoreError,
    product::{Product, port::ProductQuery},
};
use infra_sql::read_count;

use crate::{
    connection::Connection,
    counts::{self, TotalsCache},
    database::DbOperation,
    error::{DbError, TxError},
    fields::ProductRow,
    ngrams, paging,
    statement::Statement,
};

/// Reads a page of the live products, newest first.
///
/// Without a search the total is a counter. With a search, the matches in the n-gram index are
/// counted; a large total is cached for some seconds.
pub(super) struct ReadPage<'a> {
    pub(super) query: &'a ProductQuery,
    pub(super) totals: &'a TotalsCache,
}

/// The list's total, and a product of the page, if it has any.
type Row = (
    BigInt,
    Nullable<(
        BigInt,
        Text,
        Nullable<Text>,
        BigInt,
        BigInt,
        BigInt,
        BigInt,
        Timestamptz,
        Timestamptz,
        Nullable<Timestamptz>,
    )>,
);

/// How many of the newest products are compared one by one.
const NEWEST_ROWS: NewestRows = NewestRows { products: 1_000, sql: " LIMIT 1000" };
/// The same for a term that is known to be frequent: the scan stops early, unless most matches are
/// old.
const NEWEST_FOR_FREQUENT_TERM: NewestRows = NewestRows { products: 20_000, sql: " LIMIT 20000" };

/// A number of the newest products, also as a LIMIT clause.
#[derive(Clone, Copy)]
struct NewestRows {
    products: i64,
    sql: &'static str,
}

impl DbOperation for ReadPage<'_> {
    type Output = Page<Arc<Product>>;
    type Error = StoreError;

    const SETTINGS: &'static str = ngrams::SETTINGS;

    async fn run(&self, conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        let page = self.query.page;
        let Some(term) = &self.query.search else {
            let total = |select: &mut Statement<Row>| counts::products().write(select);
            let (total, found) = load(conn, total, |select| write_index_scan(select, page)).await?;
            return Ok(page_of(found, page, total));
        };
        let key = format!("products like {}", term.folded());
        let cached = self.totals.get(&key);
        let total = |select: &mut Statement<Row>| {
            if let Some(total) = cached {
                paging::write_known_total(select, total);
                return;
            }
            select.sql("(SELECT count(*) FROM products WHERE deleted_at IS NULL");
            ngrams::write_condition(select, "name_folded", term);
            select.sql(")");
        };
        let wanted = usize::try_from(page.limit.get()).unwrap_or(usize::MAX);
        let mut read = None;
        let newest = if cached.is_some() { NEWEST_FOR_FREQUENT_TERM } else { NEWEST_ROWS };
        if page.offset().saturating_add(i64::from(page.limit.get())) < newest.products {
            let newest = |select: &mut Statement<Row>| write_newest(select, page, term, newest);
            // There may be more matches after the newest, unless these fill the page and show that
            // another page follows.
            read = Some(load(conn, total, newest).await?).filter(|(_, found)| found.len() > wanted);
        }
        let (total, found) = match read {
            Some(read) => read,
            None => load(conn, total, |select| write_all(select, page, term)).await?,
        };
        if cached.is_none() {
            self.totals.insert(key, total);
        }
        Ok(page_of(found, page, total))
    }
}

fn page_of(found: Vec<Arc<Product>>, page: PageRequest, total: u64) -> Page<Arc<Product>> {
    Page::from_fetched(found, page.limit, total, |product| product.id.get())
}

/// Reads the total, and the products whose ids a subquery returns.
async fn load(
    mut conn: &Connection,
    total: impl FnOnce(&mut Statement<Row>),
    ids: impl FnOnce(&mut Statement<Row>),
) -> Result<(u64, Vec<Arc<Product>>), DbError> {
    let mut select = Statement::new("SELECT list.total, ");
    select.sql(ProductRow::COLUMNS).sql(" FROM (SELECT ");
    total(&mut select);
    // An empty page has a total as well.
    select.sql(" AS total) AS list LEFT JOIN (");
    ids(&mut select);
    select.sql(
        ") AS page ON true LEFT JOIN products ON products.id = page.id ORDER BY products.id DESC",
    );
    let read: Vec<(i64, Option<ProductRow>)> = select.load(&mut conn).await?;
    let total = read.as_slice().first().map_or(0, |(total, _)| *total);
    let rows = read.into_iter().filter_map(|(_total, row)| row);
    let products = rows.map(|row| row.into_product().map(Arc::new)).collect::<Result<_, _>>()?;
    Ok((read_count("products", &"list", total)?, products))
}

/// Writes the ids of a page's products, and one more if there is a next page.
fn write_index_scan(select: &mut Statement<Row>, page: PageRequest) {
    select.sql("SELECT id FROM (SELECT id FROM products WHERE deleted_at IS NULL");
    write_cursor(select, page);
    select.sql(" ORDER BY id DESC");
    paging::write_page_bounds(select, page);
    select.sql(") AS candidates ORDER BY id DESC LIMIT ").number(page.fetch_limit());
}

/// Writes the ids of the page that match a term, among the newest products.
fn write_newest(
    select: &mut Statement<Row>,
    page: PageRequest,
    term: &SearchTerm,
    newest: NewestRows,
) {
    select.sql("SELECT id FROM (SELECT id, name_folded FROM products WHERE deleted_at IS NULL");
    write_cursor(select, page);
    select.sql(" ORDER BY id DESC").sql(newest.sql).sql(") AS newest WHERE name_folded LIKE ");
    select.text(&ngrams::like_pattern(term.folded())).sql(" ORDER BY id DESC");
    paging::write_offset(select, page);
    select.sql(" LIMIT ").number(page.fetch_limit());
}

/// Writes the ids of the page that match a term, among all products. It is written so that the
/// index by id does not apply.
fn write_all(select: &mut Statement<Row>, page: PageRequest, term: &SearchTerm) {
    select.sql("SELECT id FROM products WHERE deleted_at IS NULL");
    ngrams::write_condition(select, "name_folded", term);
    if let PageStart::After(cursor) = page.start {
        select.sql(" AND id + 0 < ").number(cursor.id());
    }
    select.sql(" ORDER BY id + 0 DESC");
    paging::write_offset(select, page);
    select.sql(" LIMIT ").number(page.fetch_limit());
}

fn write_cursor(select: &mut Statement<Row>, page: PageRequest) {
    if let PageStart::After(cursor) = page.start {
        select.sql(" AND id < ").number(cursor.id());
    }
}
