//! Totals of lists. Triggers maintain the counters; the code here reads them.
//!
//! A total is a counter and all pending changes of it, in one snapshot. Compaction adds the changes
//! to the counters in the background, in any number of processes; it changes no total.

mod compact;
mod totals;

use std::{borrow::Cow, collections::BTreeSet, sync::LazyLock};

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use domain::order::OrderStatus;
use futures::{FutureExt as _, future::BoxFuture};
use infra_sql::{OrderCounter, read_count};

pub(crate) use self::{
    compact::{CounterCompaction, compact_counters},
    totals::TotalsCache,
};
use crate::{connection::Connection, error::DbError, statement::Statement};

/// The counters of all orders, one for each status, separated by commas.
static ORDERS: LazyLock<String> = LazyLock::new(|| in_any_status("orders"));
/// The counters of an account's orders, one for each status, separated by commas.
static ORDERS_OF_USER: LazyLock<String> = LazyLock::new(|| in_any_status("user_orders"));

pub(crate) fn users() -> Total {
    Total { kinds: "users".into(), ref_id: 0 }
}

pub(crate) fn products() -> Total {
    Total { kinds: "products".into(), ref_id: 0 }
}

/// The total of the live orders that this counter counts.
pub(crate) fn orders(counter: OrderCounter<'_>) -> Total {
    match counter {
        OrderCounter::Orders(statuses) => {
            Total { kinds: in_statuses_or_any("orders", &ORDERS, statuses), ref_id: 0 }
        }
        OrderCounter::OfUser(user, statuses) => {
            let kinds = in_statuses_or_any("user_orders", &ORDERS_OF_USER, statuses);
            Total { kinds, ref_id: user.get() }
        }
        OrderCounter::OfProduct(product) => {
            Total { kinds: "product_orders".into(), ref_id: product.get() }
        }
    }
}

/// The counters of that family for some statuses, or those for all.
fn in_statuses_or_any(
    family: &str,
    any: &'static str,
    statuses: Option<&BTreeSet<OrderStatus>>,
) -> Cow<'static, str> {
    statuses.map_or(Cow::Borrowed(any), |statuses| in_statuses(family, statuses).into())
}

/// The counters of this family for all statuses.
fn in_any_status(family: &str) -> String {
    in_statuses(family, &OrderStatus::ALL)
}

/// The counters of that family for these statuses, separated by commas.
fn in_statuses<'s>(family: &str, statuses: impl IntoIterator<Item = &'s OrderStatus>) -> String {
    let kinds: Vec<_> = statuses.into_iter().map(|status| format!("{family}.{status}")).collect();
    kinds.join(",")
}

/// The sum of some counters, each of the same account or product.
#[derive(Debug)]
pub(crate) struct Total {
    /// The kinds of the counters, separated by commas.
    kinds: Cow<'static, str>,
    /// The account or the product, or 0.
    ref_id: i64,
}

impl Total {
    /// Reads it, in a separate statement, and so in one snapshot.
    pub(crate) fn read<'a>(&self, mut conn: &'a Connection) -> BoxFuture<'a, Result<u64, DbError>> {
        let mut select = Statement::<BigInt>::new("SELECT ");
        self.write(&mut select);
        let name = self.kinds.clone();
        let read = select.get_result::<i64>(&mut conn);
        async move {
            let value = read.await?;
            Ok(read_count("counts", &name, value)?)
        }
        .boxed()
    }

    /// Appends it to a statement, as an expression of type bigint.
    ///
    /// The kinds are constants of this program, and stand in the text: if they were bound, the
    /// server would overestimate their number, and plan the statement for each execution because of
    /// that.
    pub(crate) fn write<Row>(&self, into: &mut Statement<Row>) {
        into.sql("(coalesce((SELECT sum(value) FROM counts WHERE kind = ANY('{");
        into.generated_sql(self.kinds.clone()).sql("}'::text[]) AND ref = ").number(self.ref_id);
        into.sql("), 0) + coalesce((SELECT sum(delta) FROM count_deltas WHERE kind = ANY('{");
        into.generated_sql(self.kinds.clone()).sql("}'::text[]) AND ref = ").number(self.ref_id);
        into.sql("), 0))::bigint");
    }
}
