//! Whether the books agree: the rules that span rows, checked on the live database.

use std::fmt;

use diesel::{
    SqliteConnection,
    prelude::*,
    sql_types::{BigInt, Text},
};
use domain::{StoreError, order::OrderStatus};

use crate::{SqliteStore, error::Failure, schema::order_events};

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFinding {
    /// The rule that is broken.
    pub rule: &'static str,
    /// What breaks it: the kind of thing and its number.
    pub subject: String,
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.subject)
    }
}

/// A rule, and a query for the subjects that break it.
const RULES: [(&str, &str); 11] = [
    (
        "a product's stock is the sum of its movements",
        "SELECT 'product ' || id AS subject FROM products
         LEFT JOIN (SELECT product_id, sum(delta) AS moved FROM stock_movements GROUP BY product_id)
             ON product_id = id
         WHERE stock <> coalesce(moved, 0)",
    ),
    ("no stock is negative", "SELECT 'product ' || id AS subject FROM products WHERE stock < 0"),
    (
        "an order's version is one more than its history is long",
        "SELECT 'order ' || id AS subject FROM orders
         WHERE version <> 1 + (SELECT count(*) FROM order_events WHERE order_id = orders.id)",
    ),
    (
        "an order's status is where its history ends",
        "SELECT 'order ' || id AS subject FROM orders
         WHERE status <> coalesce(
             (SELECT new_status FROM order_events WHERE order_id = orders.id ORDER BY id DESC LIMIT 1),
             'pending')",
    ),
    (
        "an order without an item has lines, and its quantity is their sum",
        "SELECT 'order ' || id AS subject FROM orders
         WHERE quantity IS NOT CASE WHEN item_name IS NULL
             THEN (SELECT sum(quantity) FROM order_lines WHERE order_id = orders.id)
             ELSE quantity + (SELECT count(*) FROM order_lines WHERE order_id = orders.id) END",
    ),
    (
        "an open or shipped order's pieces are taken once, a cancelled one's are back",
        "SELECT 'order ' || orders.id || ', product ' || product_id AS subject
         FROM orders JOIN order_lines ON order_id = orders.id
         GROUP BY orders.id, product_id
         HAVING coalesce(
             (SELECT sum(delta) FROM stock_movements AS moved
              WHERE moved.order_id = orders.id AND moved.product_id = order_lines.product_id), 0)
             <> CASE status WHEN 'cancelled' THEN 0 ELSE -sum(order_lines.quantity) END",
    ),
    (
        "the outbox has a message for an order's placement and for each of its events",
        "SELECT 'order ' || id AS subject FROM orders
         LEFT JOIN (SELECT order_id, count(*) AS told FROM outbox GROUP BY order_id) ON order_id = id
         WHERE version <> coalesce(told, 0)",
    ),
    (
        "the outbox has a message for each account",
        "SELECT 'account ' || id AS subject FROM users
         LEFT JOIN (SELECT message ->> 'user_id' AS user_id, count(*) AS told FROM outbox
                    WHERE message ->> 'event' = 'account_registered' GROUP BY 1) ON user_id = id
         WHERE coalesce(told, 0) <> 1",
    ),
    (
        "a counter is the number of rows it counts",
        "SELECT 'counter ' || name AS subject FROM counters
         WHERE value <> CASE name
             WHEN 'users' THEN (SELECT count(*) FROM users WHERE deleted_at IS NULL)
             WHEN 'products' THEN (SELECT count(*) FROM products WHERE deleted_at IS NULL)
             ELSE (SELECT count(*) FROM orders WHERE deleted_at IS NULL AND 'orders.' || status = name)
         END",
    ),
    (
        "an account's count of orders is the number of its live orders",
        "SELECT 'account ' || user_id AS subject FROM (
             SELECT user_id, status, value FROM user_order_counts
             UNION ALL
             SELECT user_id, status, -count(*) FROM orders WHERE deleted_at IS NULL GROUP BY user_id, status)
         GROUP BY user_id, status HAVING sum(value) <> 0",
    ),
    (
        "a product's count of orders is the number of live orders that name it",
        "SELECT 'product ' || product_id AS subject FROM (
             SELECT product_id, value FROM product_order_counts
             UNION ALL
             SELECT product_id, -count(DISTINCT order_id)
             FROM order_lines JOIN orders ON orders.id = order_id
             WHERE deleted_at IS NULL GROUP BY product_id)
         GROUP BY product_id HAVING sum(value) <> 0",
    ),
];

#[derive(QueryableByName)]
struct Subject {
    #[diesel(sql_type = Text)]
    subject: String,
}

#[derive(QueryableByName)]
struct Violation {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = BigInt)]
    row: i64,
}

impl SqliteStore {
    /// Checks every rule of the books, as of one moment. Nothing found means that all is well. It reads
    /// the whole database, so it takes a while on a large one; nobody waits for it.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed; nothing is known then.
    pub async fn audit(&self) -> Result<Vec<AuditFinding>, StoreError> {
        self.read(|conn| conn.transaction(audit)).await
    }
}

fn audit(conn: &mut SqliteConnection) -> Result<Vec<AuditFinding>, Failure> {
    let mut findings = Vec::new();
    for (rule, query) in RULES {
        let subjects = diesel::sql_query(query).load::<Subject>(conn)?;
        findings
            .extend(subjects.into_iter().map(|Subject { subject }| AuditFinding { rule, subject }));
    }
    findings.extend(broken_paths(conn)?);
    let references = "SELECT \"table\", coalesce(rowid, 0) AS row FROM pragma_foreign_key_check";
    for Violation { table, row } in diesel::sql_query(references).load(conn)? {
        findings.push(AuditFinding {
            rule: "what a row refers to exists",
            subject: format!("{table} row {row}"),
        });
    }
    Ok(findings)
}

/// The orders whose history is no path through the lifecycle. An entry that stays where it is can only be
/// the last: the deletion of an order whose goods had left.
fn broken_paths(conn: &mut SqliteConnection) -> Result<Vec<AuditFinding>, Failure> {
    let events = order_events::table
        .select((order_events::order_id, order_events::old_status, order_events::new_status))
        .order_by((order_events::order_id, order_events::id))
        .load_iter::<(i64, String, String), _>(conn)?;
    let mut findings: Vec<AuditFinding> = Vec::new();
    let mut path: Option<(i64, OrderStatus, bool)> = None;
    for event in events {
        let (order, from, to) = event?;
        let (at, ended) = match path {
            Some((same, at, ended)) if same == order => (at, ended),
            _ => (OrderStatus::Pending, false),
        };
        let steps = from.parse::<OrderStatus>().ok().zip(to.parse::<OrderStatus>().ok());
        let legal = steps.is_some_and(|(from, to)| {
            !ended && from == at && (from.can_become(to) || (from == to && !from.is_open()))
        });
        if !legal {
            findings.push(AuditFinding {
                rule: "an order's history is a path through the lifecycle",
                subject: format!("order {order}"),
            });
        }
        path = Some(match steps {
            Some((from, to)) => (order, to, from == to),
            None => (order, at, true),
        });
    }
    findings.dedup();
    Ok(findings)
}
