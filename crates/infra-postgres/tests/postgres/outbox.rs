//! The outbox with concurrent transactions, with damaged events, and with very many rows.

use domain::{
    OutboxEventId,
    order::{Order, OrderStatus},
    outbox::port::{
        DeadLetterSelection, DeliveryOutcome, LeasedEvent, OutboxStore as _, Settlement,
        UndeliveredEvent, UndeliveredFilter, WorkerId,
    },
};
use port_contracts::{ShopFixture, StoreFixture as _, builders, builders::timestamp};
use tokio_postgres::Client;

use crate::fixture::TestStore;

/// A shop whose events are all delivered.
async fn shop(fixture: &TestStore, operator: &Client) -> ShopFixture {
    let shop = ShopFixture::open(fixture.stores()).await;
    operator.batch_execute("UPDATE outbox SET delivered_at = now()").await.unwrap();
    shop
}

async fn order(shop: &ShopFixture) -> Order {
    shop.place(builders::free_form(&shop.customer, "Lamp").build()).await
}

async fn lease(fixture: &TestStore, worker: &str, seconds: i64) -> Vec<LeasedEvent> {
    let (worker, until) = (WorkerId::new(worker), timestamp(seconds + 60));
    fixture.store.lease(&worker, 100, timestamp(seconds), until).await.unwrap()
}

async fn settle(fixture: &TestStore, worker: &str, leased: &[LeasedEvent], seconds: i64) -> u64 {
    let settlement = |leased: &LeasedEvent| Settlement {
        id: leased.envelope.id,
        done: leased.done,
        outcome: DeliveryOutcome::Delivered { note: None },
    };
    let settlements: Vec<_> = leased.iter().map(settlement).collect();
    fixture.store.settle(&WorkerId::new(worker), &settlements, timestamp(seconds)).await.unwrap()
}

fn ids(leased: &[LeasedEvent]) -> Vec<OutboxEventId> {
    leased.iter().map(|leased| leased.envelope.id).collect()
}

async fn dead(fixture: &TestStore) -> UndeliveredEvent {
    let mut dead = fixture.store.undelivered(UndeliveredFilter::Dead, None, 100).await.unwrap();
    assert_eq!(dead.len(), 1, "{dead:?}");
    dead.remove(0)
}

#[tokio::test]
async fn a_locked_event_is_skipped_without_waiting() {
    let fixture = TestStore::open().await;
    let mut operator = fixture.database.operator().await;
    let shop = shop(&fixture, &operator).await;
    let (first, second) = (order(&shop).await, order(&shop).await);
    shop.change_status(first.id(), OrderStatus::Processing).await;
    let locking = operator.transaction().await.unwrap();
    let lock = "SELECT FROM outbox WHERE order_id = $1 FOR UPDATE";
    locking.query(lock, &[&first.id().get()]).await.unwrap();
    // Waiting for the lock would end in an error.
    let leased = lease(&fixture, "w", 1_000).await;
    assert_eq!(
        leased.iter().map(|leased| leased.envelope.event.order()).collect::<Vec<_>>(),
        [Some(second.id())]
    );
    locking.rollback().await.unwrap();
    assert_eq!(lease(&fixture, "w", 1_000).await.len(), 1);
}

#[tokio::test]
async fn an_event_is_not_leased_until_the_delivery_of_the_previous_one_is_committed() {
    let fixture = TestStore::open().await;
    let mut operator = fixture.database.operator().await;
    let shop = shop(&fixture, &operator).await;
    let order = order(&shop).await;
    shop.change_status(order.id(), OrderStatus::Processing).await;
    let settling = operator.transaction().await.unwrap();
    let settle = "UPDATE outbox SET delivered_at = now() WHERE id = (SELECT min(id) FROM outbox WHERE order_id = $1)";
    settling.execute(settle, &[&order.id().get()]).await.unwrap();
    assert_eq!(lease(&fixture, "w", 1_000).await, []);
    settling.commit().await.unwrap();
    assert_eq!(lease(&fixture, "w", 1_000).await.len(), 1);
}

#[tokio::test]
async fn an_event_with_a_smaller_id_that_commits_late_is_leased_after_its_commit() {
    let fixture = TestStore::open().await;
    let mut operator = fixture.database.operator().await;
    let shop = shop(&fixture, &operator).await;
    let late = operator.transaction().await.unwrap();
    let insert = "INSERT INTO outbox (message, created_at, next_attempt_at)
        VALUES ('{\"event\": \"account_registered\", \"user_id\": 1}', now(), 'epoch') RETURNING id";
    let id: i64 = late.query_one(insert, &[]).await.unwrap().get(0);
    order(&shop).await;
    let before = lease(&fixture, "w", 1_000).await;
    assert!(before.len() == 1 && before[0].envelope.id > OutboxEventId::new(id), "{before:?}");
    late.commit().await.unwrap();
    assert_eq!(ids(&lease(&fixture, "w", 1_000).await), [OutboxEventId::new(id)]);
}

#[tokio::test]
async fn an_unreadable_event_is_dead_at_once_and_holds_back_only_its_order() {
    for (statement, reason) in [
        ("message = '{\"event\": \"order_vanished\"}'", "the event cannot be read"),
        ("message = '[1, 2]'", "the event cannot be read"),
        ("delivered_to = 'log pigeon'", "on a channel that this program does not know"),
    ] {
        let fixture = TestStore::open().await;
        let operator = fixture.database.operator().await;
        let shop = shop(&fixture, &operator).await;
        let (first, _second) = (order(&shop).await, order(&shop).await);
        shop.change_status(first.id(), OrderStatus::Processing).await;
        let of_first = format!("id = (SELECT min(id) FROM outbox WHERE order_id = {})", first.id());
        let damage = format!("UPDATE outbox SET {statement} WHERE {of_first}");
        operator.batch_execute(&damage).await.unwrap();
        assert_eq!(
            lease(&fixture, "w", 1_000).await.len(),
            1,
            "only the event of the other order is leased"
        );
        assert_eq!(lease(&fixture, "w", 2_000).await.len(), 1, "still only that event");
        let dead_letter = dead(&fixture).await;
        assert!(dead_letter.last_error.clone().unwrap().contains(reason), "{dead_letter:?}");
        assert_eq!((dead_letter.dead_at, dead_letter.attempts), (Some(timestamp(1_000)), 0));
        assert_eq!(dead_letter.event.is_none(), statement.starts_with("message"));
        let all = DeadLetterSelection::All;
        assert_eq!(fixture.store.discard(&all, timestamp(3_000)).await.unwrap(), 1);
        let note = "SELECT last_error FROM outbox WHERE id = $1";
        let note: String = operator.query_one(note, &[&dead_letter.id.get()]).await.unwrap().get(0);
        assert_eq!(note, format!("discarded: {}", dead_letter.last_error.unwrap()));
        assert_eq!(
            lease(&fixture, "w", 3_000).await.len(),
            2,
            "the later event of the first order is leased too"
        );
    }
}

/// The statistics of the server about reads and changes of the outbox.
#[derive(Debug, Clone, Copy)]
struct TableStats {
    scanned: i64,
    fetched: i64,
    inserted: i64,
    updated: i64,
}

/// The statistics, once `is_complete` holds. A connection reports its statistics at the latest when
/// it ends.
async fn table_stats(operator: &Client, is_complete: impl Fn(&TableStats) -> bool) -> TableStats {
    let query = "SELECT seq_tup_read, idx_tup_fetch, n_tup_ins, n_tup_upd FROM pg_stat_user_tables
        WHERE relname = 'outbox'";
    loop {
        let row = operator.query_one(query, &[]).await.unwrap();
        let [scanned, fetched, inserted, updated] = [0, 1, 2, 3].map(|column| row.get(column));
        let stats = TableStats { scanned, fetched, inserted, updated };
        if is_complete(&stats) {
            return stats;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn leasing_reads_pending_events_and_not_delivered_ones() {
    const ORDERS: i64 = 25_000;
    let fixture = TestStore::open().await;
    let operator = fixture.database.operator().await;
    let shop = shop(&fixture, &operator).await;
    // Two events per order. All but those of the last hundred orders are delivered.
    operator
        .batch_execute(&format!(
            "ALTER TABLE orders DISABLE TRIGGER USER;
             INSERT INTO orders (id, user_id, customer_name, item_name, search_text, quantity,
                                 currency, status, version, revision, created_at, updated_at)
             SELECT n, {user}, 'Ada', 'Lamp', E'ada\\x1flamp', 1, 'EUR', 'processing', 2, 2, 'epoch', 'epoch'
             FROM generate_series(1, {ORDERS}) AS n;
             INSERT INTO outbox (message, order_id, created_at, next_attempt_at, delivered_at)
             SELECT jsonb_build_object('event', 'order_placed', 'order_id', n, 'user_id', {user}), n, 'epoch', 'epoch',
                    CASE WHEN n <= {ORDERS} - 100 THEN now() END
             FROM generate_series(1, {ORDERS}) AS n, generate_series(1, 2);
             ANALYZE outbox;",
            user = shop.customer.id,
        ))
        .await
        .unwrap();
    drop(operator);
    let operator = fixture.database.operator().await;
    let before = table_stats(&operator, |now| now.inserted >= 2 * ORDERS && now.updated >= 2).await;
    let leased = lease(&fixture, "w", 1_000).await;
    assert_eq!(leased.len(), 100);
    assert_eq!(settle(&fixture, "w", &leased, 1_000).await, 100);
    fixture.store.close().await;
    let after = table_stats(&operator, |now| now.updated >= before.updated + 200).await;
    assert_eq!(after.scanned, before.scanned, "there was a sequential scan");
    let fetched = after.fetched - before.fetched;
    assert!(fetched < 2_000, "{fetched} rows were read for 100 events");
}

#[tokio::test]
async fn an_event_with_an_unreadable_trace_is_leased_without_one() {
    let fixture = TestStore::open().await;
    let operator = fixture.database.operator().await;
    let shop = shop(&fixture, &operator).await;
    order(&shop).await;
    let damage = "UPDATE outbox SET traceparent = 'not a traceparent'";
    operator.batch_execute(damage).await.unwrap();
    let leased = lease(&fixture, "w", 1_000).await;
    assert!(leased.len() == 1 && leased[0].envelope.trace.is_none(), "{leased:?}");
}
