//! The tables of an archive: their names, and the columns that are derived on import.

use domain::{
    archive::{ArchiveTable, Column, Kind, Records, Value},
    fold_case,
};

/// The case-folded name of a product. The archive does not contain it.
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
        ArchiveTable::Shop => "shop",
    }
}

/// The statement that counts the rows of a table.
pub fn count_rows(table: ArchiveTable) -> String {
    format!("SELECT count(*) AS count FROM {}", table_name(table))
}

/// The names of columns, separated by commas.
pub fn column_list(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

/// The columns of a table that an import writes: those of the archive, and derived ones.
pub fn written_columns(table: ArchiveTable) -> Vec<Column> {
    let derived = (table == ArchiveTable::Products).then_some(NAME_FOLDED);
    table.columns().iter().copied().chain(derived).collect()
}

/// The rows with a value for each of [`written_columns`].
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
