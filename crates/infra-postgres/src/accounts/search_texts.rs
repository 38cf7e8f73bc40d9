//! Filling the search texts of accounts that are older than the column.

use diesel::{
    connection::LoadConnection,
    pg::Pg,
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Text},
};
use domain::account::search_text;

use crate::schema::users;

/// How many search texts are written at once.
const ROWS_PER_STATEMENT: i64 = 1_000;

/// Fills the search text of all live accounts, with the blocking connection of the migrations.
pub(crate) fn fill_search_texts<C>(conn: &mut C) -> QueryResult<()>
where
    C: LoadConnection<Backend = Pg>,
{
    let mut last = 0;
    loop {
        let rows: Vec<(i64, String, String)> = users::table
            .filter(users::deleted_at.is_null())
            .filter(users::id.gt(last))
            .order_by(users::id)
            .limit(ROWS_PER_STATEMENT)
            .select((users::id, users::name, users::email.assume_not_null()))
            .load(conn)?;
        let Some((id, ..)) = rows.last() else { return Ok(()) };
        last = *id;
        let (ids, texts): (Vec<i64>, Vec<String>) =
            rows.iter().map(|(id, name, email)| (*id, search_text(name, email))).unzip();
        sql_query(
            "UPDATE users SET search_text = filled.search_text
             FROM unnest($1, $2) AS filled (id, search_text) WHERE users.id = filled.id",
        )
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<Text>, _>(texts)
        .execute(conn)?;
    }
}
