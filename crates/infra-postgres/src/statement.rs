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
    parts: Vec<StatementPart>,
    /// Whether it is planned anew each time.
    plan_each_time: bool,
    row: PhantomData<fn() -> Row>,
}

#[derive(Debug)]
enum StatementPart {
    Sql(&'static str),
    Number(i64),
    Text(String),
    Generated(Cow<'static, str>),
    Timestamp(Timestamp),
}

impl<Row> Statement<Row> {
    pub(crate) fn new(sql: &'static str) -> Self {
        Self { parts: vec![StatementPart::Sql(sql)], plan_each_time: false, row: PhantomData }
    }

    pub(crate) fn sql(&mut self, sql: &'static str) -> &mut Self {
        self.with(StatementPart::Sql(sql))
    }

    pub(crate) fn number(&mut self, value: i64) -> &mut Self {
        self.with(StatementPart::Number(value))
    }

    /// Adds a text that is a value.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.with(StatementPart::Text(value.to_owned()))
    }

    /// Adds text that is put together from words of this program alone.
    pub(crate) fn generated_sql(&mut self, sql: impl Into<Cow<'static, str>>) -> &mut Self {
        self.with(StatementPart::Generated(sql.into()))
    }

    pub(crate) fn timestamp(&mut self, value: Timestamp) -> &mut Self {
        self.with(StatementPart::Timestamp(value))
    }

    /// Has it planned anew each time: which way is short depends on its values.
    pub(crate) fn without_cached_plan(&mut self) -> &mut Self {
        self.plan_each_time = true;
        self
    }

    fn with(&mut self, part: StatementPart) -> &mut Self {
        self.parts.push(part);
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
        if self.plan_each_time {
            out.unsafe_to_cache_prepared();
        }
        for part in &self.parts {
            match part {
                StatementPart::Sql(sql) => out.push_sql(sql),
                StatementPart::Number(value) => out.push_bind_param::<BigInt, _>(value)?,
                StatementPart::Text(value) => out.push_bind_param::<Text, _>(value)?,
                StatementPart::Generated(sql) => out.push_sql(sql),
                StatementPart::Timestamp(value) => out.push_bind_param::<Timestamptz, _>(value)?,
            }
        }
        Ok(())
    }
}
