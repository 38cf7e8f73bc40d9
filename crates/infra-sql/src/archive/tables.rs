//! The tables of an archive: their names, and the columns that are derived on import.

use domain::{
    account::search_text,
    archive::{ArchiveTable, Column, Kind, Records, Value},
    text::search_form,
};

/// The case-folded name of a product. The archive does not contain it.
const NAME_FOLDED: Column = Column { name: "name_folded", kind: Kind::Text };

/// The name and the address of an account, as searches compare them; empty if the account is
/// erased. The archive does not contain it.
const SEARCH_TEXT: Column = Column { name: "search_text", kind: Kind::Text };

/// The name of a table.
pub const fn table_name(table: ArchiveTable) -> &'static str {
    match table {
        ArchiveTable::Accounts => "users",
        ArchiveTable::Sessions => "sessions",
        ArchiveTable::Products => "products",
        ArchiveTable::Orders => "orders",
        ArchiveTable::Lines => "order_lines",
        ArchiveTable::Movements => "stock_movements",
        ArchiveTable::Events => "events",
        ArchiveTable::Subscriptions => "subscriptions",
        ArchiveTable::Parked => "parked_events",
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
    let derived = match table {
        ArchiveTable::Accounts => Some(SEARCH_TEXT),
        ArchiveTable::Products => Some(NAME_FOLDED),
        _ => None,
    };
    table.columns().iter().copied().chain(derived).collect()
}

/// The rows with a value for each of [`written_columns`].
pub fn with_derived(records: Records) -> Vec<Vec<Value>> {
    let Records { table, mut rows } = records;
    let place = |column| table.columns().iter().position(|known| known.name == column);
    let (name, email) = (place("name"), place("email"));
    for row in &mut rows {
        let text = |place: Option<usize>| match row.get(place?) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let derived = match (table, text(name)) {
            (ArchiveTable::Accounts, Some(name)) => {
                Some(text(email).map(|email| search_text(name, email)).unwrap_or_default())
            }
            (ArchiveTable::Products, Some(name)) => Some(search_form(name)),
            _ => None,
        };
        row.extend(derived.map(Value::Text));
    }
    rows
}
