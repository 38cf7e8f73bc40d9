//! Statements on many rows, whose values are sent as one array per column: the text does not depend
//! on the number of rows, so a connection prepares it once.

use std::borrow::Cow;

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::Timestamp;
use futures::{FutureExt as _, future::BoxFuture};

use crate::{connection::Connection, error::DbError};

/// The values of a column, in the order of the rows.
#[derive(Debug)]
pub(crate) enum ColumnArray {
    Numbers(Vec<i64>),
    NumbersOrNull(Vec<Option<i64>>),
    Texts(Vec<String>),
    TextsOrNull(Vec<Option<String>>),
    BytesOrNull(Vec<Option<Vec<u8>>>),
    Timestamps(Vec<Timestamp>),
    TimestampsOrNull(Vec<Option<Timestamp>>),
}

/// A statement: text, arrays separated by commas, text.
#[derive(Debug)]
pub(crate) struct BulkStatement {
    before: Cow<'static, str>,
    values: Vec<ColumnArray>,
    after: Cow<'static, str>,
}

impl BulkStatement {
    pub(crate) fn new(
        before: impl Into<Cow<'static, str>>,
        columns: Vec<ColumnArray>,
        after: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { before: before.into(), values: columns, after: after.into() }
    }

    fn is_empty(&self) -> bool {
        self.values.as_slice().first().is_none_or(|column| match column {
            ColumnArray::Numbers(values) => values.is_empty(),
            ColumnArray::NumbersOrNull(values) => values.is_empty(),
            ColumnArray::Texts(values) => values.is_empty(),
            ColumnArray::TextsOrNull(values) => values.is_empty(),
            ColumnArray::BytesOrNull(values) => values.is_empty(),
            ColumnArray::Timestamps(values) => values.is_empty(),
            ColumnArray::TimestampsOrNull(values) => values.is_empty(),
        })
    }

    /// Executes it, unless there are no rows. It is sent in the first poll.
    pub(crate) fn execute(self, mut conn: &Connection) -> BoxFuture<'_, Result<(), DbError>> {
        if self.is_empty() {
            return futures::future::ready(Ok(())).boxed();
        }
        let running = RunQueryDsl::execute(self, &mut conn);
        async move {
            running.await?;
            Ok(())
        }
        .boxed()
    }
}

impl QueryId for BulkStatement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for BulkStatement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.before);
        for (index, column) in self.values.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            match column {
                ColumnArray::Numbers(values) => {
                    out.push_bind_param::<Array<BigInt>, _>(values)?;
                }
                ColumnArray::NumbersOrNull(values) => {
                    out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?;
                }
                ColumnArray::Texts(values) => {
                    out.push_bind_param::<Array<Text>, _>(values)?;
                }
                ColumnArray::TextsOrNull(values) => {
                    out.push_bind_param::<Array<Nullable<Text>>, _>(values)?;
                }
                ColumnArray::BytesOrNull(values) => {
                    out.push_bind_param::<Array<Nullable<Binary>>, _>(values)?;
                }
                ColumnArray::Timestamps(values) => {
                    out.push_bind_param::<Array<Timestamptz>, _>(values)?;
                }
                ColumnArray::TimestampsOrNull(values) => {
                    out.push_bind_param::<Array<Nullable<Timestamptz>>, _>(values)?;
                }
            }
        }
        out.push_sql(&self.after);
        Ok(())
    }
}
