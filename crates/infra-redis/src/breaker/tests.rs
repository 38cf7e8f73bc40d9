//! When it opens, and what it takes to close it.

use super::*;

fn closed() -> Breaker {
    let breaker = Breaker::new(Duration::ZERO);
    breaker.close(breaker.healing());
    breaker
}

#[test]
fn it_is_open_and_in_doubt_until_the_first_probe() {
    let breaker = Breaker::new(Duration::ZERO);
    assert!(!breaker.is_closed());
    assert!(breaker.is_in_doubt());
    breaker.close(breaker.healing());
    assert!(breaker.is_closed());
    assert!(!breaker.is_in_doubt());
}

#[test]
fn the_first_failure_is_news_and_leaves_no_doubt() {
    let breaker = closed();
    assert!(breaker.open(&"broken pipe", breaker.closings()));
    assert!(!breaker.open(&"broken pipe", breaker.closings()));
    assert!(!breaker.is_closed());
    assert!(!breaker.is_in_doubt());
}

#[test]
fn a_doubt_that_comes_up_during_a_probe_keeps_it_open() {
    let breaker = closed();
    breaker.open(&"broken pipe", breaker.closings());
    let probe = breaker.healing();
    breaker.doubt();
    assert!(!breaker.close(probe));
    assert!(!breaker.is_closed());
    assert!(breaker.is_in_doubt());

    assert!(breaker.close(breaker.healing()));
    assert!(breaker.is_closed());
}

#[test]
fn changes_are_told_while_it_is_about_to_close_until_something_goes_wrong() {
    let breaker = Breaker::new(Duration::ZERO);
    assert!(!breaker.lets_changes_through());
    breaker.half_open();
    assert!(breaker.lets_changes_through());
    assert!(!breaker.is_closed());
    breaker.doubt();
    assert!(!breaker.lets_changes_through());
    breaker.half_open();
    breaker.open(&"broken pipe", breaker.closings());
    assert!(!breaker.lets_changes_through());
}

#[test]
fn a_second_doubt_is_not_settled_with_the_first() {
    let breaker = closed();
    breaker.doubt();
    let probe = breaker.healing();
    breaker.doubt();
    breaker.close(probe);
    assert!(!breaker.is_closed());
    assert!(breaker.is_in_doubt());
}

#[test]
fn a_failure_from_before_the_last_outage_was_healed_is_none_of_this_time() {
    let breaker = closed();
    let begun = breaker.closings();
    breaker.open(&"broken pipe", begun);
    breaker.close(breaker.healing());
    assert!(!breaker.open(&"timed out, begun long ago", begun));
    assert!(breaker.is_closed());
    assert!(breaker.open(&"broken pipe again", breaker.closings()));
}

#[test]
fn after_an_outage_it_is_unsure_for_a_while() {
    let breaker = closed();
    assert!(!breaker.was_unsure_within(Duration::MAX), "a start is no outage");
    breaker.open(&"broken pipe", breaker.closings());
    breaker.close(breaker.healing());
    assert!(breaker.was_unsure_within(Duration::MAX));
    assert!(!breaker.was_unsure_within(Duration::ZERO));
}

#[test]
fn what_was_shut_stays_open() {
    let breaker = closed();
    breaker.shut();
    breaker.close(breaker.healing());
    assert!(!breaker.is_closed());
}

#[tokio::test]
async fn whoever_waits_for_it_to_open_is_woken_also_by_what_came_first() {
    let breaker = closed();
    breaker.doubt();
    breaker.until_open().await;
}
