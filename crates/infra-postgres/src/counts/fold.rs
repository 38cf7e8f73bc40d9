//! Folding changes of counts into the counts.

use std::{sync::Arc, time::Duration};

use diesel::{
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::BigInt,
};
use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use domain::StoreError;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    connection::Connection,
    database::{Database, Work},
    error::Abort,
};

/// The most changes that are folded at once.
const AT_ONCE: i64 = 20_000;
/// How long to wait after there was something to fold.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest that a database which nobody changes is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// Takes changes and adds them up into the counts, in one statement. Changes that somebody else is folding are
/// left to them, and the counts are written in one order, so no two who fold lock each other out.
struct Fold;

impl Query for Fold {
    type SqlType = BigInt;
}

impl QueryId for Fold {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Fold {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH taken AS (
                DELETE FROM count_deltas
                WHERE id IN (SELECT id FROM count_deltas LIMIT ",
        );
        out.push_bind_param::<BigInt, _>(&AT_ONCE)?;
        out.push_sql(
            " FOR UPDATE SKIP LOCKED)
                RETURNING kind, ref, delta
            ), folded AS (
                INSERT INTO counts (kind, ref, value)
                SELECT kind, ref, sum(delta) FROM taken GROUP BY kind, ref ORDER BY kind, ref
                ON CONFLICT (kind, ref) DO UPDATE SET value = counts.value + excluded.value
            )
            SELECT count(*) FROM taken",
        );
        Ok(())
    }
}

impl Work for Fold {
    type Output = i64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<i64, Abort<StoreError>> {
        Ok(Self.get_result(&mut conn).await?)
    }
}

/// Folds all there is, and returns how many changes that were.
pub(super) async fn fold(database: &Database) -> Result<u64, StoreError> {
    let mut folded: i64 = 0;
    loop {
        let count = database.write(&Fold).await?;
        folded += count;
        if count < AT_ONCE {
            return Ok(u64::try_from(folded).unwrap_or_default());
        }
    }
}

/// The task that folds now and then. It ends when this is dropped.
pub(crate) struct Folding {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}
