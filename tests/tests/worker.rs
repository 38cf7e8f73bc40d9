//! What happens to an order is told to its owner by mail, by the server itself or by workers of their own.

mod several;

use std::collections::BTreeMap;

use crate::harness::{Client, Mail, MailServer, Program, Server, ServerBuilder, Store, eventually};

const FROM: &str = "shop@example.com";

/// Settings under which mails go out at once, and failures are tried again soon.
fn quick(builder: ServerBuilder, mail: &MailServer) -> ServerBuilder {
    builder
        .var("SMTP_URL", mail.url())
        .var("MAIL_FROM", FROM)
        .var("OUTBOX_POLL_MS", 20)
        .var("OUTBOX_RETRY_MS", 20)
}

/// The news that each order's mails bring, in the order in which they came.
fn news(mails: &[Mail]) -> BTreeMap<i64, Vec<String>> {
    let mut news = BTreeMap::<i64, Vec<String>>::new();
    for mail in mails {
        let subject = mail.header("subject");
        let words: Vec<_> = subject.split(' ').collect();
        let ["Your", "order", number, "was", what] = words.as_slice() else {
            panic!("another subject: {subject}")
        };
        news.entry(number.parse().expect("a number")).or_default().push((*what).to_owned());
    }
    news
}

/// Two orders, one that gets to its customer and one that is called off; and what their mails say.
async fn two_stories(
    customer: &Client,
    admin: &Client,
    product: i64,
) -> [(i64, Vec<&'static str>); 2] {
    let delivered = customer.place_order(product, 2).await;
    let cancelled = customer.place_free_form_order("Ada", "a birthday cake", 1).await;
    admin.transition(delivered, &["processing", "shipped", "delivered"]).await;
    admin.put_empty(&format!("/api/v1/orders/{cancelled}/cancel")).await.assert_ok();
    [(delivered, vec!["placed", "shipped", "delivered"]), (cancelled, vec!["placed", "cancelled"])]
}

async fn arrive(mail: &MailServer, count: usize) {
    eventually("the mails arrive", async || mail.mails().len() >= count).await;
}

#[tokio::test]
async fn an_order_s_owner_hears_that_it_was_placed_shipped_delivered_or_cancelled() {
    let mail = MailServer::start().await;
    let server = quick(Server::configure(), &mail).start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    let stories = two_stories(&ann, &admin, lamp).await;
    arrive(&mail, 5).await;
    let mails = mail.mails();
    for (order, story) in &stories {
        assert_eq!(&news(&mails)[order], story);
    }
    for mail in &mails {
        assert_eq!(mail.envelope_to, ["ann@example.com"]);
        assert_eq!(mail.envelope_from, FROM);
        assert!(mail.header("to").contains("ann@example.com"), "{mail:?}");
        assert!(mail.header("from").contains(FROM), "{mail:?}");
    }
    assert!(mails.iter().any(|mail| mail.text.contains("2 x Lamp, 19.90 EUR each, 39.80 EUR")));
    assert!(mails.iter().any(|mail| mail.text.contains("1 x a birthday cake")));
    let mut ids: Vec<_> = mails.iter().map(|mail| mail.header("message-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each mail has an id of its own: {ids:?}");
}

/// What `oms outbox list` prints: a line a letter.
fn listed(store: &Store, more: &[&str]) -> Vec<String> {
    let output = Program::new(store, &[&["outbox", "list"], more].concat()).run();
    output.assert_success().stdout.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_mail_that_is_refused_is_tried_again_then_given_up_and_sent_when_requeued() {
    let mut mail = MailServer::start().await;
    mail.refuse(451).await;
    let server = quick(Server::configure(), &mail).var("OUTBOX_MAX_ATTEMPTS", 3).start();
    let (store, ann) = (server.store(), server.customer("ann").await);
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    eventually("it is given up", async || !listed(store, &[]).is_empty()).await;
    eventually("all refusals are told", async || mail.refusals() >= 3).await;
    assert_eq!(mail.refusals(), 3, "one attempt after another, and no more");
    let dead = listed(store, &[]);
    let [line] = dead.as_slice() else { panic!("one letter: {dead:?}") };
    for part in ["order_placed", &order.to_string(), "3", "451"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("ann@example.com"), "{line}");

    // What comes later about the same order waits behind it.
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    mail.accept().await;
    assert_eq!(listed(store, &["--all"]).len(), 2);
    let other = ann.place_free_form_order("Ada", "another cake", 1).await;
    arrive(&mail, 1).await;
    assert_eq!(news(&mail.mails()), BTreeMap::from([(other, vec!["placed".to_owned()])]));

    Program::new(store, &["outbox", "requeue", "--all"]).run().assert_success();
    arrive(&mail, 3).await;
    assert_eq!(news(&mail.mails())[&order], ["placed", "cancelled"]);
    eventually("nothing waits", async || listed(store, &["--all"]).is_empty()).await;
}

#[tokio::test]
async fn a_dead_letter_can_be_discarded_and_lets_the_next_pass() {
    let mut mail = MailServer::start().await;
    mail.refuse(451).await;
    let server = quick(Server::configure(), &mail).var("OUTBOX_MAX_ATTEMPTS", 2).start();
    let (store, ann) = (server.store(), server.customer("ann").await);
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    eventually("it is given up", async || !listed(store, &[]).is_empty()).await;
    mail.accept().await;
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    let dead = listed(store, &[]);
    let id = dead[0].split_whitespace().next().expect("its number");
    Program::new(store, &["outbox", "discard", id]).run().assert_success();
    arrive(&mail, 1).await;
    assert_eq!(news(&mail.mails()), BTreeMap::from([(order, vec!["cancelled".to_owned()])]));
    assert_eq!(listed(store, &[]), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_takes_no_mail_holds_nobody_up() {
    let mut mail = MailServer::start().await;
    mail.refuse_to("bob@example.com", 550).await;
    let server = quick(Server::configure(), &mail).start();
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    bob.place_free_form_order("Bob", "a birthday cake", 1).await;
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    arrive(&mail, 1).await;
    assert_eq!(news(&mail.mails()), BTreeMap::from([(order, vec!["placed".to_owned()])]));
    let store = server.store();
    eventually("nothing waits", async || listed(store, &["--all"]).is_empty()).await;
    eventually("the refusal is told", async || mail.refusals() >= 1).await;
    assert_eq!(mail.refusals(), 1, "it is not tried again");
}
