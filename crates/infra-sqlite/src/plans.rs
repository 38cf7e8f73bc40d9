//! Query plans of the lists: along an index, without a sort and without a scan.
//!
//! The statements are those that the code sends, as the connection's instrumentation reports them.

mod finding;
mod journal;
mod updates;

use std::sync::{Arc, Mutex};

use diesel::{
    QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::{Connection as _, InstrumentationEvent, SimpleConnection as _},
    sql_query,
    sql_types::Text,
};
use domain::{
    Cursor, PageLimit, PageNumber, PageRequest, ProductId, SearchTerm, Timestamp, UserId,
    account::port::AccountQuery,
    order::{
        OrderStatus,
        port::{OrderFilter, OrderQuery, OrderSearch, OrderSort, SortDirection},
    },
    product::port::ProductQuery,
};
use tempfile::TempDir;

use crate::{
    accounts,
    file::DatabaseFile,
    orders::{list, open, search},
    products,
};

#[derive(QueryableByName)]
struct PlanStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

struct Database {
    _directory: TempDir,
    conn: SqliteConnection,
    statements: Arc<Mutex<Vec<String>>>,
}

const ONE_ORDER: &str = "
    INSERT INTO users (id, name, email, password_hash, role, created_at)
        VALUES (1, 'Ada', 'ada@example.com', '$2b$', 'user', 0);
    INSERT INTO products (id, name, name_folded, price, stock, version, revision, created_at, updated_at)
        VALUES (1, 'Chair', 'chair', 100, 0, 1, 1, 0, 0);
    INSERT INTO orders (id, user_id, customer_name, search_text, quantity, currency,
                        status, version, revision, created_at, updated_at)
        VALUES (1, 1, 'Ada', 'ada' || char(31) || 'chair', 2, 'EUR', 'pending', 1, 1, 0, 0);
    INSERT INTO order_lines VALUES (1, 0, 1, 'Chair', 100, 2);
";

impl Database {
    fn with_one_order() -> Self {
        Self::with_one_order_for(DatabaseFile::connect_reader)
    }

    fn with_one_order_for<E: std::fmt::Debug>(
        connect: impl FnOnce(&DatabaseFile) -> Result<SqliteConnection, E>,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oms.db");
        crate::migrate(&path).unwrap();
        let file = DatabaseFile::at(&path).unwrap();
        file.connect_writer().unwrap().batch_execute(ONE_ORDER).unwrap();
        let mut conn = connect(&file).unwrap();
        let statements: Arc<Mutex<Vec<String>>> = Arc::default();
        let sent = Arc::clone(&statements);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                sent.lock().unwrap().push(query.to_string());
            }
        });
        Self { _directory: directory, conn, statements }
    }

    /// The plans of all statements that read this table, or one whose name starts with `table`.
    fn plans(mut self, table: &str) -> Vec<String> {
        let statements = std::mem::take(&mut *self.statements.lock().unwrap());
        let name = format!("`{table}");
        let statements = statements.iter().filter(|sent| sent.contains(&name));
        statements
            .flat_map(|statement| {
                // The values follow the statement as a comment, so that it can be explained as it
                // is.
                let explain = format!("EXPLAIN QUERY PLAN {statement}");
                sql_query(explain).load::<PlanStep>(&mut self.conn).unwrap()
            })
            .map(|step| step.detail)
            .collect()
    }
}

fn plans_of_list(filter: OrderFilter, page: PageRequest) -> Vec<String> {
    plans_of_query(&OrderQuery::newest_first(filter, page))
}

fn plans_of_query(query: &OrderQuery) -> Vec<String> {
    let mut database = Database::with_one_order();
    list::list(&mut database.conn, query).unwrap();
    let plans = database.plans("order");
    assert!(!plans.is_empty(), "the list reads orders");
    plans
}

fn first_page() -> PageRequest {
    PageRequest::number(PageNumber::FIRST, PageLimit::DEFAULT)
}

fn later_page() -> PageRequest {
    PageRequest::after(Cursor::after(1_000_000), PageLimit::DEFAULT)
}

/// Some plan uses the index, and none sorts.
fn assert_along(plans: &[String], index: &str) {
    assert!(plans.iter().any(|step| step.contains(index)), "not along {index}: {plans:#?}");
    assert_no_sort(plans);
}

fn assert_no_sort(plans: &[String]) {
    assert!(!plans.iter().any(|step| step.contains("TEMP B-TREE")), "sorts: {plans:#?}");
}

/// Every step searches an index; none scans one, or a table.
fn assert_no_scan(plans: &[String]) {
    let is_scan = |step: &String| step.starts_with("SCAN") && step != "SCAN CONSTANT ROW";
    assert!(!plans.iter().any(is_scan), "scans: {plans:#?}");
}

#[test]
fn orders_of_an_account_are_listed_along_an_index() {
    for page in [first_page(), later_page()] {
        let filter = OrderFilter { user: Some(UserId::new(1)), ..OrderFilter::default() };
        let plans = plans_of_list(filter, page);
        assert_along(&plans, "orders_live_user ");
        assert_no_scan(&plans);
    }
}

#[test]
fn orders_with_a_status_are_listed_along_an_index() {
    for page in [first_page(), later_page()] {
        for statuses in
            [vec![OrderStatus::Pending], vec![OrderStatus::Pending, OrderStatus::Shipped]]
        {
            let statuses = statuses.into_iter().collect();
            let plans = plans_of_list(OrderFilter { statuses, ..OrderFilter::default() }, page);
            assert_along(&plans, "orders_live_status ");
            assert_no_scan(&plans);
        }
    }
}

#[test]
fn orders_of_a_product_are_listed_along_an_index() {
    for page in [first_page(), later_page()] {
        let filter = OrderFilter { product: Some(ProductId::new(1)), ..OrderFilter::default() };
        let plans = plans_of_list(filter, page);
        assert_along(&plans, "order_lines_product ");
        assert_no_scan(&plans);
    }
}

#[test]
fn all_orders_are_listed_newest_first_without_a_sort() {
    assert_no_sort(&plans_of_list(OrderFilter::default(), first_page()));
    let plans = plans_of_list(OrderFilter::default(), later_page());
    assert_no_sort(&plans);
    assert_no_scan(&plans);
}

#[test]
fn orders_of_a_period_are_counted_along_an_index() {
    let timestamp = Timestamp::from_timestamp_micros(0);
    let filter =
        OrderFilter { created_from: timestamp, created_to: timestamp, ..OrderFilter::default() };
    let plans = plans_of_list(filter, later_page());
    assert!(plans.iter().any(|step| step.contains("orders_live_created_at")), "{plans:#?}");
}

fn plans_of_search(user: Option<UserId>, sort: OrderSort, direction: SortDirection) -> Vec<String> {
    let mut database = Database::with_one_order();
    let search = OrderSearch {
        user,
        term: SearchTerm::parse("chair").unwrap(),
        min_quantity: Some(1),
        max_quantity: Some(10),
        sort,
        direction,
        limit: PageLimit::DEFAULT,
        offset: 0,
    };
    search::search(&mut database.conn, &search).unwrap();
    database.plans("order")
}

#[test]
fn a_classic_list_follows_the_index_of_its_sort_order() {
    let all = [OrderSort::Id, OrderSort::Quantity, OrderSort::CreatedAt];
    let indexes = ["", "orders_live_quantity", "orders_live_created_at"];
    let own = ["orders_live_user ", "orders_live_user_quantity", "orders_live_user_created_at"];
    for direction in [SortDirection::Ascending, SortDirection::Descending] {
        for ((sort, index), own) in all.into_iter().zip(indexes).zip(own) {
            assert_along(&plans_of_search(None, sort, direction), index);
            let plans = plans_of_search(Some(UserId::new(1)), sort, direction);
            assert_along(&plans, own);
            assert_no_scan(&plans);
        }
    }
}

#[test]
fn products_are_listed_newest_first_without_a_sort() {
    for (page, search) in
        [(first_page(), None), (later_page(), None), (later_page(), Some("chair"))]
    {
        let mut database = Database::with_one_order();
        let search = search.and_then(|raw| SearchTerm::parse(raw).unwrap());
        let counts = search.is_some();
        products::list(&mut database.conn, &ProductQuery { search, page }).unwrap();
        let plans = database.plans("products");
        assert_no_sort(&plans);
        // Only the count of a search reads all names, in a covering index.
        let whole = "SCAN products USING COVERING INDEX products_live";
        assert!(!counts || plans.iter().any(|step| step == whole), "{plans:#?}");
    }
}

#[test]
fn accounts_are_listed_by_id_without_a_sort() {
    for page in [first_page(), later_page()] {
        let mut database = Database::with_one_order();
        accounts::list::list(&mut database.conn, &AccountQuery::all(page)).unwrap();
        let plans = database.plans("users");
        assert!(!plans.is_empty(), "the list reads accounts");
        assert_no_sort(&plans);
    }
}

#[test]
fn an_account_is_erased_along_indexes_of_its_live_and_deleted_orders() {
    let mut database = Database::with_one_order_for(DatabaseFile::connect_writer);
    accounts::erase(&mut database.conn, UserId::new(1), Timestamp::UNIX_EPOCH).unwrap();
    let plans = database.plans("orders");
    assert_along(&plans, "orders_live_user");
    assert_along(&plans, "orders_deleted_user");
    assert_no_scan(&plans);
}

#[test]
fn the_units_that_open_orders_hold_are_counted_along_indexes() {
    let mut database = Database::with_one_order();
    open::units_held(&mut database.conn, ProductId::new(1)).unwrap();
    assert_no_scan(&database.plans("order_lines"));
}
