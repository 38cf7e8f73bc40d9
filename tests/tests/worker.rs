//! Mails to the owner of an order, which the server itself or separate workers send.

mod killed;
mod newer_release;
mod several;

use std::collections::BTreeMap;

use crate::harness::{
    Client, Mail, MailServer, Program, Server, ServerBuilder, Store, eventually, nothing_waits,
};

const FROM: &str = "shop@example.com";

/// Settings with which mails are sent at once and retried soon, also to addresses that are not
/// confirmed.
fn with_fast_mail(builder: ServerBuilder, mail: &MailServer) -> ServerBuilder {
    builder
        .var("SMTP_URL", mail.url())
        .var("MAIL_FROM", FROM)
        .var("OUTBOX_POLL_MS", 20)
        .var("OUTBOX_RETRY_MS", 20)
        .var("REQUIRE_VERIFIED_EMAIL", "off")
}

/// The events that the mails of each order report, in the order of arrival.
fn events_by_order(mails: &[Mail]) -> BTreeMap<i64, Vec<String>> {
    let mut events_by_order = BTreeMap::<i64, Vec<String>>::new();
    for mail in mails {
        let subject = mail.header("subject");
        let words: Vec<_> = subject.split(' ').collect();
        let ["Your", "order", number, "was", event] = words.as_slice() else {
            panic!("unexpected subject: {subject}")
        };
        events_by_order
            .entry(number.parse().expect("a number"))
            .or_default()
            .push((*event).to_owned());
    }
    events_by_order
}

/// Places two orders, delivers one and cancels the other. Returns their ids and the events that
/// their mails report.
async fn deliver_and_cancel(
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

async fn wait_for_mails(mail: &MailServer, count: usize) {
    eventually("the mails arrive", async || mail.mails().len() >= count).await;
}

#[tokio::test]
async fn owners_get_mails_when_orders_are_placed_shipped_delivered_or_cancelled() {
    let mail = MailServer::start().await;
    let server = with_fast_mail(Server::configure(), &mail).start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    let expected_events = deliver_and_cancel(&ann, &admin, lamp).await;
    wait_for_mails(&mail, 5).await;
    let mails = mail.mails();
    for (order, events) in &expected_events {
        assert_eq!(&events_by_order(&mails)[order], events);
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
    assert_eq!(ids.len(), 5, "each mail has its own id: {ids:?}");
}

#[tokio::test]
async fn owners_of_deleted_orders_get_mails_about_all_that_happened_to_them() {
    let mut mail = MailServer::start().await;
    mail.refuse(451).await;
    let server = with_fast_mail(Server::configure(), &mail).start();
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    let admin = server.admin().await;
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    let open = ann.place_order(lamp, 2).await;
    let shipped = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    admin.transition(shipped, &["shipped"]).await;
    let of_erased_account = bob.place_free_form_order("Bob", "another cake", 1).await;
    for order in [open, shipped, of_erased_account] {
        admin.delete(&format!("/orders/{order}")).await.assert_status(204);
    }
    admin.delete(&format!("/api/v1/users/{}", bob.id())).await.assert_ok();

    // No mail about any of the orders has gone out until now.
    mail.accept().await;
    let store = server.store();
    eventually("nothing waits", async || nothing_waits(store)).await;
    let mails = mail.mails();
    let expected = [(open, ["placed", "cancelled"]), (shipped, ["placed", "shipped"])];
    let expected = expected.map(|(order, events)| (order, events.map(str::to_owned).to_vec()));
    assert_eq!(events_by_order(&mails), BTreeMap::from(expected));
    let with_lines = mails.iter().filter(|mail| mail.text.contains("2 x Lamp, 19.90 EUR each"));
    assert_eq!(with_lines.count(), 2, "both mails about the order list its lines");
}

/// The lines that `oms outbox list` prints, one for each event.
fn listed(store: &Store, more: &[&str]) -> Vec<String> {
    let output = Program::new(store, &[&["outbox", "list"], more].concat()).run();
    output.assert_success().stdout.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_refused_mail_is_retried_then_becomes_a_dead_letter_and_is_sent_when_requeued() {
    let mut mail = MailServer::start().await;
    mail.refuse_to("ann@example.com", 451).await;
    let server =
        with_fast_mail(Server::configure(), &mail).var("OUTBOX_GIVE_UP_AFTER", "1s").start();
    let (store, ann) = (server.store(), server.customer("ann").await);
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    eventually("there is a dead letter", async || !listed(store, &[]).is_empty()).await;
    assert!(mail.refusals() >= 2, "it was retried for a second");
    let dead = listed(store, &[]);
    let [line] = dead.as_slice() else { panic!("not one dead letter: {dead:?}") };
    for part in ["order.placed", &format!("order {order}"), "mail", "451"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("ann@example.com"), "{line}");

    // Later events of the same order wait behind the dead letter.
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    mail.accept_to("ann@example.com").await;
    eventually("it waits", async || listed(store, &["--all"]).len() == 2).await;
    let other = ann.place_free_form_order("Ada", "another cake", 1).await;
    wait_for_mails(&mail, 1).await;
    assert_eq!(
        events_by_order(&mail.mails()),
        BTreeMap::from([(other, vec!["placed".to_owned()])])
    );

    Program::new(store, &["outbox", "requeue", "--all"]).run().assert_success();
    wait_for_mails(&mail, 3).await;
    assert_eq!(events_by_order(&mail.mails())[&order], ["placed", "cancelled"]);
    eventually("nothing waits", async || nothing_waits(store)).await;
}

#[tokio::test]
async fn discarding_a_dead_letter_releases_later_events_of_its_order() {
    let mut mail = MailServer::start().await;
    mail.refuse_to("ann@example.com", 451).await;
    let server =
        with_fast_mail(Server::configure(), &mail).var("OUTBOX_GIVE_UP_AFTER", "1s").start();
    let (store, ann) = (server.store(), server.customer("ann").await);
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    eventually("there is a dead letter", async || !listed(store, &[]).is_empty()).await;
    mail.accept_to("ann@example.com").await;
    ann.put_empty(&format!("/api/v1/orders/{order}/cancel")).await.assert_ok();
    let dead = listed(store, &[]);
    let id = dead[0].split_whitespace().next().expect("an id");
    Program::new(store, &["outbox", "discard", id]).run().assert_success();
    wait_for_mails(&mail, 1).await;
    assert_eq!(
        events_by_order(&mail.mails()),
        BTreeMap::from([(order, vec!["cancelled".to_owned()])])
    );
    assert_eq!(listed(store, &[]), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_rejects_mail_delays_no_other_mail() {
    let mut mail = MailServer::start().await;
    mail.refuse_to("bob@example.com", 550).await;
    let server = with_fast_mail(Server::configure(), &mail).start();
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    let refused = bob.place_free_form_order("Bob", "a birthday cake", 1).await;
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    wait_for_mails(&mail, 1).await;
    assert_eq!(
        events_by_order(&mail.mails()),
        BTreeMap::from([(order, vec!["placed".to_owned()])])
    );
    let store = server.store();
    eventually("nothing waits", async || nothing_waits(store)).await;
    assert_eq!(mail.refusals(), 1, "it is not retried");
    let noted = listed(store, &["--all"]);
    let [line] = noted.as_slice() else { panic!("not one refusal: {noted:?}") };
    for part in ["refused", &format!("order {refused}"), "550"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert_eq!(listed(store, &[]), Vec::<String>::new(), "it is no dead letter");
}

#[tokio::test]
async fn an_order_that_is_cancelled_with_its_account_makes_no_mail_and_no_dead_letter() {
    let mail = MailServer::start().await;
    let server = with_fast_mail(Server::configure(), &mail).start();
    let (ann, bob, admin) =
        (server.customer("ann").await, server.customer("bob").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "19.90", 5).await;
    ann.place_order(lamp, 1).await;
    wait_for_mails(&mail, 1).await;
    admin.delete(&format!("/api/v1/users/{}", ann.id())).await.assert_ok();
    bob.place_order(lamp, 1).await;
    let store = server.store();
    eventually("nothing waits", async || nothing_waits(store)).await;
    let recipients: Vec<_> = mail.mails().into_iter().flat_map(|mail| mail.envelope_to).collect();
    assert_eq!(recipients, ["ann@example.com", "bob@example.com"]);
}
