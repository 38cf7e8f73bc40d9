//! The tables of an archive: their names, and what is written into them beside what travels.

use domain::{
    archive::{ArchiveTable, Column, Kind, Records, Value},
    fold_case,
};

/// What searches compare of a product's name. It does not travel: it is made anew.
const NAME_FOLDED: Column = Column { name: "name_folded", kind: Kind::Text };

/// The name of a table.
pub const fn table_name(table: ArchiveTable) -> &'static str {
    match table {
        ArchiveTable::Accounts => "users",
        ArchiveTable::Sessions => "sessions",
        ArchiveTable::Products => "products",
        ArchiveTable::Orders => "orders",
        ArchiveTable::Lines => "order_lines",
        ArchiveTable::Events => "order_events",
        ArchiveTable::Movements => "stock_movements",
        ArchiveTable::Outbox => "outbox",
    }
}

/// The statement that counts the rows of a table.
pub fn count_rows(table: ArchiveTable) -> String {
    format!("SELECT count(*) AS count FROM {}", table_name(table))
}

/// Columns as a list in SQL.
pub fn column_list(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

/// The columns of a table as they are written.
pub fn written_columns(table: ArchiveTable) -> Vec<Column> {
    let derived = (table == ArchiveTable::Products).then_some(NAME_FOLDED);
    table.columns().iter().copied().chain(derived).collect()
}

/// The rows as they are written: with a value for each of [`written_columns`].
pub fn with_derived(records: Records) -> Vec<Vec<Value>> {
    let Records { table, mut rows } = records;
    let name = table.columns().iter().position(|column| column.name == "name");
    if let (ArchiveTable::Products, Some(name)) = (table, name) {
        for row in &mut rows {
            if let Some(Value::Text(name)) = row.get(name) {
                row.push(Value::Text(fold_case(name)));
            }
        }
    }
    rows
}
