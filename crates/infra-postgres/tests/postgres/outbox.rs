//! The outbox among transactions under way, with messages that somebody damaged, and with very many rows.

use domain::{
    OutboxEventId,
    order::{Order, OrderStatus},
    outbox::port::{
        DeadLetterSelection, DeliveryOutcome, LeasedEvent, OutboxStore as _, Settlement,
        UndeliveredEvent, UndeliveredFilter, WorkerId,
    },
};
use port_contracts::{Shop, StoreFixture as _, builders, builders::timestamp};
use tokio_postgres::Client;

use crate::fixture::TestStore;

/// A shop of which nothing is left to tell.
async fn shop(opened: &TestStore, operator: &Client) -> Shop {
    let shop = Shop::open(opened.stores()).await;
    operator.batch_execute("UPDATE outbox SET delivered_at = now()").await.unwrap();
    shop
}

async fn order(shop: &Shop) -> Order {
    shop.place(builders::free_form(&shop.customer, "Lamp").build()).await
}

async fn lease(opened: &TestStore, worker: &str, seconds: i64) -> Vec<LeasedEvent> {
    let (worker, until) = (WorkerId::new(worker), timestamp(seconds + 60));
    opened.store.lease(&worker, 100, timestamp(seconds), until).await.unwrap()
}

async fn settle(opened: &TestStore, worker: &str, leased: &[LeasedEvent], seconds: i64) -> u64 {
    let settlement = |leased: &LeasedEvent| Settlement {
        id: leased.envelope.id,
        done: leased.done,
        outcome: DeliveryOutcome::Delivered { note: None },
    };
    let settlements: Vec<_> = leased.iter().map(settlement).collect();
    opened.store.settle(&WorkerId::new(worker), &settlements, timestamp(seconds)).await.unwrap()
}

fn ids(leased: &[LeasedEvent]) -> Vec<OutboxEventId> {
    leased.iter().map(|leased| leased.envelope.id).collect()
}

async fn dead(opened: &TestStore) -> UndeliveredEvent {
    let mut dead = opened.store.undelivered(UndeliveredFilter::Dead, None, 100).await.unwrap();
    assert_eq!(dead.len(), 1, "{dead:?}");
    dead.remove(0)
}

#[tokio::test]
async fn a_message_that_somebody_has_locked_is_passed_over_and_nobody_waits() {
    let opened = TestStore::open().await;
    let mut operator = opened.database.operator().await;
    let shop = shop(&opened, &operator).await;
    let (first, second) = (order(&shop).await, order(&shop).await);
    shop.move_to(first.id(), OrderStatus::Processing).await;
    let locking = operator.transaction().await.unwrap();
    let lock = "SELECT FROM outbox WHERE order_id = $1 FOR UPDATE";
    locking.query(lock, &[&first.id().get()]).await.unwrap();
    // Waiting for the lock would end in an error.
    let leased = lease(&opened, "w", 1_000).await;
    assert_eq!(
        leased.iter().map(|it| it.envelope.event.order()).collect::<Vec<_>>(),
        [Some(second.id())]
    );
    locking.rollback().await.unwrap();
    assert_eq!(lease(&opened, "w", 1_000).await.len(), 1);
}

#[tokio::test]
async fn a_message_is_not_due_while_the_delivery_of_the_one_before_is_not_committed() {
    let opened = TestStore::open().await;
    let mut operator = opened.database.operator().await;
    let shop = shop(&opened, &operator).await;
    let order = order(&shop).await;
    shop.move_to(order.id(), OrderStatus::Processing).await;
    let settling = operator.transaction().await.unwrap();
    let settle = "UPDATE outbox SET delivered_at = now() WHERE id = (SELECT min(id) FROM outbox WHERE order_id = $1)";
    settling.execute(settle, &[&order.id().get()]).await.unwrap();
    assert_eq!(lease(&opened, "w", 1_000).await, []);
    settling.commit().await.unwrap();
    assert_eq!(lease(&opened, "w", 1_000).await.len(), 1);
}

#[tokio::test]
async fn a_message_written_late_with_a_small_number_is_leased_when_it_is_committed() {
    let opened = TestStore::open().await;
    let mut operator = opened.database.operator().await;
    let shop = shop(&opened, &operator).await;
    let late = operator.transaction().await.unwrap();
    let insert = "INSERT INTO outbox (message, created_at, next_attempt_at)
        VALUES ('{\"event\": \"account_registered\", \"user_id\": 1}', now(), 'epoch') RETURNING id";
    let id: i64 = late.query_one(insert, &[]).await.unwrap().get(0);
    order(&shop).await;
    let before = lease(&opened, "w", 1_000).await;
    assert!(before.len() == 1 && before[0].envelope.id > OutboxEventId::new(id), "{before:?}");
    late.commit().await.unwrap();
    assert_eq!(ids(&lease(&opened, "w", 1_000).await), [OutboxEventId::new(id)]);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_dead_at_once_and_holds_back_only_its_order() {
    for (statement, reason) in [
        ("message = '{\"event\": \"order_vanished\"}'", "the message cannot be read"),
        ("message = '[1, 2]'", "the message cannot be read"),
        ("delivered_to = 'log pigeon'", "on a channel that this program does not know"),
    ] {
        let opened = TestStore::open().await;
        let operator = opened.database.operator().await;
        let shop = shop(&opened, &operator).await;
        let (first, _second) = (order(&shop).await, order(&shop).await);
        shop.move_to(first.id(), OrderStatus::Processing).await;
        let of_first = format!("id = (SELECT min(id) FROM outbox WHERE order_id = {})", first.id());
        let damage = format!("UPDATE outbox SET {statement} WHERE {of_first}");
        operator.batch_execute(&damage).await.unwrap();
        assert_eq!(lease(&opened, "w", 1_000).await.len(), 1, "the other order goes out");
        assert_eq!(lease(&opened, "w", 2_000).await.len(), 1, "it alone");
        let letter = dead(&opened).await;
        assert!(letter.last_error.clone().unwrap().contains(reason), "{letter:?}");
        assert_eq!((letter.dead_at, letter.attempts), (Some(timestamp(1_000)), 0));
        assert_eq!(letter.event.is_none(), statement.starts_with("message"));
        let all = DeadLetterSelection::All;
        assert_eq!(opened.store.discard(&all, timestamp(3_000)).await.unwrap(), 1);
        let note = "SELECT last_error FROM outbox WHERE id = $1";
        let note: String = operator.query_one(note, &[&letter.id.get()]).await.unwrap().get(0);
        assert_eq!(note, format!("discarded: {}", letter.last_error.unwrap()));
        assert_eq!(lease(&opened, "w", 3_000).await.len(), 2, "those behind it go on");
    }
}

/// What the server has read and changed in the outbox, by its own count.
#[derive(Debug, Clone, Copy)]
struct Counts {
    scanned: i64,
    fetched: i64,
    inserted: i64,
    updated: i64,
}

/// The counts, as soon as they are so. A server counts what a connection has done when that has ended, at the
/// latest.
async fn counts(operator: &Client, so: impl Fn(&Counts) -> bool) -> Counts {
    let counts = "SELECT seq_tup_read, idx_tup_fetch, n_tup_ins, n_tup_upd FROM pg_stat_user_tables
        WHERE relname = 'outbox'";
    loop {
        let row = operator.query_one(counts, &[]).await.unwrap();
        let [scanned, fetched, inserted, updated] = [0, 1, 2, 3].map(|column| row.get(column));
        let counts = Counts { scanned, fetched, inserted, updated };
        if so(&counts) {
            return counts;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn leasing_reads_what_waits_and_not_what_is_delivered() {
    const ORDERS: i64 = 25_000;
    let opened = TestStore::open().await;
    let operator = opened.database.operator().await;
    let shop = shop(&opened, &operator).await;
    // Each order was placed and processed. All but the last hundred are told already.
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
    let operator = opened.database.operator().await;
    let before = counts(&operator, |now| now.inserted >= 2 * ORDERS && now.updated >= 2).await;
    let leased = lease(&opened, "w", 1_000).await;
    assert_eq!(leased.len(), 100);
    assert_eq!(settle(&opened, "w", &leased, 1_000).await, 100);
    opened.store.close().await;
    let after = counts(&operator, |now| now.updated >= before.updated + 200).await;
    assert_eq!(after.scanned, before.scanned, "no table was read from end to end");
    let fetched = after.fetched - before.fetched;
    assert!(fetched < 2_000, "{fetched} rows were looked at for the sake of 100");
}

#[tokio::test]
async fn a_message_whose_trace_cannot_be_read_goes_out_in_none() {
    let opened = TestStore::open().await;
    let operator = opened.database.operator().await;
    let shop = shop(&opened, &operator).await;
    order(&shop).await;
    let damage = "UPDATE outbox SET traceparent = 'what the cat brought in'";
    operator.batch_execute(damage).await.unwrap();
    let leased = lease(&opened, "w", 1_000).await;
    assert!(leased.len() == 1 && leased[0].envelope.trace.is_none(), "{leased:?}");
}
