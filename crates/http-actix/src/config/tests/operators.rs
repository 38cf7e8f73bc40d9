//! How operators reach the program, and how it starts and ends for them.

use std::time::Duration;

use super::*;

#[test]
fn operators_have_no_port_and_no_token_of_their_own_unless_they_are_given_them() {
    let operators = config(&[]).unwrap().operators;
    assert_eq!(operators, OperatorsConfig { own: None, token: None });
    let own = good("METRICS_PORT", "9090").operators.own.unwrap();
    assert_eq!((own.host.as_str(), own.port), ("127.0.0.1", 9090));
    let hosts = [("HOST", "0.0.0.0"), ("METRICS_PORT", "0")];
    assert_eq!(config(&hosts).unwrap().operators.own.unwrap().host, "0.0.0.0");
    let hosts = [("HOST", "0.0.0.0"), ("METRICS_PORT", "0"), ("METRICS_HOST", "[::1]")];
    assert_eq!(config(&hosts).unwrap().operators.own.unwrap().host, "::1");
    refusal("METRICS_PORT", "65536");
    refusal("METRICS_HOST", "http://x");
}

#[test]
fn the_operators_port_is_not_the_server_s() {
    assert!(refusal("METRICS_PORT", "8000").contains("another port than PORT"));
    let both = config(&[("PORT", "0"), ("METRICS_PORT", "0")]).unwrap();
    assert_eq!(both.operators.own.unwrap().port, 0, "the system chooses two that differ");
}

#[test]
fn a_token_of_the_operators_is_long_enough_and_fits_into_a_header() {
    let token = good("METRICS_TOKEN", "0123456789abcdef").operators.token;
    assert_eq!(token, Some(Secret::new("0123456789abcdef")));
    for bad in ["0123456789abcde", "0123456789 abcdef", "0123456789abcdéf", "0123456789abcdef\n"] {
        assert!(!refusal("METRICS_TOKEN", bad).contains("0123456789"), "no error quotes it");
    }
}

#[test]
fn a_start_migrates_and_an_end_is_not_delayed_unless_told_otherwise() {
    let config = config(&[]).unwrap();
    assert!(config.migrate_on_start);
    assert_eq!(config.listen.shutdown_delay, Duration::ZERO);
    assert!(!good("MIGRATE_ON_START", "off").migrate_on_start);
    let delay = good("SHUTDOWN_DELAY_SECONDS", "5").listen.shutdown_delay;
    assert_eq!(delay, Duration::from_secs(5));
    refusal("MIGRATE_ON_START", "maybe");
    refusal("SHUTDOWN_DELAY_SECONDS", "-1");
}
