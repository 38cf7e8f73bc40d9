//! Rate limits of logins and registrations, each counted over both surfaces.

use serde_json::json;

use crate::harness::{Client, PASSWORD, PendingRequest, Response, Server, ServerBuilder};

/// Settings with the default rate limits.
fn default_limits() -> ServerBuilder {
    Server::configure().without("RATE_LIMIT_LOGIN").without("RATE_LIMIT_REGISTER")
}

fn log_in(client: &Client, classic: bool) -> PendingRequest {
    let path = if classic { "/auth/login" } else { "/api/v1/users/login" };
    client.post(path, json!({"email": "ann@example.com", "password": "wrong"}))
}

fn register(client: &Client, classic: bool, number: u32) -> PendingRequest {
    let path = if classic { "/auth/register" } else { "/api/v1/users/register" };
    let email = format!("user{number}@example.com");
    client.post(path, json!({"name": "X", "email": email, "password": PASSWORD}))
}

#[track_caller]
fn assert_rate_limited(response: &Response) {
    response.assert_problem_code(429, "rate_limited");
}

#[tokio::test]
async fn five_logins_a_minute_are_allowed_over_both_surfaces_together() {
    let server = default_limits().start();
    let anyone = server.anonymous();
    for classic in [false, true, false, true, false] {
        log_in(&anyone, classic).await.assert_status(401);
    }
    for classic in [false, true] {
        let response = log_in(&anyone, classic).await;
        assert_rate_limited(&response);
        let wait = response.header("retry-after").and_then(|value| value.parse::<u32>().ok());
        assert!(wait.is_some_and(|seconds| seconds <= 12), "a fifth of a minute: {response}");
    }
    // Other requests are not limited.
    register(&anyone, false, 1).await.assert_status(201);
    anyone.get("/api/v1/products").await.assert_ok();
}

#[tokio::test]
async fn three_registrations_a_minute_are_allowed_over_both_surfaces_together() {
    let server = default_limits().start();
    let anyone = server.anonymous();
    for (number, classic) in [(1, false), (2, true), (3, false)] {
        register(&anyone, classic, number).await.assert_status(201);
    }
    for classic in [false, true] {
        assert_rate_limited(&register(&anyone, classic, 4).await);
    }
    log_in(&anyone, false).await.assert_status(401);
}

#[tokio::test]
async fn concurrent_logins_do_not_exceed_the_limit() {
    let server = default_limits().var("RATE_LIMIT_LOGIN", "10/hour").start();
    let anyone = server.anonymous();
    let racing = (0..40).map(|number| log_in(&anyone, number % 2 == 0).into_future());
    let responses = futures::future::join_all(racing).await;
    assert_eq!(responses.iter().filter(|response| response.status == 401).count(), 10);
    assert_eq!(responses.iter().filter(|response| response.status == 429).count(), 30);
}

#[tokio::test]
async fn each_client_address_behind_a_trusted_proxy_has_its_own_limit() {
    let server = default_limits()
        .var("RATE_LIMIT_LOGIN", "2/hour")
        .var("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")
        .start();
    let anyone = server.anonymous();
    let from = |forwarded: &str| log_in(&anyone, false).header("X-Forwarded-For", forwarded);
    for _ in 0..2 {
        from("192.0.2.1").await.assert_status(401);
        from("192.0.2.2").await.assert_status(401);
        // Addresses that the client claims precede those that trusted proxies have added.
        from("198.51.100.99, 192.0.2.3, 10.1.2.3").await.assert_status(401);
    }
    assert_rate_limited(&from("192.0.2.1").await);
    assert_rate_limited(&from("192.0.2.2").await);
    assert_rate_limited(&from("203.0.113.7, 192.0.2.3").await);
    from("192.0.2.4").await.assert_status(401);
}

#[tokio::test]
async fn forwarded_addresses_of_untrusted_callers_are_ignored() {
    let server = default_limits().var("RATE_LIMIT_LOGIN", "2/hour").start();
    let anyone = server.anonymous();
    let from = |forwarded: &str| {
        log_in(&anyone, false)
            .header("X-Forwarded-For", forwarded)
            .header("Forwarded", &format!("for={forwarded}"))
            .header("X-Real-IP", forwarded)
    };
    from("192.0.2.1").await.assert_status(401);
    from("192.0.2.2").await.assert_status(401);
    assert_rate_limited(&from("192.0.2.3").await);
}

#[tokio::test]
async fn a_rate_limit_can_be_switched_off() {
    let server = default_limits().var("RATE_LIMIT_LOGIN", "off").start();
    let anyone = server.anonymous();
    for number in 0..30 {
        log_in(&anyone, number % 2 == 0).await.assert_status(401);
    }
    for number in 1..=3 {
        register(&anyone, false, number).await.assert_status(201);
    }
    assert_rate_limited(&register(&anyone, false, 4).await);
}
