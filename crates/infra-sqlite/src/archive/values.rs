//! Reads and writes rows of any table by the types of the table's columns.

use diesel::{
    QueryableByName, RunQueryDsl as _, SqliteConnection,
    deserialize::{self, FromSql},
    dsl::sql,
    row::{Field as _, NamedRow, Row},
    sql_query,
    sql_types::{BigInt, Binary, Nullable, Text},
    sqlite::{Sqlite, SqliteType, SqliteValue},
};
use domain::archive::{ArchiveTable, Column, Kind, Records, Value};
use infra_sql::{
    Unreadable,
    archive::{Select, column_list, count_rows, table_name, with_derived, written_columns},
    read_count,
};

use crate::{
    error::DbError,
    time::{micros, timestamp},
};

/// A row, column by column: numbers, texts and bytes.
struct ArchiveRow(Vec<Value>);

impl QueryableByName<Sqlite> for ArchiveRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let columns = 0..row.field_count();
        let values = columns.map(|column| {
            let field = Row::get(row, column).ok_or("a row without that column")?;
            field.value().map_or(Ok(Value::Null), read)
        });
        values.collect::<Result<_, _>>().map(Self)
    }
}

fn read(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Value> {
    Ok(match value.value_type() {
        Some(SqliteType::Binary) => Value::Bytes(FromSql::<Binary, Sqlite>::from_sql(value)?),
        Some(SqliteType::Text) => Value::Text(FromSql::<Text, Sqlite>::from_sql(value)?),
        _ => Value::Number(FromSql::<BigInt, Sqlite>::from_sql(value)?),
    })
}

/// How many rows a table has.
pub(super) fn count(conn: &mut SqliteConnection, table: ArchiveTable) -> Result<u64, DbError> {
    let count = sql::<BigInt>(&count_rows(table)).get_result::<i64>(conn)?;
    Ok(read_count(table.as_str(), &"all", count)?)
}

/// Reads the rows of a table that a statement returns.
pub(super) fn load(
    conn: &mut SqliteConnection,
    table: ArchiveTable,
    select: Select,
) -> Result<Vec<Vec<Value>>, DbError> {
    let mut query = sql_query(select.sql).into_boxed::<Sqlite>();
    for value in select.binds {
        query = match value {
            Value::Number(number) => query.bind::<BigInt, _>(number),
            Value::Text(text) => query.bind::<Text, _>(text),
            _ => return Err(DbError::Unexpected("a key is a number or a text")),
        };
    }
    let rows: Vec<ArchiveRow> = query.load(conn)?;
    let typed = |ArchiveRow(values)| {
        let columns = table.columns().iter().zip(values);
        columns.map(|(column, value)| typed(table, column, value)).collect()
    };
    Ok(rows.into_iter().map(typed).collect::<Result<_, _>>()?)
}

/// The value with the type of its column. SQLite has no types for timestamps and JSON.
fn typed(table: ArchiveTable, column: &Column, value: Value) -> Result<Value, Unreadable> {
    let unreadable =
        |reason: &dyn ToString| Unreadable::new(table_name(table), &column.name, reason);
    match (column.kind, value) {
        (Kind::Timestamp, Value::Number(micros)) => timestamp(micros)
            .map(Value::Timestamp)
            .ok_or_else(|| unreadable(&"a timestamp beyond the calendar")),
        (Kind::Json, Value::Text(text)) => {
            serde_json::from_str(&text).map(Value::Json).map_err(|error| unreadable(&error))
        }
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Number, value @ Value::Number(_))
        | (Kind::Text, value @ Value::Text(_))
        | (Kind::Bytes, value @ Value::Bytes(_)) => Ok(value),
        _ => Err(unreadable(&"a value of another type")),
    }
}

/// Inserts rows, with their ids.
pub(super) fn insert(conn: &mut SqliteConnection, records: Records) -> Result<(), DbError> {
    let (table, columns) = (table_name(records.table), written_columns(records.table));
    let rows = with_derived(records);
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let all = vec![row; rows.len()].join(", ");
    let insert = format!("INSERT INTO {table} ({}) VALUES {all}", column_list(&columns));
    let mut query = sql_query(insert).into_boxed::<Sqlite>();
    for value in rows.into_iter().flatten() {
        query = match value {
            Value::Null => query.bind::<Nullable<BigInt>, _>(None::<i64>),
            Value::Number(number) => query.bind::<BigInt, _>(number),
            Value::Timestamp(time) => query.bind::<BigInt, _>(micros(time)),
            Value::Text(text) => query.bind::<Text, _>(text),
            Value::Json(json) => query.bind::<Text, _>(json.to_string()),
            Value::Bytes(bytes) => query.bind::<Binary, _>(bytes),
        };
    }
    query.execute(conn)?;
    Ok(())
}
