//! The limits of clients' connections.

use std::time::Duration;

use super::{config, good, refusal};

#[test]
fn by_default_only_the_number_of_connections_from_one_address_is_unlimited() {
    let connections = config(&[]).unwrap().connections;
    assert_eq!(connections.head_timeout, Duration::from_secs(10));
    assert_eq!(connections.send_timeout, Duration::from_secs(20));
    assert_eq!((connections.max, connections.max_per_address), (None, None));
}

#[test]
fn timeouts_of_connections_are_whole_seconds_above_0() {
    let head = good("REQUEST_HEAD_TIMEOUT_SECONDS", "5").connections.head_timeout;
    let send = good("RESPONSE_SEND_TIMEOUT_SECONDS", "45").connections.send_timeout;
    assert_eq!((head, send), (Duration::from_secs(5), Duration::from_secs(45)));
    for name in ["REQUEST_HEAD_TIMEOUT_SECONDS", "RESPONSE_SEND_TIMEOUT_SECONDS"] {
        for value in ["0", "3601", "0.5", "off"] {
            refusal(name, value);
        }
    }
}

#[test]
fn numbers_of_connections_are_above_0() {
    assert_eq!(good("MAX_CONNECTIONS", "500").connections.max, Some(500));
    let per_address =
        |value| good("MAX_CONNECTIONS_PER_ADDRESS", value).connections.max_per_address;
    assert_eq!((per_address("100"), per_address("OFF")), (Some(100), None));
    for value in ["0", "-1", "many", "1000001"] {
        refusal("MAX_CONNECTIONS", value);
        refusal("MAX_CONNECTIONS_PER_ADDRESS", value);
    }
}
