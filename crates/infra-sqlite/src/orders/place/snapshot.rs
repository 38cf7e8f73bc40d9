//! What the decision about a batch of new orders needs to know, read in a few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::{
    SqliteConnection,
    prelude::*,
    sql_types::{BigInt, Binary, Text},
};
use domain::{
    OrderId, Price, ProductId, ProductName, Revision, Stock, UserId, Version,
    order::{
        Fingerprint, IdempotencyKey, PlacementDemand, PlacementSnapshot, PriorPlacement, ShelfItem,
    },
};

use crate::{
    error::{Failure, Unreadable},
    schema::{ROWS_PER_STATEMENT, products},
};

/// Reads the products and the keys that a batch names.
pub(super) fn read(
    conn: &mut SqliteConnection,
    demand: &PlacementDemand,
) -> Result<PlacementSnapshot, Failure> {
    Ok(PlacementSnapshot {
        products: read_shelf(conn, &demand.products)?,
        prior: read_prior(conn, &demand.keys)?,
    })
}

fn read_shelf(
    conn: &mut SqliteConnection,
    wanted: &BTreeSet<ProductId>,
) -> Result<BTreeMap<ProductId, ShelfItem>, Failure> {
    let wanted: Vec<i64> = wanted.iter().map(|product| product.get()).collect();
    let mut shelf = BTreeMap::new();
    for ids in wanted.chunks(ROWS_PER_STATEMENT) {
        let rows = products::table
            .filter(products::id.eq_any(ids.iter().copied()))
            .filter(products::deleted_at.is_null())
            .select((
                products::id,
                products::name,
                products::price,
                products::stock,
                products::version,
                products::revision,
            ))
            .load::<(i64, String, i64, i64, i64, i64)>(conn)?;
        for (id, name, price, stock, version, revision) in rows {
            let unreadable = |reason: &dyn ToString| Unreadable::new("products", &id, reason);
            let item = ShelfItem {
                name: ProductName::parse(name).map_err(|error| unreadable(&error))?,
                price: Price::from_minor(price).map_err(|error| unreadable(&error))?,
                stock: Stock::restore(stock).map_err(|error| unreadable(&error))?,
                version: Version::new(version),
                revision: Revision::new(revision),
            };
            shelf.insert(ProductId::new(id), item);
        }
    }
    Ok(shelf)
}

#[derive(QueryableByName)]
struct PriorRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Text)]
    idempotency_key: String,
    #[diesel(sql_type = Binary)]
    request_fingerprint: Vec<u8>,
}

/// Looks all keys up in one statement: they travel as one JSON array of pairs. The join is a CROSS JOIN
/// because SQLite keeps the order of those: pair by pair, each found in the index of keys.
const PRIOR: &str = "
    SELECT orders.id, user_id, idempotency_key, request_fingerprint
    FROM json_each(?) AS pair CROSS JOIN orders
        ON user_id = pair.value ->> 0 AND idempotency_key = pair.value ->> 1
    WHERE idempotency_key IS NOT NULL";

fn read_prior(
    conn: &mut SqliteConnection,
    wanted: &BTreeSet<(UserId, IdempotencyKey)>,
) -> Result<HashMap<(UserId, IdempotencyKey), PriorPlacement>, Failure> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let pairs: Vec<(i64, &str)> =
        wanted.iter().map(|(user, key)| (user.get(), key.as_str())).collect();
    let rows = diesel::sql_query(PRIOR)
        .bind::<Text, _>(serde_json::to_string(&pairs)?)
        .load::<PriorRow>(conn)?;
    rows.into_iter()
        .map(|row| {
            let unreadable = |reason: &str| Unreadable::new("orders", &row.id, &reason);
            let key = IdempotencyKey::parse(&row.idempotency_key)
                .map_err(|_invalid| unreadable("idempotency_key"))?;
            let fingerprint = <[u8; 32]>::try_from(row.request_fingerprint.as_slice())
                .map_err(|_length| unreadable("request_fingerprint"))?;
            let prior = PriorPlacement {
                order: OrderId::new(row.id),
                fingerprint: Fingerprint::from_bytes(fingerprint),
            };
            Ok(((UserId::new(row.user_id), key), prior))
        })
        .collect()
}
