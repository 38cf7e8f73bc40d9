//! Rows of any table: decoded by the types of the result, encoded by the types of the columns.

use diesel::{
    QueryableByName,
    deserialize::{self, FromSql},
    dsl::sql,
    pg::{Pg, PgValue},
    row::{Field as _, NamedRow, Row},
    sql_query,
    sql_types::{BigInt, Binary, Json, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::archive::{ArchiveTable, Kind, Records, Value};
use infra_sql::{
    archive::{Select, column_list, count_rows, table_name, with_derived, written_columns},
    read_count,
};

use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    error::DbError,
};

/// The values of a row, by column.
struct ArchiveRow(Vec<Value>);

impl QueryableByName<Pg> for ArchiveRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let columns = 0..row.field_count();
        let values = columns.map(|column| {
            let field = Row::get(row, column).ok_or("a row without that column")?;
            field.value().map_or(Ok(Value::Null), read)
        });
        values.collect::<Result<_, _>>().map(Self)
    }
}

/// Decodes a value by its type OID.
fn read(value: PgValue<'_>) -> deserialize::Result<Value> {
    Ok(match value.get_oid().get() {
        17 => Value::Bytes(FromSql::<Binary, Pg>::from_sql(value)?),
        20 => Value::Number(FromSql::<BigInt, Pg>::from_sql(value)?),
        25 => Value::Text(FromSql::<Text, Pg>::from_sql(value)?),
        114 => Value::Json(FromSql::<Json, Pg>::from_sql(value)?),
        1184 => Value::Timestamp(FromSql::<Timestamptz, Pg>::from_sql(value)?),
        other => return Err(format!("no table has a column of type {other}").into()),
    })
}

/// Counts the rows of a table.
pub(super) async fn count(mut conn: &Connection, table: ArchiveTable) -> Result<u64, DbError> {
    let count = sql::<BigInt>(&count_rows(table)).get_result::<i64>(&mut conn).await?;
    Ok(read_count(table.as_str(), &"all", count)?)
}

/// Reads the rows that a statement selects.
pub(super) async fn load(
    mut conn: &Connection,
    select: Select,
) -> Result<Vec<Vec<Value>>, DbError> {
    let mut query = sql_query(select.sql).into_boxed::<Pg>();
    for value in select.binds {
        query = match value {
            Value::Number(number) => query.bind::<BigInt, _>(number),
            Value::Text(text) => query.bind::<Text, _>(text),
            _ => return Err(DbError::Impossible("a key of another type than number or text")),
        };
    }
    let rows: Vec<ArchiveRow> = query.load(&mut conn).await?;
    Ok(rows.into_iter().map(|ArchiveRow(values)| values).collect())
}

/// The statement that inserts these rows with their ids.
pub(super) fn insert(records: Records) -> Result<BulkStatement, DbError> {
    let (table, written) = (records.table, written_columns(records.table));
    let rows = with_derived(records);
    let columns = column_list(&written);
    let typed: Vec<String> = written
        .iter()
        .map(|column| match column.kind {
            Kind::Json => format!("{}::json", column.name),
            _ => column.name.to_owned(),
        })
        .collect();
    let (name, typed) = (table_name(table), typed.join(", "));
    let insert = format!("INSERT INTO {name} ({columns}) SELECT {typed} FROM unnest(");
    let mut arrays: Vec<ColumnArray> =
        written.iter().map(|column| array(column.kind, rows.len())).collect();
    for row in rows {
        for (array, value) in arrays.iter_mut().zip(row) {
            push(array, value)?;
        }
    }
    Ok(BulkStatement::new(insert, arrays, format!(") AS rows ({columns})")))
}

/// An empty column of this kind.
fn array(kind: Kind, rows: usize) -> ColumnArray {
    match kind {
        Kind::Number => ColumnArray::NumbersOrNull(Vec::with_capacity(rows)),
        Kind::Text | Kind::Json => ColumnArray::TextsOrNull(Vec::with_capacity(rows)),
        Kind::Bytes => ColumnArray::BytesOrNull(Vec::with_capacity(rows)),
        Kind::Timestamp => ColumnArray::TimestampsOrNull(Vec::with_capacity(rows)),
    }
}

fn push(array: &mut ColumnArray, value: Value) -> Result<(), DbError> {
    match (array, value) {
        (ColumnArray::NumbersOrNull(numbers), Value::Number(number)) => numbers.push(Some(number)),
        (ColumnArray::NumbersOrNull(numbers), Value::Null) => numbers.push(None),
        (ColumnArray::TextsOrNull(texts), Value::Text(text)) => texts.push(Some(text)),
        (ColumnArray::TextsOrNull(texts), Value::Json(json)) => texts.push(Some(json.to_string())),
        (ColumnArray::TextsOrNull(texts), Value::Null) => texts.push(None),
        (ColumnArray::BytesOrNull(all), Value::Bytes(bytes)) => all.push(Some(bytes)),
        (ColumnArray::BytesOrNull(all), Value::Null) => all.push(None),
        (ColumnArray::TimestampsOrNull(times), Value::Timestamp(time)) => times.push(Some(time)),
        (ColumnArray::TimestampsOrNull(times), Value::Null) => times.push(None),
        _ => return Err(DbError::Impossible("a value of another type than its column's")),
    }
    Ok(())
}
