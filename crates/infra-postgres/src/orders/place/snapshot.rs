//! The input of a placement decision, locked and read in one round trip.

use std::collections::BTreeSet;

use diesel::{
    QueryResult,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Binary, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    ProductId, UserId,
    order::{IdempotencyKey, NewOrder, PlacementDemand, PlacementSnapshot},
};
use futures::{FutureExt as _, future::BoxFuture};
use infra_sql::{PriorRow, StockRow, stock_columns};

use crate::{
    connection::Connection,
    error::DbError,
    schema::{products, users},
};

/// Reads everything that a batch refers to. Its products and its customers' accounts are locked
/// against changes until the transaction ends.
///
/// The locks come first, customers before products and each by ascending id, so that batches cannot
/// deadlock. The keys are looked up after the locks, so that a batch that waited for a product sees
/// the orders that took it.
pub(super) async fn read(
    conn: &Connection,
    demand: &PlacementDemand,
    orders: &[NewOrder],
) -> Result<PlacementSnapshot, DbError> {
    let (erased, stock, prior) = futures::join!(
        lock_customers(conn, orders),
        lock_products(conn, &demand.products),
        find_prior(conn, &demand.keys),
    );
    let erased = erased?.into_iter().map(UserId::new).collect();
    let products = stock?.into_iter().map(StockRow::into_snapshot).collect::<Result<_, _>>()?;
    let prior = prior?.into_iter().map(PriorRow::into_prior).collect::<Result<_, _>>()?;
    Ok(PlacementSnapshot { products, prior, erased })
}

/// Locks the customers' accounts against erasure, and returns those that are erased already.
fn lock_customers<'a>(
    mut conn: &'a Connection,
    orders: &[NewOrder],
) -> BoxFuture<'a, QueryResult<Vec<i64>>> {
    let customers: BTreeSet<i64> = orders.iter().map(|order| order.placed_by.get()).collect();
    let rows = users::table
        .filter(users::id.eq_any(Vec::from_iter(customers)))
        .order_by(users::id)
        .for_share()
        .select((users::id, users::deleted_at.is_not_null()))
        .load::<(i64, bool)>(&mut conn);
    async move {
        let erased = rows.await?.into_iter().filter(|(_id, erased)| *erased);
        Ok(erased.map(|(id, _erased)| id).collect())
    }
    .boxed()
}

fn lock_products<'a>(
    mut conn: &'a Connection,
    wanted: &BTreeSet<ProductId>,
) -> BoxFuture<'a, QueryResult<Vec<StockRow>>> {
    if wanted.is_empty() {
        return futures::future::ready(Ok(Vec::new())).boxed();
    }
    let wanted: Vec<i64> = wanted.iter().map(|product| product.get()).collect();
    products::table
        .filter(products::id.eq_any(wanted))
        .filter(products::deleted_at.is_null())
        .order_by(products::id)
        .for_no_key_update()
        .select(stock_columns!(products))
        .load(&mut conn)
        .boxed()
}

/// Finds the earlier orders with these idempotency keys, with one index lookup per key.
#[derive(Debug)]
struct FindPriorOrders {
    users: Vec<i64>,
    keys: Vec<String>,
}

impl Query for FindPriorOrders {
    type SqlType = (BigInt, BigInt, Text, Binary);
}

impl QueryId for FindPriorOrders {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for FindPriorOrders {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT prior.* FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.users)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        // The LIMIT forces a lookup per key, whichever join the planner would choose.
        out.push_sql(
            ") AS wanted (user_id, key) CROSS JOIN LATERAL (
                SELECT id, user_id, idempotency_key, request_fingerprint FROM orders
                WHERE user_id = wanted.user_id AND idempotency_key = wanted.key LIMIT 1
            ) AS prior",
        );
        Ok(())
    }
}

fn find_prior<'a>(
    mut conn: &'a Connection,
    wanted: &BTreeSet<(UserId, IdempotencyKey)>,
) -> BoxFuture<'a, QueryResult<Vec<PriorRow>>> {
    if wanted.is_empty() {
        return futures::future::ready(Ok(Vec::new())).boxed();
    }
    let prior = FindPriorOrders {
        users: wanted.iter().map(|(user, _key)| user.get()).collect(),
        keys: wanted.iter().map(|(_user, key)| key.as_str().to_owned()).collect(),
    };
    prior.load(&mut conn).boxed()
}
