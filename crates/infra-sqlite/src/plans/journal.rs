//! Query plans of the journal and its subscriptions.

use diesel::connection::SimpleConnection as _;
use domain::{
    EventId, OrderId, Timestamp, UserId,
    events::{
        Subscription,
        port::{EventFilter, LeaseRequest, UndeliveredFilter, WorkerId},
    },
};

use super::{Database, assert_along, assert_no_scan, assert_no_sort};
use crate::{
    accounts,
    file::DatabaseFile,
    journal::{
        lags,
        lease::{Lease, Request, look},
        read, undelivered,
    },
    orders,
};

/// An event behind the position of the log, and one that waits behind a dead one of its order.
const EVENTS: &str = "
    INSERT INTO events (id, order_id, account_id, at, type, data) VALUES
        (1, 1, 1, 0, 'order.placed', '{}'), (2, 1, 1, 0, 'order.status_changed', '{}'),
        (3, 1, 1, 0, 'order.status_changed', '{}');
    INSERT INTO subscriptions (name, position, leased_until, leased_by) VALUES ('log', 2, 9, 'w');
    INSERT INTO parked_events VALUES
        ('log', 1, 1, 'dead', 0, 0, NULL, 0, NULL), ('log', 2, 1, 'waiting', 0, 0, NULL, 0, NULL);
";

fn with_events() -> Database {
    let mut database = Database::with_one_order_for(DatabaseFile::connect_writer);
    database.conn.batch_execute(EVENTS).unwrap();
    database.statements.lock().unwrap().clear();
    database
}

#[test]
fn what_a_worker_has_to_do_is_found_along_indexes() {
    let mut database = with_events();
    let now = Timestamp::UNIX_EPOCH;
    let request = LeaseRequest {
        subscription: &Subscription::LOG,
        worker: &WorkerId::new("w"),
        now,
        until: now,
        limit: 100,
        known_types: &["order.placed"],
    };
    let found = look(&mut database.conn, &Request::of(&request)).unwrap();
    assert!(matches!(found, Lease::Held(_)));
    let plans = database.plans("");
    for index in ["parked_events_due", "parked_events_unknown_type", "parked_events_order"] {
        assert!(plans.iter().any(|step| step.contains(index)), "not along {index}: {plans:#?}");
    }
    let earlier = plans.iter().filter(|step| step.contains(" earlier "));
    assert!(earlier.clone().count() > 0, "{plans:#?}");
    assert!(earlier.clone().all(|step| step.contains("parked_events_order")), "{plans:#?}");
    assert_no_scan(&plans);
}

#[test]
fn undelivered_events_are_listed_along_an_index() {
    for after in [None, Some((EventId::new(1), Subscription::LOG))] {
        for filter in [UndeliveredFilter::Dead, UndeliveredFilter::All] {
            let mut database = with_events();
            undelivered::undelivered(&mut database.conn, filter, after.as_ref(), 100).unwrap();
            let plans = database.plans("parked_events");
            assert_along(&plans, "parked_events_event");
            assert!(after.is_none() || !plans[0].starts_with("SCAN"), "{plans:#?}");
        }
    }
}

#[test]
fn the_feed_is_read_along_indexes() {
    let (start, end) = (EventId::new(0), EventId::new(100));
    let types = vec!["order.*".to_owned(), "product.created".to_owned()];
    for order in [None, Some(OrderId::new(1))] {
        let mut database = with_events();
        let filter = EventFilter { types: types.clone(), order };
        read::page(&mut database.conn, &filter, start, end, 100).unwrap();
        let plans = database.plans("events");
        assert_along(&plans, if order.is_some() { "events_order" } else { "PRIMARY KEY" });
        assert_no_scan(&plans);
    }
}

#[test]
fn the_events_behind_a_position_are_not_counted_one_by_one() {
    let mut database = with_events();
    lags::lags(&mut database.conn).unwrap();
    // Only the subscriptions themselves are scanned, which are few.
    assert_no_scan(&database.plans("events"));
    let mut database = with_events();
    lags::lags(&mut database.conn).unwrap();
    assert_no_scan(&database.plans("parked_events"));
}

#[test]
fn the_history_of_an_order_is_read_along_an_index() {
    let mut database = with_events();
    // The events of this test have no statuses.
    assert!(orders::rows::events(&mut database.conn, OrderId::new(1)).is_err());
    let plans = database.plans("events");
    assert_along(&plans, "events_order");
    assert_no_scan(&plans);
}

#[test]
fn the_addresses_of_an_account_are_found_among_those_that_are_left() {
    let mut database = with_events();
    accounts::erase(&mut database.conn, UserId::new(1), Timestamp::UNIX_EPOCH).unwrap();
    let plans = database.plans("events");
    assert!(plans.iter().any(|step| step.contains("events_recipient")), "{plans:#?}");
    assert_no_sort(&plans);
}
