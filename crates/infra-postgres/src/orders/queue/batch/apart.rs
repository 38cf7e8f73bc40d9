//! A batch that waited too long for a lock: who needs what is locked is told apart from who does not.
//!
//! The server does not say which row it was, so it is asked which of the batch's rows somebody has locked now.
//! Who needs none of them goes on together. A row that is much in demand is among them as well, though everybody
//! gets it in turn; so who needs the same of them is tried together once more, unless that has proved futile.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{StoreError, order::NewOrder};

use super::{Job, hand_out, orders_of, place_each, place_orders};
use crate::{
    connection::Connection,
    database::{Database, Work},
    error::{Abort, is_lock_timeout},
    schema::{products, users},
};

/// How many of those tries may wait too long. Each takes as long as the first one did, and all of a batch's
/// callers wait for it.
const MOST_TIMEOUTS: u32 = 2;

/// A row that a placement locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Customer(i64),
    Product(i64),
}

/// Places what can be placed of a batch that failed like this.
pub(super) async fn place(database: &Database, jobs: Vec<Job>, failure: &StoreError) {
    let Ok(locked) = database.write(&FindLocked(&orders_of(&jobs))).await else {
        return fail(jobs, failure);
    };
    let mut groups: BTreeMap<BTreeSet<Row>, Vec<Job>> = BTreeMap::new();
    for job in jobs {
        let needed = rows_of(&job.orders).intersection(&locked).copied().collect();
        groups.entry(needed).or_default().push(job);
    }
    // Who needs nothing first, and who needs more behind who needs less of the same.
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(needed, _jobs)| needed.len());
    let mut futile: Vec<BTreeSet<Row>> = Vec::new();
    let mut timeouts = 0;
    for (needed, jobs) in groups {
        if timeouts >= MOST_TIMEOUTS || futile.iter().any(|rows| rows.is_subset(&needed)) {
            fail(jobs, failure);
            continue;
        }
        match place_orders(database, &orders_of(&jobs)).await {
            Ok(results) => hand_out(jobs, results),
            Err(StoreError::Broken(_some_of_them)) if jobs.len() > 1 => {
                place_each(database, jobs).await;
            }
            Err(failure) => {
                if is_lock_timeout(&failure) {
                    timeouts += 1;
                    // Who needs none of the rows waited for something else, which says nothing about them.
                    if !needed.is_empty() {
                        futile.push(needed);
                    }
                }
                fail(jobs, &failure);
            }
        }
    }
}

fn fail(jobs: Vec<Job>, failure: &StoreError) {
    for job in jobs {
        job.fail(failure);
    }
}

/// The rows that placing these orders locks.
fn rows_of(orders: &[NewOrder]) -> BTreeSet<Row> {
    let customers = orders.iter().map(|order| Row::Customer(order.placed_by.get()));
    let products = orders.iter().flat_map(NewOrder::products);
    customers.chain(products.map(|product| Row::Product(product.get()))).collect()
}

/// Finds out which rows that these orders need are locked by others at this moment. It waits for none of them.
struct FindLocked<'a>(&'a [NewOrder]);

impl Work for FindLocked<'_> {
    type Output = BTreeSet<Row>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<BTreeSet<Row>, Abort<StoreError>> {
        let needed = rows_of(self.0);
        let (mut customers, mut wanted) = (Vec::new(), Vec::new());
        for row in needed {
            match row {
                Row::Customer(id) => customers.push(id),
                Row::Product(id) => wanted.push(id),
            }
        }
        let mut sent = [conn; 4];
        let [first, second, third, fourth] = &mut sent;
        let users = users::table.select(users::id).filter(users::id.eq_any(customers));
        let products = products::table.select(products::id).filter(products::id.eq_any(wanted));
        // What is there, without what can be had at once. Both as a placement locks them.
        let (all_users, free_users, all_products, free_products) = futures::join!(
            users.clone().load::<i64>(first),
            users.for_share().skip_locked().load::<i64>(second),
            products.clone().load::<i64>(third),
            products.for_no_key_update().skip_locked().load::<i64>(fourth),
        );
        let all_users = all_users?.into_iter().map(Row::Customer);
        let free_users = free_users?.into_iter().map(Row::Customer);
        let all = all_users.chain(all_products?.into_iter().map(Row::Product));
        let free = free_users.chain(free_products?.into_iter().map(Row::Product));
        let free: BTreeSet<Row> = free.collect();
        Ok(all.filter(|row| !free.contains(row)).collect())
    }
}
