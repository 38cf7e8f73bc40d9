//! Events of types that a worker does not know, as a newer release writes them beside it: they wait
//! for a worker of that release, and hold back only later events of the same order.

use std::{collections::BTreeMap, sync::Arc};

use super::{events_by_order, listed, wait_for_mails, with_fast_mail};
use crate::harness::{MailServer, Server, Store, eventually, nothing_waits};

/// Gives events of one type another one, which only a test can: events are never changed.
async fn retype(store: &Store, from: &str, to: &str, and: &str) {
    let permit = if store.database_url().starts_with("sqlite") {
        "DROP TRIGGER IF EXISTS events_stay_as_they_are"
    } else {
        "SET session_replication_role = replica"
    };
    let change = format!("UPDATE events SET type = '{to}' WHERE type = '{from}' {and}");
    store.tamper(&format!("{permit}; {change}")).await;
}

/// A server with a worker, on a store that other servers may have used.
fn server(store: &Arc<Store>, mail: &MailServer) -> Server {
    with_fast_mail(Server::configure(), mail).on_store(store).start()
}

async fn stop(server: Server) {
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
}

/// What `oms outbox list` shows of the parked events of the log and the mails: all but the number
/// and the error.
fn parked(store: &Store) -> Vec<String> {
    let lines = listed(store, &["--all"]).into_iter().map(|line| {
        let columns: Vec<_> = line.split('\t').collect();
        columns[1..6].join(", ")
    });
    lines.filter(|line| !line.ends_with("stream")).collect()
}

async fn events_of_an_unknown_type_wait(store: Store) {
    let mail = MailServer::start().await;
    let first = Server::configure_on(store).var("OUTBOX_WORKER", "off").start();
    let store = Arc::clone(first.store());
    let (ann, admin) = (first.customer("ann").await, first.admin().await);
    let dispatched = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    let other = ann.place_free_form_order("Ada", "a candle", 1).await;
    for order in [dispatched, other] {
        admin.transition(order, &["shipped", "delivered"]).await;
    }
    let shipped = format!("AND order_id = {dispatched} AND data ->> 'to' = 'shipped'");
    retype(&store, "order.status_changed", "order.dispatched", &shipped).await;
    let without_order =
        "INSERT INTO events (type, data, at) SELECT 'shop.moved', '{}', max(at) FROM events";
    store.tamper(without_order).await;
    stop(first).await;

    let old = server(&store, &mail);
    let ann = ann.with_base_url(old.base_url());
    let later = ann.place_free_form_order("Ada", "a card", 1).await;
    let mut expected = vec![
        format!("order.dispatched, unknown type, order {dispatched}, 0 attempts"),
        format!("order.status_changed, waiting, order {dispatched}, 0 attempts"),
        "shop.moved, unknown type, order -, 0 attempts".to_owned(),
    ];
    expected =
        expected.iter().flat_map(|it| [format!("{it}, log"), format!("{it}, mail")]).collect();
    eventually("they are parked", async || parked(&store).len() >= expected.len()).await;
    // The mails of the two other orders go out.
    wait_for_mails(&mail, 5).await;
    let owned = |events: &[&str]| events.iter().map(|&event| event.to_owned()).collect();
    let all: Vec<String> = owned(&["placed", "shipped", "delivered"]);
    let placed: Vec<String> = owned(&["placed"]);
    let mut mailed =
        BTreeMap::from([(dispatched, placed.clone()), (other, all.clone()), (later, placed)]);
    assert_eq!(events_by_order(&mail.mails()), mailed);
    stop(old).await;
    assert_eq!(parked(&store), expected, "nothing was tried, and nothing is lost");

    // For a worker that knows the types, which stands for one of the newer release.
    retype(&store, "order.dispatched", "order.status_changed", "").await;
    retype(&store, "shop.moved", "account.registered", "").await;
    let new = server(&store, &mail);
    eventually("nothing waits", async || nothing_waits(&store)).await;
    mailed.insert(dispatched, all);
    assert_eq!(events_by_order(&mail.mails()), mailed);
    stop(new).await;
}

#[tokio::test]
async fn events_of_an_unknown_type_wait_for_a_newer_worker_on_postgres() {
    events_of_an_unknown_type_wait(Store::on_postgres()).await;
}

#[tokio::test]
async fn events_of_an_unknown_type_wait_for_a_newer_worker_on_sqlite() {
    events_of_an_unknown_type_wait(Store::on_sqlite()).await;
}
