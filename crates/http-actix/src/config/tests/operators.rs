//! The operators' listener and token, migrations at the start, and the shutdown delay.

use std::time::Duration;

use super::*;

#[test]
fn operators_have_neither_a_separate_port_nor_a_token_by_default() {
    let operators = config(&[]).unwrap().operators;
    assert_eq!(operators, OperatorsConfig { listener: None, token: None });
    let listener = good("METRICS_PORT", "9090").operators.listener.unwrap();
    assert_eq!((listener.host.as_str(), listener.port), ("127.0.0.1", 9090));
    let hosts = [("HOST", "0.0.0.0"), ("METRICS_PORT", "0")];
    assert_eq!(config(&hosts).unwrap().operators.listener.unwrap().host, "0.0.0.0");
    let hosts = [("HOST", "0.0.0.0"), ("METRICS_PORT", "0"), ("METRICS_HOST", "[::1]")];
    assert_eq!(config(&hosts).unwrap().operators.listener.unwrap().host, "::1");
    refusal("METRICS_PORT", "65536");
    refusal("METRICS_HOST", "http://x");
}

#[test]
fn the_operators_port_must_differ_from_the_main_port() {
    assert!(refusal("METRICS_PORT", "8000").contains("another port than PORT"));
    let both = config(&[("PORT", "0"), ("METRICS_PORT", "0")]).unwrap();
    assert_eq!(both.operators.listener.unwrap().port, 0, "the system chooses two that differ");
}

#[test]
fn the_operators_token_has_a_minimum_length_and_fits_into_a_header() {
    let token = good("METRICS_TOKEN", "0123456789abcdef").operators.token;
    assert_eq!(token, Some(Secret::new("0123456789abcdef")));
    for bad in ["0123456789abcde", "0123456789 abcdef", "0123456789abcdéf", "0123456789abcdef\n"] {
        assert!(!refusal("METRICS_TOKEN", bad).contains("0123456789"), "the error quotes it");
    }
}

#[test]
fn a_start_migrates_and_a_shutdown_is_not_delayed_by_default() {
    let config = config(&[]).unwrap();
    assert!(config.migrate_on_start);
    assert_eq!(config.listen.shutdown_delay, Duration::ZERO);
    assert!(!good("MIGRATE_ON_START", "off").migrate_on_start);
    let delay = good("SHUTDOWN_DELAY_SECONDS", "5").listen.shutdown_delay;
    assert_eq!(delay, Duration::from_secs(5));
    refusal("MIGRATE_ON_START", "maybe");
    refusal("SHUTDOWN_DELAY_SECONDS", "-1");
}
