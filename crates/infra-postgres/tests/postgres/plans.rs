//! Query plans of the lists: along an index, and no further than the page. The statistics of the
//! server show what it really read.

mod finding;
mod updates;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
};

use domain::{
    Cursor, PageLimit, PageNumber, PageRequest, ProductId, SearchTerm, Timestamp, UserId,
    account::{
        Actor, Role,
        port::{AccountQuery, AccountReads, AccountWrites},
    },
    order::{
        OrderStatus,
        port::{OrderFilter, OrderQuery, OrderReads, OrderSearch, OrderSort, SortDirection},
    },
    product::port::{ProductQuery, ProductReads},
};
use infra_postgres::{PostgresOptions, PostgresStore};
use port_contracts::builders;
use tokio_postgres::Client;

use crate::{
    database::{Database, connect, migrated, template},
    fixture::options,
};

/// A shop large enough for the planner to prefer indexes: 500 accounts, 20,000 products, 20,000
/// orders; one in ten is free-form, one in 200 cancelled. In each minute one order is placed and
/// another one changed for the last time.
const SHOP_ROWS: &str = "
    INSERT INTO users (name, email, password_hash, role, created_at, search_text)
        SELECT 'Ada', 'ada' || i || '@example.com', '$2b$', 'user', 'epoch', E'ada\\x1fada' || i || '@example.com'
        FROM generate_series(1, 500) AS i;
    INSERT INTO products (name, name_folded, price, stock, version, revision, created_at, updated_at)
        SELECT 'Chair ' || i, 'chair ' || i, 100, 0, 1, 1, 'epoch', 'epoch' FROM generate_series(1, 20000) AS i;
    INSERT INTO orders (user_id, customer_name, item_name, search_text, quantity,
                        currency, status, version, revision, created_at, updated_at)
        SELECT 1 + i % 500, 'Grace ' || i, CASE WHEN i % 10 = 0 THEN 'A cake' END,
               'grace ' || i || E'\\x1f' || CASE WHEN i % 10 = 0 THEN 'a cake' ELSE 'chair ' || 1 + i % 500 END, 1 + i % 50, 'EUR',
               CASE WHEN i % 200 = 0 THEN 'cancelled' ELSE 'delivered' END, 1, 1,
               timestamptz 'epoch' + i * interval '1 minute',
               timestamptz 'epoch' + i * 7919 % 20000 * interval '1 minute'
        FROM generate_series(1, 20000) AS i;
    INSERT INTO order_lines
        SELECT id, 0, 1 + id % 500, 'Chair', 100, quantity FROM orders WHERE item_name IS NULL;
";

/// How often each list is read: a statement that is executed often enough on one connection gets a
/// generic plan for all values, which must be good as well.
const REPETITIONS: i64 = 8;

/// The index entries and rows that the server has read.
#[derive(Debug)]
struct ReadStats {
    /// The number of entries read of each index of the shop's tables, where there were any.
    entries: BTreeMap<String, i64>,
    /// The number of rows read in sequential scans of these tables.
    scanned: i64,
}

impl ReadStats {
    /// Asserts that this index was used, that at most `most` index entries were read per list, and
    /// no sequential scan was made.
    fn assert_uses_index(&self, index: &str, most: i64) {
        let read = self.entries.get(index).copied().unwrap_or_default();
        assert!(read > 0, "{index} was not used: {self:?}");
        self.assert_reads_at_most(most);
    }

    /// Asserts that at most `most` index entries were read per list, and no sequential scan was
    /// made.
    fn assert_reads_at_most(&self, most: i64) {
        assert_eq!(self.scanned, 0, "{self:?}");
        let all: i64 = self.entries.values().sum();
        assert!(all <= most * REPETITIONS, "more than {most} entries per list: {self:?}");
    }
}

/// A shop, and the connection that reads the statistics.
struct MeasuredShop {
    database: Database,
    operator: Client,
}

impl MeasuredShop {
    async fn shop() -> Self {
        let shop = template("shop", SHOP_ROWS, &migrated().await, fill).await;
        Self::measure(Database::copy_of(&shop).await).await
    }

    async fn shop_after(change: &str) -> Self {
        let Self { database, .. } = Self::shop().await;
        execute(&database.url(), change).await;
        Self::measure(database).await
    }

    /// The operator's session reads none of the shop's tables before the statistics are reset: a
    /// session reports its reads up to a second late, which would be after the reset. A session
    /// that has ended has reported.
    async fn measure(database: Database) -> Self {
        let operator = database.operator().await;
        database.until_no_other_connection(&operator).await;
        Self { database, operator }
    }

    /// What the server reads for calls of a store. The store's connection reports its statistics
    /// when it ends.
    async fn reads(&self, call: impl AsyncFn(&PostgresStore)) -> ReadStats {
        self.operator.batch_execute("SELECT pg_stat_reset()").await.unwrap();
        let options = PostgresOptions { connections: 1, ..options() };
        let store = PostgresStore::open(&self.database.url(), options).await.unwrap();
        for _ in 0..REPETITIONS {
            call(&store).await;
        }
        store.close().await;
        self.database.until_no_other_connection(&self.operator).await;
        let tables = "relname IN ('users', 'products', 'orders', 'order_lines')";
        let entries = format!(
            "SELECT indexrelname::text, idx_tup_read FROM pg_stat_user_indexes
             WHERE idx_tup_read > 0 AND {tables}"
        );
        let scanned =
            format!("SELECT sum(seq_tup_read)::bigint FROM pg_stat_user_tables WHERE {tables}");
        ReadStats {
            entries: self
                .operator
                .query(&entries, &[])
                .await
                .unwrap()
                .iter()
                .map(|row| (row.get(0), row.get(1)))
                .collect(),
            scanned: self.operator.query_one(&scanned, &[]).await.unwrap().get(0),
        }
    }

    /// What the server reads for a page of orders.
    async fn list(&self, filter: &OrderFilter, page: PageRequest) -> ReadStats {
        let query = OrderQuery::newest_first(filter.clone(), page);
        self.reads(async |store| {
            let page = OrderReads::list(store, &query).await.unwrap();
            assert!(!page.items.is_empty(), "{query:?}");
        })
        .await
    }

    /// What the server reads for a classic list.
    async fn search(&self, search: &OrderSearch) -> ReadStats {
        self.reads(async |store| {
            assert!(!store.search(search).await.unwrap().is_empty(), "{search:?}");
        })
        .await
    }
}

fn first_page() -> PageRequest {
    PageRequest::number(PageNumber::FIRST, PageLimit::DEFAULT)
}

fn later_page() -> PageRequest {
    PageRequest::after(Cursor::after(9_000), PageLimit::DEFAULT)
}

fn unfiltered_search() -> OrderSearch {
    OrderSearch { limit: PageLimit::DEFAULT, ..builders::search() }
}

/// Fills a migrated database with the shop.
async fn fill(url: String) {
    execute(&url, SHOP_ROWS).await;
    let store = PostgresStore::open(&url, options()).await.unwrap();
    store.compact_counters().await.unwrap();
    store.close().await;
    execute(&url, "SELECT").await;
}

/// Executes statements in a separate session, and updates the statistics of the planner.
async fn execute(url: &str, statements: &str) {
    let session = connect(url).await;
    session.batch_execute(statements).await.unwrap();
    session.batch_execute("VACUUM ANALYZE").await.unwrap();
}

#[tokio::test]
async fn a_page_of_orders_reads_one_page_along_the_index_of_its_filter() {
    let shop = MeasuredShop::shop().await;
    let any = OrderFilter::default();
    let user = Some(UserId::new(7));
    for page in [first_page(), later_page()] {
        // The orders and their lines; a page is ten orders, and one more.
        shop.list(&any, page).await.assert_reads_at_most(40);
        let own = OrderFilter { user, ..any.clone() };
        shop.list(&own, page).await.assert_uses_index("orders_live_user", 40);
        let [delivered, cancelled, pending] =
            [OrderStatus::Delivered, OrderStatus::Cancelled, OrderStatus::Pending];
        for statuses in [vec![cancelled], vec![cancelled, pending], vec![cancelled, delivered]] {
            let several = OrderFilter { statuses: statuses.into_iter().collect(), ..any.clone() };
            shop.list(&several, page).await.assert_uses_index("orders_live_status", 60);
        }
        let product = Some(ProductId::new(12));
        let chairs = OrderFilter { product, ..any.clone() };
        shop.list(&chairs, page).await.assert_uses_index("order_lines_product", 80);
    }
}

#[tokio::test]
async fn a_page_deep_in_a_list_skips_index_entries_and_reads_no_more_orders() {
    let shop = MeasuredShop::shop().await;
    let page = PageRequest::number(PageNumber::new(1_000).unwrap(), PageLimit::DEFAULT);
    let deep = 9_990 + 11;
    shop.list(&OrderFilter::default(), page).await.assert_uses_index("orders_live", deep + 40);
    let fetched = "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'orders'";
    let fetched: i64 = shop.operator.query_one(fetched, &[]).await.unwrap().get(0);
    assert!(fetched <= 22 * REPETITIONS, "{fetched} orders");
}

#[tokio::test]
async fn orders_of_a_period_are_counted_along_an_index() {
    let shop = MeasuredShop::shop().await;
    let minutes = |count: i64| Timestamp::from_timestamp_micros(count * 60_000_000);
    let (created_from, created_to) = (minutes(8_950), minutes(8_999));
    let filter = OrderFilter { created_from, created_to, ..OrderFilter::default() };
    shop.list(&filter, first_page()).await.assert_uses_index("orders_live_created_at", 150);
}

#[tokio::test]
async fn a_classic_list_scans_the_index_of_its_sort() {
    let shop = MeasuredShop::shop().await;
    let sorts = [
        (OrderSort::Id, None, "orders_live_user"),
        (OrderSort::Quantity, Some("orders_live_quantity"), "orders_live_user_quantity"),
        (OrderSort::CreatedAt, Some("orders_live_created_at"), "orders_live_user_created_at"),
    ];
    for direction in [SortDirection::Ascending, SortDirection::Descending] {
        for (sort, all, own) in sorts {
            let search = OrderSearch { sort, direction, ..unfiltered_search() };
            let read = shop.search(&search).await;
            match all {
                Some(index) => read.assert_uses_index(index, 40),
                None => read.assert_reads_at_most(40),
            }
            let search = OrderSearch { user: Some(UserId::new(7)), ..search };
            shop.search(&search).await.assert_uses_index(own, 40);
        }
    }
}

#[tokio::test]
async fn a_rare_term_is_found_by_the_ngram_index() {
    let shop = MeasuredShop::shop().await;
    let term = SearchTerm::parse("race 1234").unwrap();
    // The newest thousand; ten orders, and others that share their n-grams, once among the newest
    // and once among all.
    let search = OrderSearch { term: term.clone(), ..unfiltered_search() };
    shop.search(&search).await.assert_uses_index("orders_live_search", 1_000 + 2 * 400);
    // The few orders of an account are compared one by one: forty, then the one found, and its
    // line.
    let search = OrderSearch { user: Some(UserId::new(235)), ..search };
    shop.search(&search).await.assert_reads_at_most(60);

    let term = SearchTerm::parse("hair 1234").unwrap();
    let query = ProductQuery { search: term, page: first_page() };
    let read = shop.reads(async |store| {
        let page = ProductReads::list(store, &query).await.unwrap();
        assert_eq!(page.total, 11, "1234, and ten more with that prefix");
    });
    // The newest thousand; the total twice; eleven products, and others that share their n-grams.
    read.await.assert_uses_index("products_live_search", 1_000 + 3 * 100);
}

#[tokio::test]
async fn a_frequent_term_is_found_among_the_first_orders() {
    let shop = MeasuredShop::shop().await;
    let term = SearchTerm::parse("grace").unwrap();
    for sort in [OrderSort::Id, OrderSort::Quantity, OrderSort::CreatedAt] {
        let search = OrderSearch { term: term.clone(), sort, ..unfiltered_search() };
        // Ten ids, ten orders, and their lines.
        shop.search(&search).await.assert_reads_at_most(60);
        shop.search(&OrderSearch { user: Some(UserId::new(7)), ..search })
            .await
            .assert_reads_at_most(60);
    }
}

#[tokio::test]
async fn a_large_total_is_counted_once_and_then_cached() {
    let shop = MeasuredShop::shop().await;
    let term = SearchTerm::parse("chair").unwrap();
    let query = ProductQuery { search: term, page: first_page() };
    let read = shop.reads(async |store| {
        assert_eq!(ProductReads::list(store, &query).await.unwrap().total, 20_000);
    });
    read.await.assert_uses_index("products_live_search", 20_000 / REPETITIONS + 30);
}

#[tokio::test]
async fn a_term_of_two_characters_uses_the_ngram_index_of_products() {
    let product =
        "INSERT INTO products (name, name_folded, price, stock, version, revision, created_at, updated_at)
        VALUES ('Qx', 'qx', 100, 0, 1, 1, 'epoch', 'epoch')";
    let shop = MeasuredShop::shop_after(product).await;
    for (term, total) in [("qx", 1), ("99", 560)] {
        let query = ProductQuery { search: SearchTerm::parse(term).unwrap(), page: first_page() };
        let read = shop.reads(async |store| {
            assert_eq!(ProductReads::list(store, &query).await.unwrap().total, total);
        });
        read.await.assert_uses_index("products_live_search", 1_000 + 3 * 600);
    }
}

#[tokio::test]
async fn a_page_of_products_or_accounts_reads_one_page() {
    let shop = MeasuredShop::shop().await;
    for page in [first_page(), PageRequest::after(Cursor::after(20), PageLimit::DEFAULT)] {
        let query = ProductQuery { search: None, page };
        let read = shop.reads(async |store| {
            assert_eq!(ProductReads::list(store, &query).await.unwrap().total, 20_000);
        });
        // Eleven ids, and eleven products.
        read.await.assert_reads_at_most(30);
        let read = shop.reads(async |store| {
            assert_eq!(
                AccountReads::list(store, &AccountQuery::all(page)).await.unwrap().total,
                500
            );
        });
        read.await.assert_reads_at_most(12);
    }
}

#[tokio::test]
async fn erasing_an_account_reads_only_its_own_orders() {
    let delete = "UPDATE orders SET deleted_at = 'epoch' WHERE id % 1000 < 500";
    let shop = MeasuredShop::shop_after(delete).await;
    // An account half of whose orders are deleted.
    let next = AtomicI64::new(250);
    let read = shop.reads(async |store| {
        let id = UserId::new(next.fetch_add(1, Ordering::Relaxed));
        let actor = Actor::new(UserId::new(1), Role::Admin);
        let (delete, timestamp) = (builders::DELETE, builders::timestamp(1));
        AccountWrites::execute(store, id, &delete, actor, timestamp).await.unwrap();
    });
    let read = read.await;
    // Forty orders per account, of which the free-form ones keep their names; and the rows that
    // refer to the account.
    read.assert_uses_index("orders_deleted_user", 150);
    let erased = "SELECT count(*) FROM orders
                     WHERE customer_name = 'Deleted user' AND item_name IS NULL";
    let erased: i64 = shop.operator.query_one(erased, &[]).await.unwrap().get(0);
    assert!(erased > 0);
    let left = "SELECT count(*) FROM orders JOIN users ON users.id = user_id
                WHERE users.deleted_at IS NOT NULL AND item_name IS NULL AND customer_name <> 'Deleted user'";
    assert_eq!(shop.operator.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}
