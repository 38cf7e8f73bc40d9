//! Reads what the domain needs for a decision about a batch of new orders, in a few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::{
    SqliteConnection,
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Binary, Text},
};
use domain::{
    ProductId, UserId,
    order::{IdempotencyKey, PlacementDemand, PlacementSnapshot, PriorPlacement, ProductSnapshot},
};
use infra_sql::{PriorRow, StockRow, stock_columns};

use crate::{
    error::DbError,
    schema::{ROWS_PER_STATEMENT, products},
};

/// Reads the products and the idempotency keys that a batch names, but not its accounts.
pub(super) fn read(
    conn: &mut SqliteConnection,
    demand: &PlacementDemand,
) -> Result<PlacementSnapshot, DbError> {
    Ok(PlacementSnapshot {
        products: read_stock(conn, &demand.products)?,
        prior: read_prior(conn, &demand.keys)?,
        ..PlacementSnapshot::default()
    })
}

fn read_stock(
    conn: &mut SqliteConnection,
    product_ids: &BTreeSet<ProductId>,
) -> Result<BTreeMap<ProductId, ProductSnapshot>, DbError> {
    let product_ids: Vec<i64> = product_ids.iter().map(|product| product.get()).collect();
    let mut stock = BTreeMap::new();
    for ids in product_ids.chunks(ROWS_PER_STATEMENT) {
        let rows = products::table
            .filter(products::id.eq_any(ids.iter().copied()))
            .filter(products::deleted_at.is_null())
            .select(stock_columns!(products))
            .load::<StockRow>(conn)?;
        for row in rows {
            let (product, snapshot) = row.into_snapshot()?;
            stock.insert(product, snapshot);
        }
    }
    Ok(stock)
}

/// The columns of a [`PriorRow`].
type PriorColumns = (BigInt, BigInt, Text, Binary);

/// Looks up all keys in one statement. They are bound between the two parts as one JSON array of
/// pairs. SQLite keeps the order of the tables in a CROSS JOIN, so each pair is looked up in the
/// index of keys.
const PRIOR_PARTS: [&str; 2] = [
    "SELECT orders.id, user_id, idempotency_key, request_fingerprint FROM json_each(",
    ") AS pair CROSS JOIN orders
        ON user_id = pair.value ->> 0 AND idempotency_key = pair.value ->> 1
    WHERE idempotency_key IS NOT NULL",
];

fn read_prior(
    conn: &mut SqliteConnection,
    keys: &BTreeSet<(UserId, IdempotencyKey)>,
) -> Result<HashMap<(UserId, IdempotencyKey), PriorPlacement>, DbError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let pairs: Vec<(i64, &str)> =
        keys.iter().map(|(user, key)| (user.get(), key.as_str())).collect();
    let [before, after] = PRIOR_PARTS;
    let rows: Vec<PriorRow> = sql::<PriorColumns>(before)
        .bind::<Text, _>(serde_json::to_string(&pairs)?)
        .sql(after)
        .load(conn)?;
    Ok(rows.into_iter().map(PriorRow::into_prior).collect::<Result<_, _>>()?)
}
