//! Workers that are killed amid hundreds of deliveries: no mail is lost, the mails of each order stay
//! in sequence, and no more are sent twice than were being sent.

use std::{collections::HashSet, sync::Arc};

use futures::{StreamExt as _, stream};

use super::{events_by_order, with_fast_mail};
use crate::harness::{
    Client, MailServer, Process, Server, Store, eventually, iterations, nothing_waits,
};

/// How many mails a worker sends at the same time.
const IN_FLIGHT: usize = 16;

/// Places so many orders, ships and delivers them, which makes three mails each.
async fn deliver_orders(orders: usize, customer: &Client, admin: &Client) {
    let deliver = async |_number| {
        let order = customer.place_free_form_order("Ada", "a birthday cake", 1).await;
        admin.transition(order, &["shipped", "delivered"]).await;
    };
    stream::iter(0..orders).for_each_concurrent(IN_FLIGHT, deliver).await;
}

fn worker(store: &Arc<Store>, mail: &MailServer) -> Process {
    // No lease is lost because the machine is slow.
    with_fast_mail(Server::configure(), mail)
        .on_store(store)
        .var("OUTBOX_LEASE_SECONDS", 600)
        .start_worker()
}

/// Kills a worker, and lets the time of its leases pass. Returns how many mails have arrived by
/// then.
async fn kill(mut worker: Process, store: &Store, mail: &MailServer) -> usize {
    worker.signal("KILL");
    worker.wait_for_exit().await;
    mail.until_disconnected().await;
    let long_ago = if store.database_url().starts_with("sqlite") { "0" } else { "'epoch'" };
    let expire =
        format!("UPDATE subscriptions SET leased_until = {long_ago} WHERE leased_by <> ''");
    store.tamper(&expire).await;
    mail.arrivals()
}

async fn killed_workers_lose_no_mail(store: Store) {
    // Many tests run at once: three hundred mails, or a thousand.
    let orders = iterations(100, 334);
    let mails = orders * 3;
    let mut mail = MailServer::start().await;
    let server = Server::configure_on(store).var("OUTBOX_WORKER", "off").start();
    let store = Arc::clone(server.store());
    deliver_orders(orders, &server.customer("ann").await, &server.admin().await).await;
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));

    // The first one is killed wherever it is. It cannot finish, however late that happens.
    mail.hang_after(mails / 2).await;
    let first = worker(&store, &mail);
    eventually("a third is sent", async || mail.arrivals() >= mails / 3).await;
    let at_first_kill = kill(first, &store, &mail).await;
    assert!(at_first_kill <= mails / 2 + IN_FLIGHT, "{at_first_kill} mails at the same time");

    // The second one is killed when the mail server has taken as many mails as are sent at a time,
    // and has answered none of them.
    mail.hang_after(mails * 2 / 3).await;
    let hanging = mail.hanging().len();
    let second = worker(&store, &mail);
    eventually("no more is sent", async || mail.hanging().len() >= hanging + IN_FLIGHT).await;
    let at_second_kill = kill(second, &store, &mail).await;
    assert_eq!(mail.hanging().len(), hanging + IN_FLIGHT);

    mail.accept().await;
    let mut third = worker(&store, &mail);
    eventually("nothing waits", async || nothing_waits(&store)).await;
    third.signal("TERM");
    assert_eq!(third.wait_for_exit().await.code(), Some(0));

    let received = mail.received();
    let mut sent: HashSet<&str> = HashSet::new();
    let runs = [0..at_first_kill, at_first_kill..at_second_kill, at_second_kill..received.len()];
    for run in runs {
        let ids: Vec<_> = received[run].iter().map(|mail| mail.header("message-id")).collect();
        let again = ids.iter().filter(|id| sent.contains(*id)).count();
        assert!(again <= IN_FLIGHT, "{again} mails were sent again after a kill");
        let before = sent.len();
        sent.extend(&ids);
        assert_eq!(sent.len(), before + ids.len() - again, "a worker sent a mail twice");
    }
    let accepted = mail.mails();
    let accepted: HashSet<&str> = accepted.iter().map(|mail| mail.header("message-id")).collect();
    assert_eq!(accepted.len(), mails, "none is lost");
    assert_eq!(sent, accepted, "none is sent but these");
    let by_order = events_by_order(&received);
    assert_eq!(by_order.len(), orders);
    for (order, mut events) in by_order {
        // A repetition comes before the next mail of the order.
        events.dedup();
        assert_eq!(events, ["placed", "shipped", "delivered"], "order {order}");
    }
}

#[tokio::test]
async fn workers_killed_amid_hundreds_of_deliveries_lose_no_mail_on_postgres() {
    killed_workers_lose_no_mail(Store::on_postgres()).await;
}

#[tokio::test]
async fn workers_killed_amid_hundreds_of_deliveries_lose_no_mail_on_sqlite() {
    killed_workers_lose_no_mail(Store::on_sqlite()).await;
}
