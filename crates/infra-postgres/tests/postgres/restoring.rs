//! A shop that is restored from a dump into a fresh cluster, whose transaction ids start anew: the
//! readers of the journal go on where they were.

use std::sync::Arc;

use domain::{
    EventId,
    events::{
        ParkedState, Subscription,
        port::{EventFilter, EventReads as _, SubscriptionStore as _, UndeliveredFilter},
    },
    order::{Order, OrderStatus},
};
use infra_postgres::{PostgresStore, migrate};
use port_contracts::{ShopFixture, Stores, builders, event_store::settle, findings};
use test_services::Postgres;

use crate::{
    fixture::{connect, options},
    relays::{Taker, relay},
};

/// Draws transaction ids, each in a transaction of its own.
const DRAW_IDS: &str = "DO $$ BEGIN
    FOR number IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";

/// Draws one more transaction id.
async fn transaction_id(server: &Postgres) -> i64 {
    let id = "SELECT pg_current_xact_id()::text::bigint";
    connect(&server.url()).await.query_one(id, &[]).await.unwrap().get(0)
}

/// The shop on this server, as a program that starts finds it.
async fn opened(server: &Postgres) -> Arc<PostgresStore> {
    let url = server.url_of("shop");
    migrate(&url).await.unwrap();
    Arc::new(PostgresStore::open(&url, options()).await.unwrap())
}

/// A server with an empty database for the shop.
async fn server() -> Postgres {
    let server = Postgres::start(&[]).await;
    let create = "CREATE DATABASE shop TEMPLATE template0";
    connect(&server.url()).await.batch_execute(create).await.unwrap();
    server
}

async fn order(shop: &ShopFixture, item: &str) -> Order {
    shop.place(builders::free_form(&shop.customer, item).build()).await
}

/// Delivers the log, as long as there is something to do at this time.
async fn deliver(store: &Arc<PostgresStore>, to: &Arc<Taker>, seconds: i64) {
    settle(&Stores::of(store)).await;
    let relay = relay(store, to.clone(), seconds);
    while relay.run_once(&|| false).await.unwrap().more {}
}

/// Reads a page of the feed. Returns its events, and where the next one begins.
async fn page(store: &Arc<PostgresStore>, after: EventId, limit: u32) -> (Vec<EventId>, EventId) {
    settle(&Stores::of(store)).await;
    let settled = store.settled().await.unwrap();
    let page = store.events(&EventFilter::default(), after, settled, limit).await.unwrap();
    (page.events.iter().map(|event| event.id).collect(), page.next_after)
}

async fn parked(store: &PostgresStore) -> Vec<(EventId, ParkedState)> {
    let parked = store.undelivered(UndeliveredFilter::All, None, 100).await.unwrap();
    parked.into_iter().map(|event| (event.parked.id, event.parked.state)).collect()
}

/// The numbers of all events, from the table itself.
async fn numbers(server: &Postgres) -> Vec<EventId> {
    let events = "SELECT id FROM events ORDER BY id";
    let rows = connect(&server.url_of("shop")).await.query(events, &[]).await.unwrap();
    rows.iter().map(|row| EventId::new(row.get(0))).collect()
}

/// Draws a number for an event that is rolled back.
async fn skip_a_number(server: &Postgres) {
    let append = "INSERT INTO events (type, data, at) VALUES ('shop.moved', '{}', now())";
    let operator = connect(&server.url_of("shop")).await;
    operator.batch_execute(&format!("BEGIN; {append}; ROLLBACK")).await.unwrap();
}

#[tokio::test]
async fn readers_of_the_journal_go_on_in_a_fresh_cluster() {
    let old = server().await;
    connect(&old.url()).await.batch_execute(DRAW_IDS).await.unwrap();
    let old_id = transaction_id(&old).await;
    let store = opened(&old).await;
    let shop = ShopFixture::open(Stores::of(&store)).await;
    store.subscribe(&Subscription::LOG).await.unwrap();
    let failing = order(&shop, "Lamp").await;
    order(&shop, "Desk").await;
    let first = Taker::all_but(failing.id()).shared();
    deliver(&store, &first, 1_000).await;
    shop.change_status(failing.id(), OrderStatus::Processing).await;
    deliver(&store, &first, 1_000).await;
    let at_dump = parked(&store).await;
    let [(placed, ParkedState::Retrying), (processing, ParkedState::Waiting)] = at_dump[..] else {
        panic!("{at_dump:?}");
    };
    // The position of the log is before these, and the reader of the feed has read half.
    skip_a_number(&old).await;
    for item in ["Chair", "Sofa"] {
        order(&shop, item).await;
    }
    shop.change_status(failing.id(), OrderStatus::Shipped).await;
    skip_a_number(&old).await;
    let (read, after) = page(&store, EventId::new(0), 5).await;
    let before = numbers(&old).await;
    let [.., shipped] = before[..] else { panic!("no events") };
    assert_eq!((read.len(), before.len()), (5, 8));
    let dump = old.dump("shop");
    store.close().await;
    drop(old);

    let new = server().await;
    new.restore("shop", &dump);
    let store = opened(&new).await;
    let shop = ShopFixture { stores: Stores::of(&store), ..shop };
    let (rest, end) = page(&store, after, 100).await;
    assert_eq!([read, rest].concat(), before, "the feed has the rest");
    assert_eq!(parked(&store).await, at_dump);
    order(&shop, "Table").await;
    let (later, _end) = page(&store, end, 100).await;
    let now = numbers(&new).await;
    assert_eq!([before, later].concat(), now, "what happens goes on behind it");

    // As a worker does when it starts.
    store.subscribe(&Subscription::LOG).await.unwrap();
    let second = Taker::default().shared();
    deliver(&store, &second, 10_000).await;
    assert_eq!(parked(&store).await, []);
    let mut taken = second.taken();
    let mut of_failing = taken.clone();
    of_failing.retain(|event| [placed, processing, shipped].contains(event));
    assert_eq!(of_failing, [placed, processing, shipped], "the events of its order in sequence");
    taken.extend(first.taken());
    taken.sort();
    assert_eq!(taken, now, "the log got each event once");
    assert_eq!(findings(store.as_ref()).await, []);
    let new_id = transaction_id(&new).await;
    assert!(new_id < old_id, "the ids of transactions start anew: {new_id}, {old_id}");
}
