//! Statements composed of text and values: for what the query builder cannot express, such as a
//! page's ids along an index, its rows and the list's total in one statement.

use std::{borrow::Cow, marker::PhantomData};

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Text, Timestamptz},
};
use domain::Timestamp;

/// A statement with rows of type `Row`: SQL text of this program, and bound values.
pub(crate) struct Statement<Row> {
    parts: Vec<StatementPart>,
    /// Whether the server plans it for each execution.
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

    /// Adds a text as a bound value.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.with(StatementPart::Text(value.to_owned()))
    }

    /// Adds SQL that this program generated. It must not contain user input.
    pub(crate) fn generated_sql(&mut self, sql: impl Into<Cow<'static, str>>) -> &mut Self {
        self.with(StatementPart::Generated(sql.into()))
    }

    pub(crate) fn timestamp(&mut self, value: Timestamp) -> &mut Self {
        self.with(StatementPart::Timestamp(value))
    }

    /// Has the server plan it for each execution, as the best plan depends on its values.
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
