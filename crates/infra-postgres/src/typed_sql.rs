//! SQL text with a declared row type, so that columns are read by position.

use std::marker::PhantomData;

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement whose rows have the SQL type `Row`.
pub(crate) struct TypedSql<Row, Sql> {
    sql: Sql,
    is_reused: bool,
    row: PhantomData<fn() -> Row>,
}

impl<Row, Sql> TypedSql<Row, Sql> {
    /// Wraps a statement with its bound values.
    pub(crate) fn new(sql: Sql) -> Self {
        Self { sql, is_reused: false, row: PhantomData }
    }

    /// Wraps a statement whose text is constant, so that a connection prepares it once.
    /// `order-and-worker` falls if the statements of a worker are planned each time.
    pub(crate) fn reused(sql: Sql) -> Self {
        Self { sql, is_reused: true, row: PhantomData }
    }
}

impl<Row, Sql> Query for TypedSql<Row, Sql> {
    type SqlType = Row;
}

impl<Row, Sql> QueryId for TypedSql<Row, Sql> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row, Sql: QueryFragment<Pg>> QueryFragment<Pg> for TypedSql<Row, Sql> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.sql.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(self.is_reused)
    }
}
