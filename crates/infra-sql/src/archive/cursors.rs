//! The position in each table up to which it was read. Reading by key costs the same for the last
//! rows as for the first.

use std::collections::HashMap;

use domain::archive::{ArchiveTable, Kind, Records, Value};

use super::tables::{column_list, table_name};

/// The key of the last row that was read of each table.
#[derive(Clone, Default)]
pub struct Cursors(HashMap<ArchiveTable, Vec<Value>>);

/// A SELECT statement and its bind values.
pub struct Select {
    /// The text of the statement. `$1` is the first bind value.
    pub sql: String,
    /// The bind values, which are numbers and texts.
    pub binds: Vec<Value>,
}

impl Cursors {
    /// The statement that reads the next rows of a table, by ascending key.
    pub fn select(&self, table: ArchiveTable, limit: u32) -> Select {
        let mut binds = self.0.get(&table).cloned().unwrap_or_else(|| least_key(table));
        binds.push(Value::Number(i64::from(limit.max(1))));
        let (columns, key) = (column_list(table.columns()), column_list(table.key()));
        let (name, last) = (table_name(table), binds.len());
        let after_last = match table.key() {
            // The database uses the first condition to search the index.
            [first, second] => {
                let (first, second) = (first.name, second.name);
                format!("{first} >= $1 AND ({first} > $1 OR {second} > $2)")
            }
            _ => format!("{key} > $1"),
        };
        let sql =
            format!("SELECT {columns} FROM {name} WHERE {after_last} ORDER BY {key} LIMIT ${last}");
        Select { sql, binds }
    }

    /// Moves the cursor of a table to the last of these rows.
    pub fn advance(&mut self, table: ArchiveTable, rows: Vec<Vec<Value>>) -> Records {
        if let Some(last) = rows.last() {
            self.0.insert(table, last.iter().take(table.key().len()).cloned().collect());
        }
        Records { table, rows }
    }
}

/// A key that is less than all others.
fn least_key(table: ArchiveTable) -> Vec<Value> {
    let least = |kind| match kind {
        Kind::Text => Value::Text(String::new()),
        _ => Value::Number(i64::MIN),
    };
    table.key().iter().map(|column| least(column.kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_from_its_beginning_and_then_after_the_last_row() {
        let mut cursors = Cursors::default();
        let first = cursors.select(ArchiveTable::Lines, 2);
        assert_eq!(
            first.sql,
            "SELECT order_id, position, product_id, name, unit_price, quantity FROM order_lines \
             WHERE order_id >= $1 AND (order_id > $1 OR position > $2) \
             ORDER BY order_id, position LIMIT $3"
        );
        let least = Value::Number(i64::MIN);
        assert!(first.binds == [least.clone(), least, Value::Number(2)]);
        let row = [7, 1, 3].map(Value::Number).to_vec();
        assert!(cursors.advance(ArchiveTable::Lines, vec![row.clone()]).rows == [row]);
        let next = cursors.select(ArchiveTable::Lines, 0);
        assert!(next.binds == [7, 1, 1].map(Value::Number), "at least one row");
    }

    #[test]
    fn a_key_may_be_a_text() {
        let select = Cursors::default().select(ArchiveTable::Sessions, 1);
        assert!(select.sql.ends_with("FROM sessions WHERE id > $1 ORDER BY id LIMIT $2"));
        assert!(select.binds == [Value::Text(String::new()), Value::Number(1)]);
    }
}
