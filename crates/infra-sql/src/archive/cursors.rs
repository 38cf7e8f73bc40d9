//! How far each table is read. Reading along the keys costs the same for the last rows as for the first.

use std::collections::HashMap;

use domain::archive::{ArchiveTable, Records};

use super::{
    tables::{Table, into_records, table},
    value::{Kind, Value},
};
use crate::Unreadable;

/// The key of the last row that was read, for each table.
#[derive(Clone, Default)]
pub struct Cursors(HashMap<ArchiveTable, Vec<Value>>);

/// A statement, and the values that are bound to it: `$1` is the first.
pub struct Select {
    /// The statement.
    pub sql: String,
    /// The values: numbers and texts.
    pub binds: Vec<Value>,
}

impl Cursors {
    /// The statement that reads the next rows of a table, by ascending key.
    pub fn select(&self, of: ArchiveTable, limit: u32) -> Select {
        let table = table(of);
        let mut binds = self.0.get(&of).cloned().unwrap_or_else(|| before_all(&table));
        binds.push(Value::Number(i64::from(limit.max(1))));
        let (columns, name) = (Table::list(table.columns), table.name);
        let sql = match key(&table) {
            [(first, _kind), (second, _of_it)] => format!(
                // The first condition is what finds the place in the index.
                "SELECT {columns} FROM {name} \
                 WHERE {first} >= $1 AND ({first} > $1 OR {second} > $2) \
                 ORDER BY {first}, {second} LIMIT $3"
            ),
            key => {
                let key = Table::list(key);
                format!("SELECT {columns} FROM {name} WHERE {key} > $1 ORDER BY {key} LIMIT $2")
            }
        };
        Select { sql, binds }
    }

    /// Moves on behind these rows, and makes records of them.
    ///
    /// # Errors
    /// [`Unreadable`] if a value is not of its column's type.
    pub fn advance(
        &mut self,
        of: ArchiveTable,
        rows: Vec<Vec<Value>>,
    ) -> Result<Records, Unreadable> {
        if let Some(last) = rows.last() {
            self.0.insert(of, last.iter().take(table(of).key_columns).cloned().collect());
        }
        into_records(of, rows)
    }
}

fn key(table: &Table) -> &'static [(&'static str, Kind)] {
    table.columns.get(..table.key_columns).unwrap_or_default()
}

/// The key that comes before all others.
fn before_all(table: &Table) -> Vec<Value> {
    let least = |(_name, kind): &(&str, Kind)| match kind {
        Kind::Text => Value::Text(String::new()),
        _ => Value::Number(i64::MIN),
    };
    key(table).iter().map(least).collect()
}

#[cfg(test)]
mod tests {
    use domain::archive::LineRecord;

    use super::*;
    use crate::archive::into_rows;

    fn lines() -> Records {
        let line = |position| LineRecord {
            order_id: 7,
            position,
            product_id: 1,
            name: "Chair".to_owned(),
            unit_price: 100,
            quantity: 2,
        };
        Records::Lines(vec![line(0), line(1)])
    }

    #[test]
    fn a_table_is_read_from_its_beginning_and_on_from_its_last_row() {
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
        assert!(cursors.advance(ArchiveTable::Lines, into_rows(lines())).unwrap() == lines());
        let next = cursors.select(ArchiveTable::Lines, 0);
        assert!(next.binds == [7, 1, 1].map(Value::Number), "and one row at least");
    }

    #[test]
    fn a_key_may_be_a_text() {
        let select = Cursors::default().select(ArchiveTable::Sessions, 1);
        assert!(select.sql.ends_with("FROM sessions WHERE id > $1 ORDER BY id LIMIT $2"));
        assert!(select.binds == [Value::Text(String::new()), Value::Number(1)]);
    }

    #[test]
    fn a_value_of_another_type_makes_no_record() {
        let row = vec![Value::Null; 6];
        assert!(Cursors::default().advance(ArchiveTable::Lines, vec![row]).is_err());
    }
}
