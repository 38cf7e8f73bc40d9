//! Rewrites columns that the program computes, after a migration changed their rules.

use crate::schema::{backfills, order_lines, orders, products, users};

infra_sql::backfill!(diesel::SqliteConnection);

/// The names of the columns that have to be rewritten.
pub(crate) fn pending(conn: &mut diesel::SqliteConnection) -> Result<Vec<String>, BackfillError> {
    backfills::table.select(backfills::name).order_by(backfills::name).load(conn)
}
