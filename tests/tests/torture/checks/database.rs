//! Reads the database of a shop, in SQL that SQLite and PostgreSQL both understand. Each statement
//! sees one snapshot.

use std::collections::BTreeSet;

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, sql_types::Text,
};

use crate::{
    harness::{Store, sql},
    torture::ledger::Content,
};

/// An order as it is stored.
#[derive(Debug)]
pub(super) struct StoredOrder {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) status: String,
    pub(super) version: i64,
    pub(super) key: Option<String>,
    pub(super) content: Content,
    /// The unit price of each line, in cents.
    pub(super) unit_prices: Vec<i64>,
    /// The new statuses of its history, oldest first.
    pub(super) history: Vec<String>,
}

/// All orders, by ascending id.
pub(super) async fn orders(store: &Store) -> Vec<StoredOrder> {
    let statement = "SELECT concat(
            o.id, '|', o.user_id, '|', o.status, '|', o.version, '|',
            coalesce(o.idempotency_key, ''), '|', coalesce(o.item_name, ''), '|', o.quantity, '|',
            (SELECT string_agg(concat(product_id, ':', quantity, ':', unit_price), ','
                ORDER BY position) FROM order_lines WHERE order_id = o.id), '|',
            (SELECT string_agg(data ->> 'to', ',' ORDER BY id) FROM events
                WHERE order_id = o.id AND type IN ('order.status_changed', 'order.deleted'))
        ) AS line FROM orders o ORDER BY o.id";
    lines(store, statement).await.iter().map(|line| parse_order(line)).collect()
}

fn parse_order(line: &str) -> StoredOrder {
    let fields: Vec<&str> = line.split('|').collect();
    let [id, account, status, version, key, item, quantity, lines, history] = fields.as_slice()
    else {
        panic!("not an order: {line}")
    };
    let mut unit_prices = Vec::new();
    let mut products = Vec::new();
    for line in lines.split(',').filter(|line| !line.is_empty()) {
        let numbers: Vec<i64> = line.split(':').map(number).collect();
        products.push((numbers[0], numbers[1]));
        unit_prices.push(numbers[2]);
    }
    let content = if item.is_empty() {
        Content::Lines(products)
    } else {
        Content::FreeForm((*item).to_owned(), number(quantity))
    };
    StoredOrder {
        id: number(id),
        account: number(account),
        status: (*status).to_owned(),
        version: number(version),
        key: (!key.is_empty()).then(|| (*key).to_owned()),
        content,
        unit_prices,
        history: history.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("not a number: {text:?}"))
}

/// The ids of the accounts that are not deleted.
pub(super) async fn live_accounts(store: &Store) -> BTreeSet<i64> {
    let statement = "SELECT concat(id, '') AS line FROM users WHERE deleted_at IS NULL";
    lines(store, statement).await.iter().map(|id| number(id)).collect()
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The rows of a query with one column of text, named `line`.
pub(super) async fn lines(store: &Store, statement: &str) -> Vec<String> {
    let url = store.database_url();
    let Some(file) = url.strip_prefix("sqlite://") else {
        let rows = sql(&url, statement).await.expect("the query");
        return rows.into_iter().flatten().collect();
    };
    let mut connection = SqliteConnection::establish(file).expect("the database");
    connection.batch_execute("PRAGMA busy_timeout = 10000").expect("a setting");
    let rows: Vec<Line> = diesel::sql_query(statement).load(&mut connection).expect("the query");
    rows.into_iter().map(|row| row.line).collect()
}
