//! Several workers in addition to a server, on PostgreSQL, and a worker that is killed.

use std::{collections::HashSet, sync::Arc};

use super::{deliver_and_cancel, events_by_order, wait_for_mails, with_fast_mail};
use crate::harness::{Mail, MailServer, Process, Server, Store, eventually};

/// A server that delivers no events itself.
fn without_worker(store: Store) -> Server {
    Server::configure_on(store).var("OUTBOX_WORKER", "off").start()
}

fn worker(store: &Arc<Store>, mail: &MailServer) -> Process {
    with_fast_mail(Server::configure(), mail)
        .on_store(store)
        .var("OUTBOX_LEASE_SECONDS", 5)
        .start_worker()
}

/// The mails without repetitions. If a worker is killed after the mail server has accepted a mail,
/// and before the delivery is settled, the mail is sent again with the same `Message-ID`.
fn without_repetitions(mails: Vec<Mail>) -> Vec<Mail> {
    let mut seen = HashSet::new();
    let mut mails = mails;
    mails.retain(|mail| seen.insert(mail.header("message-id").to_owned()));
    mails
}

#[tokio::test]
async fn another_worker_delivers_the_leased_events_of_a_killed_one_in_order() {
    let mut mail = MailServer::start().await;
    let server = without_worker(Store::on_postgres());
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    let mut expected_events = Vec::new();
    for customer in [&ann, &bob] {
        expected_events.extend(deliver_and_cancel(customer, &admin, lamp).await);
    }

    mail.hang().await;
    let mut first = worker(server.store(), &mail);
    eventually("a mail is under way", async || !mail.hanging().is_empty()).await;
    mail.accept().await;
    let mut second = worker(server.store(), &mail);
    first.signal("KILL");
    first.wait_for_exit().await;

    eventually("the mails arrive", async || without_repetitions(mail.mails()).len() == 10).await;
    let mails = without_repetitions(mail.mails());
    for (order, events) in &expected_events {
        assert_eq!(&events_by_order(&mails)[order], events, "order {order}");
    }
    second.signal("TERM");
    assert_eq!(second.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn several_workers_send_each_mail_once() {
    let mail = MailServer::start().await;
    let server = without_worker(Store::on_postgres());
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    let mut workers: Vec<_> = (0..3).map(|_| worker(server.store(), &mail)).collect();
    let mut expected_events = Vec::new();
    for _ in 0..10 {
        expected_events.extend(deliver_and_cancel(&ann, &admin, lamp).await);
    }
    wait_for_mails(&mail, 50).await;
    for worker in &mut workers {
        worker.signal("TERM");
        assert_eq!(worker.wait_for_exit().await.code(), Some(0));
    }
    let mails = mail.mails();
    assert_eq!(mails.len(), 50);
    for (order, events) in &expected_events {
        assert_eq!(&events_by_order(&mails)[order], events, "order {order}");
    }
}
