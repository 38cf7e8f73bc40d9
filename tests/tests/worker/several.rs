//! Workers beside the server, and one that dies: on PostgreSQL, which is where several are wanted.

use std::{collections::HashSet, sync::Arc};

use super::{arrive, news, quick, two_stories};
use crate::harness::{Mail, MailServer, Process, Server, Store, eventually};

/// A server that leaves deliveries to workers.
fn without_worker(store: Store) -> Server {
    Server::configure_on(store).var("OUTBOX_WORKER", "off").start()
}

fn worker(store: &Arc<Store>, mail: &MailServer) -> Process {
    quick(Server::configure(), mail).on_store(store).var("OUTBOX_LEASE_SECONDS", 5).start_worker()
}

/// The same without those that came before. Who dies after a mail was taken and before that is written down
/// leaves it to be sent again, and then it bears the same id.
fn each_once(mails: Vec<Mail>) -> Vec<Mail> {
    let mut known = HashSet::new();
    let mut mails = mails;
    mails.retain(|mail| known.insert(mail.header("message-id").to_owned()));
    mails
}

#[tokio::test]
async fn what_a_killed_worker_had_in_hand_goes_out_through_another_in_its_order() {
    let mut mail = MailServer::start().await;
    let server = without_worker(Store::on_postgres());
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    let mut stories = Vec::new();
    for customer in [&ann, &bob] {
        stories.extend(two_stories(customer, &admin, lamp).await);
    }

    mail.hang().await;
    let mut first = worker(server.store(), &mail);
    eventually("a mail is under way", async || !mail.hanging().is_empty()).await;
    mail.accept().await;
    let mut second = worker(server.store(), &mail);
    first.signal("KILL");
    first.wait_for_exit().await;

    eventually("the mails arrive", async || each_once(mail.mails()).len() == 10).await;
    let mails = each_once(mail.mails());
    for (order, story) in &stories {
        assert_eq!(&news(&mails)[order], story, "order {order}");
    }
    second.signal("TERM");
    assert_eq!(second.wait_for_exit().await.code(), Some(0));
}

#[tokio::test]
async fn many_workers_send_each_mail_once() {
    let mail = MailServer::start().await;
    let server = without_worker(Store::on_postgres());
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", 100).await;
    let mut workers: Vec<_> = (0..3).map(|_| worker(server.store(), &mail)).collect();
    let mut stories = Vec::new();
    for _ in 0..10 {
        stories.extend(two_stories(&ann, &admin, lamp).await);
    }
    arrive(&mail, 50).await;
    for worker in &mut workers {
        worker.signal("TERM");
        assert_eq!(worker.wait_for_exit().await.code(), Some(0));
    }
    let mails = mail.mails();
    assert_eq!(mails.len(), 50);
    for (order, story) in &stories {
        assert_eq!(&news(&mails)[order], story, "order {order}");
    }
}
