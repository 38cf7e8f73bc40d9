//! Reading a shop, portion by portion, as of one moment.

use async_trait::async_trait;
use diesel::{SqliteConnection, prelude::*};
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveSource, ArchiveTable, Records},
};

use super::rows::{
    AccountRow, EventRow, LineRow, MovementRow, OrderRow, OutboxRow, ProductRow, SessionRow, each,
};
use crate::{
    SqliteStore, counters,
    error::Failure,
    long_read::LongRead,
    schema::{
        order_events, order_lines, orders, outbox, products, sessions, stock_movements, users,
    },
};

#[async_trait]
impl ArchiveSource for SqliteStore {
    async fn snapshot(&self) -> Result<Box<dyn ArchiveSnapshot>, StoreError> {
        let reading = self.long_read().await?;
        Ok(Box::new(Snapshot { reading, places: Places::default() }))
    }
}

/// A shop as of one moment, and how far it is read.
struct Snapshot {
    reading: LongRead,
    places: Places,
}

/// The key of the last row that was read, for each kind. Reading along the keys costs the same for the last rows
/// as for the first.
#[derive(Clone)]
struct Places {
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

#[async_trait]
impl ArchiveSnapshot for Snapshot {
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError> {
        self.reading.run(move |conn| count(conn, table)).await
    }

    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError> {
        let mut places = self.places.clone();
        let (records, places) = self
            .reading
            .run(move |conn| {
                let records = places.read(conn, table, i64::from(limit.max(1)))?;
                Ok((records, places))
            })
            .await?;
        self.places = places;
        Ok(records)
    }
}

/// How many rows of a kind there are.
pub(super) fn count(conn: &mut SqliteConnection, table: ArchiveTable) -> Result<u64, Failure> {
    let count: i64 = match table {
        ArchiveTable::Accounts => users::table.count().get_result(conn)?,
        ArchiveTable::Sessions => sessions::table.count().get_result(conn)?,
        ArchiveTable::Products => products::table.count().get_result(conn)?,
        ArchiveTable::Orders => orders::table.count().get_result(conn)?,
        ArchiveTable::Lines => order_lines::table.count().get_result(conn)?,
        ArchiveTable::Events => order_events::table.count().get_result(conn)?,
        ArchiveTable::Movements => stock_movements::table.count().get_result(conn)?,
        ArchiveTable::Outbox => outbox::table.count().get_result(conn)?,
    };
    counters::count(table.as_str(), &"all", count)
}

impl Places {
    /// Reads on from there, and moves on.
    fn read(
        &mut self,
        conn: &mut SqliteConnection,
        table: ArchiveTable,
        limit: i64,
    ) -> Result<Records, Failure> {
        match table {
            ArchiveTable::Accounts => self.accounts(conn, limit),
            ArchiveTable::Sessions => self.sessions(conn, limit),
            ArchiveTable::Products => self.products(conn, limit),
            ArchiveTable::Orders => self.orders(conn, limit),
            ArchiveTable::Lines => self.lines(conn, limit),
            ArchiveTable::Events => self.events(conn, limit),
            ArchiveTable::Movements => self.movements(conn, limit),
            ArchiveTable::Outbox => self.outbox(conn, limit),
        }
    }

    fn accounts(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let rows: Vec<AccountRow> = users::table
            .filter(users::id.gt(self.account))
            .order_by(users::id)
            .limit(limit)
            .select(AccountRow::as_select())
            .load(conn)?;
        self.account = rows.last().map_or(self.account, |row| row.id);
        Ok(Records::Accounts(each(rows, AccountRow::into_record)?))
    }

    fn sessions(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let rows: Vec<SessionRow> = sessions::table
            .filter(sessions::id.gt(&self.session))
            .order_by(sessions::id)
            .limit(limit)
            .select(SessionRow::as_select())
            .load(conn)?;
        if let Some(last) = rows.last() {
            self.session.clone_from(&last.id);
        }
        Ok(Records::Sessions(each(rows, SessionRow::into_record)?))
    }

    fn products(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let rows: Vec<ProductRow> = products::table
            .filter(products::id.gt(self.product))
            .order_by(products::id)
            .limit(limit)
            .select(ProductRow::as_select())
            .load(conn)?;
        self.product = rows.last().map_or(self.product, |row| row.id);
        Ok(Records::Products(each(rows, ProductRow::into_record)?))
    }

    fn orders(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let rows: Vec<OrderRow> = orders::table
            .filter(orders::id.gt(self.order))
            .order_by(orders::id)
            .limit(limit)
            .select(OrderRow::as_select())
            .load(conn)?;
        self.order = rows.last().map_or(self.order, |row| row.id);
        Ok(Records::Orders(each(rows, OrderRow::into_record)?))
    }

    fn lines(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let (order, position) = self.line;
        // The first condition is what finds the place in the index.
        let rows: Vec<LineRow> = order_lines::table
            .filter(order_lines::order_id.ge(order))
            .filter(order_lines::order_id.gt(order).or(order_lines::position.gt(position)))
            .order_by((order_lines::order_id, order_lines::position))
            .limit(limit)
            .select(LineRow::as_select())
            .load(conn)?;
        self.line = rows.last().map_or(self.line, |row| (row.order_id, row.position));
        Ok(Records::Lines(rows.into_iter().map(LineRow::into_record).collect()))
    }

    fn events(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let rows: Vec<EventRow> = order_events::table
            .filter(order_events::id.gt(self.event))
            .order_by(order_events::id)
            .limit(limit)
            .select(EventRow::as_select())
            .load(conn)?;
        self.event = rows.last().map_or(self.event, |row| row.id);
        Ok(Records::Events(each(rows, EventRow::into_record)?))
    }

    fn movements(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let (product, id) = self.movement;
        // The first condition is what finds the place in the index.
        let rows: Vec<MovementRow> = stock_movements::table
            .filter(stock_movements::product_id.ge(product))
            .filter(stock_movements::product_id.gt(product).or(stock_movements::id.gt(id)))
            .order_by((stock_movements::product_id, stock_movements::id))
            .limit(limit)
            .select(MovementRow::as_select())
            .load(conn)?;
        self.movement = rows.last().map_or(self.movement, |row| (row.product_id, row.id));
        Ok(Records::Movements(each(rows, MovementRow::into_record)?))
    }

    fn outbox(&mut self, conn: &mut SqliteConnection, limit: i64) -> Result<Records, Failure> {
        let rows: Vec<OutboxRow> = outbox::table
            .filter(outbox::id.gt(self.message))
            .order_by(outbox::id)
            .limit(limit)
            .select(OutboxRow::as_select())
            .load(conn)?;
        self.message = rows.last().map_or(self.message, |row| row.id);
        Ok(Records::Outbox(each(rows, OutboxRow::into_record)?))
    }
}
