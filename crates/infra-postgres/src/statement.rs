//! Statements that are put together from text and values: what the query builder has no words for, such as
//! finding a page's numbers along an index before its rows, with the list's total, all in one statement.

use std::{borrow::Cow, marker::PhantomData};

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Text, Timestamptz},
};
use domain::Timestamp;

/// A statement that returns rows of these types: text of this program alone, and values that are bound to it.
pub(crate) struct Statement<Row> {
    pieces: Vec<Piece>,
    /// Whether it is planned anew each time.
    is_planned_anew: bool,
    row: PhantomData<fn() -> Row>,
}

#[derive(Debug)]
enum Piece {
    Sql(&'static str),
    Number(i64),
    Text(String),
    Words(Cow<'static, str>),
    Moment(Timestamp),
}

impl<Row> Statement<Row> {
    pub(crate) fn new(sql: &'static str) -> Self {
        Self { pieces: vec![Piece::Sql(sql)], is_planned_anew: false, row: PhantomData }
    }

    pub(crate) fn sql(&mut self, sql: &'static str) -> &mut Self {
        self.with(Piece::Sql(sql))
    }

    pub(crate) fn number(&mut self, value: i64) -> &mut Self {
        self.with(Piece::Number(value))
    }

    /// Adds a text that is a value.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.with(Piece::Text(value.to_owned()))
    }

    /// Adds text that is put together from words of this program alone.
    pub(crate) fn words(&mut self, sql: impl Into<Cow<'static, str>>) -> &mut Self {
        self.with(Piece::Words(sql.into()))
    }

    pub(crate) fn timestamp(&mut self, value: Timestamp) -> &mut Self {
        self.with(Piece::Moment(value))
    }

    /// Has it planned anew each time: which way is short depends on its values.
    pub(crate) fn plan_anew(&mut self) -> &mut Self {
        self.is_planned_anew = true;
        self
    }

    fn with(&mut self, piece: Piece) -> &mut Self {
        self.pieces.push(piece);
        self
    }
}

impl<Row> Query for Statement<Row> {
    type SqlType = Row;
}

impl<Row> QueryId for Statement<Row> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> QueryFragment<Pg> for Statement<Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.is_planned_anew {
            out.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Number(value) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Piece::Words(sql) => out.push_sql(sql),
                Piece::Moment(value) => out.push_bind_param::<Timestamptz, _>(value)?,
            }
        }
        Ok(())
    }
}
