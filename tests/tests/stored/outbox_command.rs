//! `oms outbox requeue` and `discard` on events that they cannot change.

use crate::harness::{Program, ProgramOutput, Server, Store};

fn outbox(store: &Store, arguments: &[&str]) -> ProgramOutput {
    Program::new(store, &[&["outbox"], arguments].concat()).run()
}

/// The ids of the events that `oms outbox list` prints.
fn listed(store: &Store, arguments: &[&str]) -> Vec<String> {
    let output = outbox(store, &[&["list"], arguments].concat());
    let lines = output.assert_success().stdout.lines();
    lines.map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

/// A server that delivers nothing, with four events, the first two of which are dead letters.
/// Returns the ids of all.
async fn server_with_dead_letters() -> (Server, Vec<String>) {
    let server = Server::configure()
        .var("OUTBOX_WORKER", "off")
        .without("ADMIN_EMAIL")
        .without("ADMIN_PASSWORD")
        .start();
    let ann = server.customer("ann").await;
    for item in ["a cake", "a candle", "a card"] {
        ann.place_free_form_order("Ada", item, 1).await;
    }
    let store = server.store();
    let park = "INSERT INTO parked_events
            (subscription, event_id, order_id, state, attempts, unanswered, next_attempt_at)
        SELECT 'log', id, order_id, 'retrying', 1, 0, at FROM events";
    store.tamper(park).await;
    store.tamper("UPDATE subscriptions SET position = 4 WHERE name = 'log'").await;
    let ids = listed(store, &["--all"]);
    assert_eq!(ids.len(), 4, "{ids:?}");
    for id in &ids[..2] {
        let give_up = format!("UPDATE parked_events SET state = 'dead' WHERE event_id = {id}");
        store.tamper(&give_up).await;
    }
    (server, ids)
}

#[tokio::test]
async fn an_unknown_event_is_neither_requeued_nor_discarded_and_the_command_fails() {
    let (server, _ids) = server_with_dead_letters().await;
    for command in ["requeue", "discard"] {
        for id in ["999", "0", "9223372036854775807"] {
            let output = outbox(server.store(), &[command, id]);
            assert_eq!(output.assert_failure(1), format!("oms: no such event: {id}"));
            assert_eq!(output.stdout, "", "{output}");
        }
    }
    assert_eq!(listed(server.store(), &[]).len(), 2);
}

#[tokio::test]
async fn the_events_that_cannot_be_changed_are_named_and_the_others_are_changed() {
    let (server, ids) = server_with_dead_letters().await;
    let (store, [first, second, third, _]) = (server.store(), &ids[..]) else { panic!("four ids") };
    let output = outbox(store, &["requeue", "999", first, first, third, "998"]);
    let expected = format!("oms: no such event: 998, 999; not given up, so not requeued: {third}");
    assert_eq!(output.assert_failure(1), expected);
    assert_eq!(output.stdout, "requeued 1\n");
    assert_eq!(listed(store, &[]), [second.as_str()]);

    let output = outbox(store, &["discard", second, "999"]);
    assert_eq!(output.assert_failure(1), "oms: no such event: 999");
    assert_eq!(output.stdout, "discarded 1\n");
    // A discarded event counts as delivered, and is listed no more.
    let again = outbox(store, &["discard", second]);
    assert_eq!(again.assert_failure(1), format!("oms: no such event: {second}"));
    assert_eq!(outbox(store, &["requeue", "--all"]).assert_success().stdout, "requeued 0\n");
}
