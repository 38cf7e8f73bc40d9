//! Placing orders: what the domain decides about a whole batch, written with a handful of statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::{
    SqliteConnection,
    prelude::*,
    sql_types::{BigInt, Binary, Text},
};
use domain::{
    CustomerName, OrderId, PersonName, Price, ProductId, ProductName, Stock, Timestamp, UserId,
    Version, fold,
    order::{
        Fingerprint, IdempotencyKey, NewOrder, Order, OrderDraft, PlacementDecision,
        PlacementDemand, PlacementPlan, PlacementSnapshot, PriorPlacement, RequestedContent,
        ShelfItem, decide_placement,
        port::{PlaceError, Placement},
    },
};

use super::rows;
use crate::{
    error::{Failure, Unreadable},
    movements::{self, ROWS_PER_INSERT},
    outbox,
    schema::{order_lines, orders, products, sqlite_sequence, users},
    time::micros,
};

/// Places those of these orders that the rules allow. One result for each, in their order.
pub(crate) fn place(
    conn: &mut SqliteConnection,
    mut orders: Vec<NewOrder>,
) -> Result<Vec<Result<Placement, PlaceError>>, Failure> {
    forget_erased_customers(conn, &mut orders)?;
    let snapshot = read(conn, &PlacementDemand::of(&orders))?;
    let PlacementPlan { decisions, shelf } = decide_placement(snapshot, orders);
    let mut next_id = last_id(conn)?;
    let mut drafts: HashMap<usize, (OrderId, &OrderDraft)> = HashMap::new();
    for (index, decision) in decisions.iter().enumerate() {
        if let Ok(PlacementDecision::Place(draft)) = decision {
            next_id += 1;
            drafts.insert(index, (OrderId::new(next_id), draft));
        }
    }
    let mut placed: Vec<(OrderId, &OrderDraft)> = drafts.values().copied().collect();
    placed.sort_by_key(|(id, _)| *id);
    let written = write(conn, &placed, &shelf)?;
    let replayed = rows::find_all(conn, &replayed_ids(&decisions))?;
    let results = decisions.iter().enumerate().map(|(index, decision)| {
        let (order, replayed) = match decision {
            Err(refusal) => return Ok(Err((*refusal).into())),
            Ok(PlacementDecision::Place(_)) => (fresh(&drafts, &written, index), false),
            Ok(PlacementDecision::ReplayOf(earlier)) => (fresh(&drafts, &written, *earlier), true),
            Ok(PlacementDecision::Replay(id)) => match replayed.get(id) {
                Some(order) => (Some(order), true),
                None => return Ok(Err(PlaceError::PlacedAndDeleted)),
            },
        };
        let order = order.ok_or(Failure::Impossible("a placed order is not in its batch"))?;
        Ok(Ok(Placement { order: order.clone(), replayed }))
    });
    results.collect()
}

/// The order that was placed for that index of the batch.
fn fresh<'a>(
    drafts: &HashMap<usize, (OrderId, &OrderDraft)>,
    written: &'a HashMap<OrderId, Order>,
    index: usize,
) -> Option<&'a Order> {
    drafts.get(&index).and_then(|(id, _)| written.get(id))
}

fn replayed_ids(decisions: &[Result<PlacementDecision, domain::order::PlaceRefusal>]) -> Vec<i64> {
    let ids: BTreeSet<i64> = decisions
        .iter()
        .filter_map(|decision| match decision {
            Ok(PlacementDecision::Replay(id)) => Some(id.get()),
            _ => None,
        })
        .collect();
    ids.into_iter().collect()
}

/// Takes the name out of orders whose account was erased while they waited in the queue: it came from the
/// account, and nothing may be left of it.
fn forget_erased_customers(
    conn: &mut SqliteConnection,
    orders: &mut [NewOrder],
) -> Result<(), Failure> {
    let customers: BTreeSet<i64> = orders.iter().map(|order| order.placed_by.get()).collect();
    let mut erased: BTreeSet<i64> = BTreeSet::new();
    for ids in Vec::from_iter(customers).chunks(ROWS_PER_INSERT) {
        erased.extend(
            users::table
                .filter(users::id.eq_any(ids.iter().copied()))
                .filter(users::deleted_at.is_not_null())
                .select(users::id)
                .load::<i64>(conn)?,
        );
    }
    for order in orders {
        let named_by_account = matches!(order.content, RequestedContent::Products(_));
        if named_by_account && erased.contains(&order.placed_by.get()) {
            order.customer = CustomerName::from(&PersonName::of_deleted_account());
        }
    }
    Ok(())
}

/// The greatest number that an order ever had. Numbers are given out here and not by SQLite, so that lines
/// and movements can name them; the writer is alone, so nobody takes one in between.
fn last_id(conn: &mut SqliteConnection) -> Result<i64, Failure> {
    let last = sqlite_sequence::table
        .filter(sqlite_sequence::name.eq("orders"))
        .select(sqlite_sequence::seq)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0))
}

fn read(
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
    for ids in wanted.chunks(ROWS_PER_INSERT) {
        let rows = products::table
            .filter(products::id.eq_any(ids.iter().copied()))
            .filter(products::deleted_at.is_null())
            .select((
                products::id,
                products::name,
                products::price,
                products::stock,
                products::version,
            ))
            .load::<(i64, String, i64, i64, i64)>(conn)?;
        for (id, name, price, stock, version) in rows {
            let unreadable = |reason: &dyn ToString| Unreadable::new("products", &id, reason);
            let item = ShelfItem {
                name: ProductName::parse(name).map_err(|error| unreadable(&error))?,
                price: Price::from_minor(price).map_err(|error| unreadable(&error))?,
                stock: Stock::restore(stock).map_err(|error| unreadable(&error))?,
                version: Version::new(version),
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

#[derive(Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
struct NewOrderRow {
    id: i64,
    user_id: i64,
    customer_name: String,
    customer_folded: String,
    item_name: Option<String>,
    title_folded: String,
    quantity: i64,
    currency: String,
    status: &'static str,
    version: i64,
    created_at: i64,
    updated_at: i64,
    idempotency_key: Option<String>,
    request_fingerprint: Option<Vec<u8>>,
}

impl NewOrderRow {
    fn of(order: &Order, draft: &OrderDraft) -> Self {
        let idempotency = draft.idempotency();
        Self {
            id: order.id().get(),
            user_id: order.placed_by().get(),
            customer_name: order.customer().as_str().to_owned(),
            customer_folded: fold(order.customer().as_str()),
            item_name: order.content().free_form_item().map(|item| item.name.as_str().to_owned()),
            title_folded: fold(&order.content().title()),
            quantity: order.quantity().get(),
            currency: order.currency().code().to_owned(),
            status: order.status().as_str(),
            version: order.version().get(),
            created_at: micros(order.created_at()),
            updated_at: micros(order.updated_at()),
            idempotency_key: idempotency.map(|used| used.key.as_str().to_owned()),
            request_fingerprint: idempotency.map(|used| used.fingerprint.as_bytes().to_vec()),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
struct NewLineRow<'a> {
    order_id: i64,
    position: i64,
    product_id: i64,
    name: &'a str,
    unit_price: i64,
    quantity: i64,
}

fn line_rows(order: &Order) -> impl Iterator<Item = NewLineRow<'_>> {
    (0..).zip(order.content().lines()).map(|(position, line)| NewLineRow {
        order_id: order.id().get(),
        position,
        product_id: line.product.get(),
        name: line.name.as_str(),
        unit_price: line.unit_price.minor(),
        quantity: line.quantity.get(),
    })
}

/// Writes the placed orders, by ascending number, and all that comes with them.
fn write(
    conn: &mut SqliteConnection,
    placed: &[(OrderId, &OrderDraft)],
    shelf: &BTreeMap<ProductId, ShelfItem>,
) -> Result<HashMap<OrderId, Order>, Failure> {
    let new: Vec<(Order, &OrderDraft)> =
        placed.iter().map(|(id, draft)| (draft.order(*id), *draft)).collect();
    let rows: Vec<_> = new.iter().map(|(order, draft)| NewOrderRow::of(order, draft)).collect();
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(orders::table).values(chunk).execute(conn)?;
    }
    let lines: Vec<_> = new.iter().flat_map(|(order, _)| line_rows(order)).collect();
    for chunk in lines.chunks(ROWS_PER_INSERT) {
        diesel::insert_into(order_lines::table).values(chunk).execute(conn)?;
    }
    let movements: Vec<_> = placed.iter().flat_map(|(id, draft)| draft.movements(*id)).collect();
    let mut taken_at: BTreeMap<ProductId, Timestamp> = BTreeMap::new();
    for movement in &movements {
        let last = taken_at.entry(movement.product).or_insert(movement.at);
        *last = movement.at.max(*last);
    }
    for (product, item) in shelf {
        write_shelf(conn, *product, item, taken_at.get(product).copied())?;
    }
    movements::record(conn, movements)?;
    outbox::push(
        conn,
        new.iter().map(|(order, draft)| (draft.message(order.id()), order.created_at())),
    )?;
    Ok(new.into_iter().map(|(order, _)| (order.id(), order)).collect())
}

fn write_shelf(
    conn: &mut SqliteConnection,
    product: ProductId,
    item: &ShelfItem,
    taken_at: Option<Timestamp>,
) -> Result<(), Failure> {
    let taken_at =
        taken_at.ok_or(Failure::Impossible("a product's stock changed without a movement"))?;
    diesel::update(products::table.find(product.get()))
        .set((
            products::stock.eq(item.stock.get()),
            products::version.eq(item.version.get()),
            products::updated_at.eq(micros(taken_at)),
        ))
        .execute(conn)?;
    Ok(())
}
