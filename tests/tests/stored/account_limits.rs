//! Rate limits per account: wrong passwords over all client addresses, and orders. Both surfaces
//! share them.

use serde_json::json;

use crate::harness::{Client, PASSWORD, PendingRequest, Response, Server, ServerBuilder};

/// A server behind a proxy, which limits wrong passwords per account and not logins per client.
fn limited(account_login: &str) -> ServerBuilder {
    Server::configure()
        .var("RATE_LIMIT_ACCOUNT_LOGIN", account_login)
        .var("TRUSTED_PROXIES", "127.0.0.1")
}

/// A login from this address: on the classic surface or on v1.
fn log_in(
    client: &Client,
    classic: bool,
    from: &str,
    (email, password): (&str, &str),
) -> PendingRequest {
    let path = if classic { "/auth/login" } else { "/api/v1/users/login" };
    client.post(path, json!({"email": email, "password": password})).header("X-Forwarded-For", from)
}

#[track_caller]
fn assert_rate_limited(response: &Response) {
    response.assert_problem_code(429, "rate_limited");
    let wait = response.header("retry-after").and_then(|value| value.parse::<u32>().ok());
    assert!(wait.is_some_and(|seconds| (1..=3_600).contains(&seconds)), "{response}");
}

#[tokio::test]
async fn of_120_wrong_passwords_from_120_addresses_ten_are_checked_and_the_owner_comes_in() {
    let server = limited("10/hour").start();
    let (ann, anyone) = (server.customer("ann").await, server.anonymous());
    let right = (ann.email(), PASSWORD);
    log_in(&anyone, false, "192.0.2.1", right).await.assert_ok();
    log_in(&anyone, true, "2001:db8:0:1::1", right).await.assert_ok();

    let attempts = (1..=120).map(|number| {
        let from = format!("198.51.100.{number}");
        log_in(&anyone, number % 2 == 0, &from, (ann.email(), "wrong")).into_future()
    });
    let responses = futures::future::join_all(attempts).await;
    let (checked, refused): (Vec<_>, Vec<_>) =
        responses.iter().partition(|response| response.status == 401);
    assert_eq!((checked.len(), refused.len()), (10, 110));
    refused.into_iter().for_each(assert_rate_limited);

    // From networks from which she has logged in, she still does, and may mistype.
    for classic in [false, true] {
        for known in ["192.0.2.1", "2001:db8:0:1:2:3:4:5"] {
            log_in(&anyone, classic, known, (ann.email(), "wrong")).await.assert_status(401);
            log_in(&anyone, classic, known, right).await.assert_ok();
        }
        // From elsewhere not even the right password helps, or an attacker could find it.
        assert_rate_limited(&log_in(&anyone, classic, "192.0.2.2", right).await);
        assert_rate_limited(&log_in(&anyone, classic, "2001:db8:0:2::1", right).await);
    }
    // Other accounts are not limited.
    let admin = (crate::harness::ADMIN_EMAIL, PASSWORD);
    log_in(&anyone, false, "198.51.100.1", admin).await.assert_ok();
}

#[tokio::test]
async fn an_address_without_an_account_is_limited_like_an_account() {
    let server = limited("3/hour").start();
    let (ann, anyone) = (server.customer("ann").await, server.anonymous());
    let spellings = |email: &str| [email.to_owned(), email.to_uppercase(), format!(" {email} ")];
    for email in [ann.email(), "unknown@example.com", "not an address"] {
        for (number, typed) in (1..).zip(spellings(email)) {
            let from = format!("198.51.100.{number}");
            let response = log_in(&anyone, number == 2, &from, (&typed, "wrong")).await;
            response.assert_invalid_credentials();
        }
        for (classic, typed) in [false, true, false].into_iter().zip(spellings(email)) {
            let response = log_in(&anyone, classic, "198.51.100.9", (&typed, "wrong")).await;
            assert_rate_limited(&response);
        }
    }
}

#[tokio::test]
async fn a_right_password_uses_up_no_attempt() {
    let server = limited("2/hour").start();
    let (ann, anyone) = (server.customer("ann").await, server.anonymous());
    for number in 1..=6 {
        let from = format!("198.51.100.{number}");
        log_in(&anyone, number % 2 == 0, &from, (ann.email(), PASSWORD)).await.assert_ok();
    }
    for number in 11..=12 {
        let from = format!("198.51.100.{number}");
        log_in(&anyone, false, &from, (ann.email(), "wrong")).await.assert_status(401);
    }
    assert_rate_limited(&log_in(&anyone, true, "198.51.100.13", (ann.email(), "wrong")).await);
}

#[tokio::test]
async fn the_limit_per_client_also_applies_to_known_networks() {
    let server = limited("10/hour").var("RATE_LIMIT_LOGIN", "3/hour").start();
    let (ann, anyone) = (server.customer("ann").await, server.anonymous());
    log_in(&anyone, false, "192.0.2.1", (ann.email(), PASSWORD)).await.assert_ok();
    for classic in [false, true] {
        let response = log_in(&anyone, classic, "192.0.2.1", (ann.email(), "wrong")).await;
        response.assert_invalid_credentials();
    }
    assert_rate_limited(&log_in(&anyone, false, "192.0.2.1", (ann.email(), PASSWORD)).await);
}

#[tokio::test]
async fn without_a_limit_per_account_no_wrong_password_is_refused_unchecked() {
    let server = limited("off").start();
    let (ann, anyone) = (server.customer("ann").await, server.anonymous());
    for number in 1..=30 {
        let from = format!("198.51.100.{number}");
        let response = log_in(&anyone, number % 2 == 0, &from, (ann.email(), "wrong")).await;
        response.assert_invalid_credentials();
    }
}

fn place(client: &Client, classic: bool, product: i64, key: &str) -> PendingRequest {
    let request = if classic {
        let order = json!({"customer_name": "Ann", "item_name": "A desk", "quantity": 1});
        client.post("/orders", order)
    } else {
        client.post("/api/v1/orders", json!({"product_id": product, "quantity": 1}))
    };
    request.header("Idempotency-Key", key)
}

#[tokio::test]
async fn orders_of_an_account_are_limited_over_both_surfaces_together() {
    let server = Server::configure().var("RATE_LIMIT_ORDERS", "4/hour").start();
    let (ann, bob, admin) =
        (server.customer("ann").await, server.customer("bob").await, server.admin().await);
    let lamp = admin.create_product("Lamp", "1.00", 3).await;
    let mut placed = Vec::new();
    for (number, classic) in (1..).zip([false, true, false, true]) {
        // A refused order uses up nothing.
        let too_many = json!({"product_id": lamp, "quantity": 100});
        ann.post("/api/v1/orders", too_many).await.assert_problem_code(409, "insufficient_stock");
        let response = place(&ann, classic, lamp, &format!("key {number}")).await;
        let id = response.assert_status(201)["id"].clone();
        // Nor does a repeated request.
        for _ in 0..2 {
            let again = place(&ann, classic, lamp, &format!("key {number}")).await;
            assert_eq!(again.assert_status(201)["id"], id);
        }
        placed.push((number, classic, id));
    }
    for classic in [false, true] {
        assert_rate_limited(&place(&ann, classic, lamp, "key 5").await);
        place(&bob, classic, lamp, &format!("classic: {classic}")).await.assert_status(201);
    }
    // A client that has lost the response still gets its order.
    for (number, classic, id) in placed {
        let again = place(&ann, classic, lamp, &format!("key {number}")).await;
        assert_eq!(again.assert_status(201)["id"], id);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let other = place(&ann, !classic, lamp, &format!("key {number}")).await;
        other.assert_problem_code(422, "idempotency_key_reused");
    }
    assert_eq!(admin.stock(lamp).await, 0);
}

#[tokio::test]
async fn racing_orders_of_an_account_do_not_exceed_its_limit() {
    let server = Server::configure().var("RATE_LIMIT_ORDERS", "7/hour").start();
    let ann = server.customer("ann").await;
    let orders = (0..30).map(|number| place(&ann, true, 0, &number.to_string()).into_future());
    let responses = futures::future::join_all(orders).await;
    let with = |status| responses.iter().filter(|response| response.status == status).count();
    assert_eq!((with(201), with(429)), (7, 23));
}
