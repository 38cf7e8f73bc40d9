//! Checks that no unit was sold twice or lost: the stock of each product is the sum of its
//! movements and never was negative, each line took its units once, and each cancelled order put
//! them back once.

use super::database::lines;
use crate::{
    harness::Store,
    torture::ledger::{Ledger, Subject},
};

/// The units of a product that each order takes.
const ORDERED: &str = "SELECT order_id, product_id, sum(quantity) AS units FROM order_lines \
                       GROUP BY order_id, product_id";

/// Reports every violation.
pub(super) async fn check(store: &Store, ledger: &Ledger) {
    let stock =
        "SELECT concat('product ', p.id, ' has the stock ', p.stock) AS line FROM products p
        WHERE p.stock < 0
            OR p.stock <> coalesce(
                (SELECT sum(delta) FROM stock_movements WHERE product_id = p.id), 0)
            OR EXISTS (SELECT 1 FROM stock_movements WHERE product_id = p.id AND balance < 0)";
    let taken = format!(
        "SELECT concat('order ', l.order_id, ' took ', m.delta, ' of product ', l.product_id,
                ' and not ', l.units) AS line
        FROM ({ORDERED}) l LEFT JOIN stock_movements m
            ON m.order_id = l.order_id AND m.product_id = l.product_id AND m.kind = 'order_placed'
        WHERE m.delta IS NULL OR m.delta <> -l.units"
    );
    let put_back = format!(
        "SELECT concat('order ', o.id, ' is ', o.status, ' and put ', m.delta, ' of product ',
                l.product_id, ' back') AS line
        FROM orders o JOIN ({ORDERED}) l ON l.order_id = o.id LEFT JOIN stock_movements m
            ON m.order_id = o.id AND m.product_id = l.product_id AND m.kind = 'order_cancelled'
        WHERE (o.status = 'cancelled') <> (m.delta IS NOT NULL) OR m.delta <> l.units"
    );
    let invented =
        "SELECT concat('a movement of product ', m.product_id, ' is of order ', m.order_id)
            AS line
        FROM stock_movements m WHERE m.order_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM order_lines l
            WHERE l.order_id = m.order_id AND l.product_id = m.product_id)";
    for statement in [stock, &taken, &put_back, invented] {
        for violation in lines(store, statement).await {
            ledger.report(Subject::Shop, format!("stock: {violation}"));
        }
    }
}
