//! Each table that travels, and its rows as records.

use domain::{
    Timestamp,
    archive::{
        AccountRecord, ArchiveTable, EventRecord, LineRecord, MovementRecord, OrderRecord,
        OutboxRecord, ProductRecord, Records, SessionRecord,
    },
    fold,
};
use serde_json::Value as Json;

use super::value::{Kind, Member, Value};
use crate::Unreadable;

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns that travel. The key comes first.
    pub columns: &'static [(&'static str, Kind)],
    /// How many columns the key has: one or two.
    pub(super) key_columns: usize,
    /// Columns that are written and do not travel: what searches compare is made anew.
    derived: &'static [(&'static str, Kind)],
}

impl Table {
    /// Its columns as they are written.
    pub fn written_columns(&self) -> impl Iterator<Item = &'static (&'static str, Kind)> + Clone {
        self.columns.iter().chain(self.derived)
    }

    /// The statement that counts its rows.
    pub fn count(&self) -> String {
        format!("SELECT count(*) AS count FROM {}", self.name)
    }

    /// Names of columns as a list in SQL.
    pub fn list<'a>(columns: impl IntoIterator<Item = &'a (&'static str, Kind)>) -> String {
        let names: Vec<&str> = columns.into_iter().map(|(name, _kind)| *name).collect();
        names.join(", ")
    }
}

/// A record that has a column for each of its members.
trait Record: Sized {
    const TABLE: Table;

    fn into_row(self) -> Vec<Value>;

    fn of_row(row: Vec<Value>) -> Option<Self>;
}

/// Declares the table of a record: its name, how many of its first columns are the key, and all its columns, which are
/// called as the record's members.
macro_rules! record {
    ($record:ident, $table:literal, $key:literal, {$($column:ident: $member:ty),+ $(,)?}
     $(, derived $derived:literal)?) => {
        impl Record for $record {
            const TABLE: Table = Table {
                name: $table,
                columns: &[$((stringify!($column), <$member as Member>::KIND)),+],
                key_columns: $key,
                derived: &[$(($derived, Kind::Text))?],
            };

            fn into_row(self) -> Vec<Value> {
                vec![$(self.$column.into_value()),+]
            }

            fn of_row(row: Vec<Value>) -> Option<Self> {
                let mut values = row.into_iter();
                Some(Self { $($column: Member::of(values.next()?)?),+ })
            }
        }
    };
}

record!(AccountRecord, "users", 1, {
    id: i64,
    name: String,
    email: Option<String>,
    password_hash: Option<String>,
    role: String,
    created_at: Timestamp,
    deleted_at: Option<Timestamp>,
});
record!(SessionRecord, "sessions", 1, {
    id: String,
    user_id: i64,
    refresh_hash: Vec<u8>,
    previous_refresh_hash: Option<Vec<u8>>,
    refresh_expires_at: Timestamp,
    refreshed_at: Option<Timestamp>,
    opened_at: Timestamp,
    ends_at: Timestamp,
    revoked_at: Option<Timestamp>,
});
record!(ProductRecord, "products", 1, {
    id: i64,
    name: String,
    description: Option<String>,
    price: i64,
    stock: i64,
    version: i64,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
}, derived "name_folded");
record!(OrderRecord, "orders", 1, {
    id: i64,
    user_id: i64,
    customer_name: String,
    item_name: Option<String>,
    search_text: String,
    quantity: i64,
    currency: String,
    status: String,
    version: i64,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    deleted_at: Option<Timestamp>,
    idempotency_key: Option<String>,
    request_fingerprint: Option<Vec<u8>>,
});
record!(LineRecord, "order_lines", 2, {
    order_id: i64,
    position: i64,
    product_id: i64,
    name: String,
    unit_price: i64,
    quantity: i64,
});
record!(EventRecord, "order_events", 1, {
    id: i64,
    order_id: i64,
    changed_by: i64,
    old_status: String,
    new_status: String,
    note: String,
    created_at: Timestamp,
});
record!(MovementRecord, "stock_movements", 2, {
    product_id: i64,
    id: i64,
    kind: String,
    delta: i64,
    balance: i64,
    order_id: Option<i64>,
    moved_by: i64,
    at: Timestamp,
});
record!(OutboxRecord, "outbox", 1, {
    id: i64,
    message: Json,
    order_id: Option<i64>,
    created_at: Timestamp,
    attempts: i64,
    next_attempt_at: Timestamp,
    delivered_to: String,
    delivered_at: Option<Timestamp>,
    dead_at: Option<Timestamp>,
    last_error: Option<String>,
    traceparent: Option<String>,
});

/// The table of a kind of rows.
pub const fn table(of: ArchiveTable) -> Table {
    match of {
        ArchiveTable::Accounts => AccountRecord::TABLE,
        ArchiveTable::Sessions => SessionRecord::TABLE,
        ArchiveTable::Products => ProductRecord::TABLE,
        ArchiveTable::Orders => OrderRecord::TABLE,
        ArchiveTable::Lines => LineRecord::TABLE,
        ArchiveTable::Events => EventRecord::TABLE,
        ArchiveTable::Movements => MovementRecord::TABLE,
        ArchiveTable::Outbox => OutboxRecord::TABLE,
    }
}

/// The records that rows of a table make.
pub(super) fn into_records(
    table: ArchiveTable,
    rows: Vec<Vec<Value>>,
) -> Result<Records, Unreadable> {
    Ok(match table {
        ArchiveTable::Accounts => Records::Accounts(each(rows)?),
        ArchiveTable::Sessions => Records::Sessions(each(rows)?),
        ArchiveTable::Products => Records::Products(each(rows)?),
        ArchiveTable::Orders => Records::Orders(each(rows)?),
        ArchiveTable::Lines => Records::Lines(each(rows)?),
        ArchiveTable::Events => Records::Events(each(rows)?),
        ArchiveTable::Movements => Records::Movements(each(rows)?),
        ArchiveTable::Outbox => Records::Outbox(each(rows)?),
    })
}

fn each<R: Record>(rows: Vec<Vec<Value>>) -> Result<Vec<R>, Unreadable> {
    let unreadable =
        || Unreadable::new(R::TABLE.name, &"of the archive", &"a value of another type");
    rows.into_iter().map(|row| R::of_row(row).ok_or_else(unreadable)).collect()
}

/// The rows that records make, as they are written: see [`Table::written_columns`].
pub fn into_rows(records: Records) -> Vec<Vec<Value>> {
    match records {
        Records::Accounts(records) => rows_of(records),
        Records::Sessions(records) => rows_of(records),
        Records::Products(records) => {
            let folded: Vec<Value> =
                records.iter().map(|product| Value::Text(fold(&product.name))).collect();
            let mut rows = rows_of(records);
            for (row, folded) in rows.iter_mut().zip(folded) {
                row.push(folded);
            }
            rows
        }
        Records::Orders(records) => rows_of(records),
        Records::Lines(records) => rows_of(records),
        Records::Events(records) => rows_of(records),
        Records::Movements(records) => rows_of(records),
        Records::Outbox(records) => rows_of(records),
    }
}

fn rows_of<R: Record>(records: Vec<R>) -> Vec<Vec<Value>> {
    records.into_iter().map(R::into_row).collect()
}
