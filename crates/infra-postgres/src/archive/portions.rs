//! Reading rows along their keys, which costs the same for the last of them as for the first.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::archive::{
    AccountRecord, ArchiveTable, EventRecord, LineRecord, MovementRecord, OrderRecord,
    OutboxRecord, ProductRecord, Records, SessionRecord,
};

use super::rows::{
    AccountRow, EventRow, LineRow, MovementRow, OrderRow, OutboxRow, ProductRow, SessionRow,
};
use crate::{
    connection::Connection,
    error::Failure,
    schema::{
        order_events, order_lines, orders, outbox, products, sessions, stock_movements, users,
    },
};

/// The key of the last row that was read, for each kind.
pub(super) struct Places {
    account: i64,
    session: String,
    product: i64,
    order: i64,
    line: (i64, i64),
    event: i64,
    movement: (i64, i64),
    message: i64,
}

impl Default for Places {
    /// Before everything.
    fn default() -> Self {
        const FIRST: i64 = i64::MIN;
        Self {
            account: FIRST,
            session: String::new(),
            product: FIRST,
            order: FIRST,
            line: (FIRST, FIRST),
            event: FIRST,
            movement: (FIRST, FIRST),
            message: FIRST,
        }
    }
}

impl Places {
    /// Reads on from there, and moves on.
    pub(super) async fn read(
        &mut self,
        conn: &Connection,
        table: ArchiveTable,
        limit: i64,
    ) -> Result<Records, Failure> {
        Ok(match table {
            ArchiveTable::Accounts => Records::Accounts(self.accounts(conn, limit).await?),
            ArchiveTable::Sessions => Records::Sessions(self.sessions(conn, limit).await?),
            ArchiveTable::Products => Records::Products(self.products(conn, limit).await?),
            ArchiveTable::Orders => Records::Orders(self.orders(conn, limit).await?),
            ArchiveTable::Lines => Records::Lines(self.lines(conn, limit).await?),
            ArchiveTable::Events => Records::Events(self.events(conn, limit).await?),
            ArchiveTable::Movements => Records::Movements(self.movements(conn, limit).await?),
            ArchiveTable::Outbox => Records::Outbox(self.messages(conn, limit).await?),
        })
    }

    async fn accounts(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<AccountRecord>, Failure> {
        let rows: Vec<AccountRow> = users::table
            .filter(users::id.gt(self.account))
            .order_by(users::id)
            .limit(limit)
            .select(AccountRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<AccountRecord> = rows.into_iter().map(Into::into).collect();
        self.account = records.last().map_or(self.account, |record| record.id);
        Ok(records)
    }

    async fn sessions(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<SessionRecord>, Failure> {
        let rows: Vec<SessionRow> = sessions::table
            .filter(sessions::id.gt(&self.session))
            .order_by(sessions::id)
            .limit(limit)
            .select(SessionRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<SessionRecord> = rows.into_iter().map(Into::into).collect();
        if let Some(last) = records.last() {
            self.session.clone_from(&last.id);
        }
        Ok(records)
    }

    async fn products(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<ProductRecord>, Failure> {
        let rows: Vec<ProductRow> = products::table
            .filter(products::id.gt(self.product))
            .order_by(products::id)
            .limit(limit)
            .select(ProductRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<ProductRecord> = rows.into_iter().map(Into::into).collect();
        self.product = records.last().map_or(self.product, |record| record.id);
        Ok(records)
    }

    async fn orders(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<OrderRecord>, Failure> {
        let rows: Vec<OrderRow> = orders::table
            .filter(orders::id.gt(self.order))
            .order_by(orders::id)
            .limit(limit)
            .select(OrderRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<OrderRecord> = rows.into_iter().map(Into::into).collect();
        self.order = records.last().map_or(self.order, |record| record.id);
        Ok(records)
    }

    async fn lines(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<LineRecord>, Failure> {
        let (order, position) = self.line;
        // The first condition is what finds the place in the index.
        let rows: Vec<LineRow> = order_lines::table
            .filter(order_lines::order_id.ge(order))
            .filter(order_lines::order_id.gt(order).or(order_lines::position.gt(position)))
            .order_by((order_lines::order_id, order_lines::position))
            .limit(limit)
            .select(LineRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<LineRecord> = rows.into_iter().map(Into::into).collect();
        self.line = records.last().map_or(self.line, |record| (record.order_id, record.position));
        Ok(records)
    }

    async fn events(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<EventRecord>, Failure> {
        let rows: Vec<EventRow> = order_events::table
            .filter(order_events::id.gt(self.event))
            .order_by(order_events::id)
            .limit(limit)
            .select(EventRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<EventRecord> = rows.into_iter().map(Into::into).collect();
        self.event = records.last().map_or(self.event, |record| record.id);
        Ok(records)
    }

    async fn movements(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<MovementRecord>, Failure> {
        let (product, id) = self.movement;
        // The first condition is what finds the place in the index.
        let rows: Vec<MovementRow> = stock_movements::table
            .filter(stock_movements::product_id.ge(product))
            .filter(stock_movements::product_id.gt(product).or(stock_movements::id.gt(id)))
            .order_by((stock_movements::product_id, stock_movements::id))
            .limit(limit)
            .select(MovementRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<MovementRecord> = rows.into_iter().map(Into::into).collect();
        self.movement =
            records.last().map_or(self.movement, |record| (record.product_id, record.id));
        Ok(records)
    }

    async fn messages(
        &mut self,
        mut conn: &Connection,
        limit: i64,
    ) -> Result<Vec<OutboxRecord>, Failure> {
        let rows: Vec<OutboxRow> = outbox::table
            .filter(outbox::id.gt(self.message))
            .order_by(outbox::id)
            .limit(limit)
            .select(OutboxRow::as_select())
            .load(&mut conn)
            .await?;
        let records: Vec<OutboxRecord> = rows.into_iter().map(Into::into).collect();
        self.message = records.last().map_or(self.message, |record| record.id);
        Ok(records)
    }
}
