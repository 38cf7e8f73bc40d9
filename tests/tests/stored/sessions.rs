//! Sessions: tokens that are ours and those that are not, and how a session ends.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, Response, Server, server_with_customer};

const SECRET: &str =
    "a secret of more than sixty-four bytes, so that it is long enough for HS512 too";

async fn refresh(client: &Client, token: &str) -> Response {
    client.post("/api/v1/users/refresh", json!({"refresh_token": token})).await
}

async fn log_out(client: &Client) -> Response {
    client.request(Method::POST, "/api/v1/users/logout").await
}

#[track_caller]
fn assert_refresh_refused(response: &Response) {
    response.assert_problem(401, "invalid_refresh_token", "Invalid or expired refresh token");
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

fn sign(algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).expect("a token")
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.", encode(header), encode(claims))
}

#[tokio::test]
async fn a_logout_ends_both_tokens_at_once_and_no_other_session() {
    let (server, ann) = server_with_customer().await;
    let elsewhere = server.anonymous().log_in(ann.email()).await;
    let response = log_out(&ann).await;
    assert_eq!(response.assert_ok(), &json!({"message": "Logged out successfully"}));
    ann.get("/api/v1/users/me").await.assert_invalid_token();
    ann.get("/orders").await.assert_problem(401, "invalid_token", "Invalid or expired token");
    log_out(&ann).await.assert_invalid_token();
    assert_refresh_refused(&refresh(&server.anonymous(), ann.refresh_token()).await);
    elsewhere.get("/api/v1/users/me").await.assert_ok();
    refresh(&server.anonymous(), elsewhere.refresh_token()).await.assert_ok();
    log_out(&server.anonymous()).await.assert_not_authenticated();
}

#[tokio::test]
async fn the_same_refresh_token_renews_the_session_again_and_again_until_logout() {
    let server = Server::start();
    let anyone = server.anonymous();
    let ann = server.customer("ann").await;
    let mut newest = ann.clone();
    for _ in 0..3 {
        let renewed = refresh(&anyone, ann.refresh_token()).await;
        crate::harness::assert_snapshot("v1_refresh", renewed.assert_ok());
        newest = anyone.with_token(renewed.json["access_token"].as_str().expect("a token"));
        assert_eq!(newest.get("/api/v1/users/me").await.assert_ok()["email"], ann.email());
    }
    ann.get("/api/v1/users/me").await.assert_ok();
    log_out(&newest).await.assert_ok();
    assert_refresh_refused(&refresh(&anyone, ann.refresh_token()).await);
}

#[tokio::test]
async fn a_shop_that_rotates_hands_out_the_next_refresh_token() {
    let server = Server::configure().var("REFRESH_ROTATION", "on").start();
    let anyone = server.anonymous();
    let ann = server.customer("ann").await;
    let renewed = refresh(&anyone, ann.refresh_token()).await;
    crate::harness::assert_snapshot("v1_refresh_rotated", renewed.assert_ok());
    let text = |response: &Response, member: &str| {
        response.json[member].as_str().expect(member).to_owned()
    };
    let second = text(&renewed, "refresh_token");
    assert_ne!(second, ann.refresh_token());
    // A second tab, or a client that lost the answer: it gets a pair that works as well.
    let again = refresh(&anyone, ann.refresh_token()).await;
    again.assert_ok();
    assert_eq!(text(&again, "refresh_token"), second);
    for response in [&renewed, &again] {
        let signed_in = anyone.with_token(&text(response, "access_token"));
        assert_eq!(signed_in.get("/api/v1/users/me").await.assert_ok()["email"], ann.email());
    }
    let third = refresh(&anyone, &second).await;
    third.assert_ok();
    // Nothing is left of the first, and the second is the one before the current one.
    assert_refresh_refused(&refresh(&anyone, ann.refresh_token()).await);
    refresh(&anyone, &second).await.assert_ok();
    log_out(&anyone.with_token(&text(&third, "access_token"))).await.assert_ok();
    assert_refresh_refused(&refresh(&anyone, &text(&third, "refresh_token")).await);
}

#[tokio::test]
async fn many_refreshes_at_once_with_one_refresh_token_all_succeed() {
    for rotation in ["off", "on"] {
        let server = Server::configure().var("REFRESH_ROTATION", rotation).start();
        let anyone = server.anonymous();
        let ann = server.customer("ann").await;
        let racing = (0..20).map(|_| refresh(&anyone, ann.refresh_token()));
        for response in futures::future::join_all(racing).await {
            response.assert_ok();
        }
    }
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let (server, ann) = server_with_customer().await;
    let endless = "f".repeat(10_000);
    for token in [ann.access_token(), "nonsense", "", &"0".repeat(64), "é\n", &endless] {
        assert_refresh_refused(&refresh(&server.anonymous(), token).await);
    }
    for body in [json!({}), json!({"refresh_token": null}), json!({"refresh_token": 7})] {
        let response = server.anonymous().post("/api/v1/users/refresh", body).await;
        response.assert_invalid_fields(&["/refresh_token"]);
    }
}

#[tokio::test]
async fn only_a_token_of_ours_opens_anything() {
    let server = Server::configure().var("SECRET_KEY", SECRET).start();
    let anyone = server.anonymous();
    let ann = server.customer("ann").await;
    let token = ann.access_token();
    let ours = claims(token);
    let with = |member: &str, value: Value| {
        let mut claims = ours.clone();
        claims[member] = value;
        claims
    };
    let without = |member: &str| {
        let mut claims = ours.clone();
        claims.as_object_mut().unwrap().remove(member);
        claims
    };
    // The tests' own signature works, so that what follows is refused for its own reason.
    let resigned = sign(Algorithm::HS256, &ours, SECRET);
    anyone.with_token(&resigned).get("/api/v1/users/me").await.assert_ok();

    let (head, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(flipped);
    let other = URL_SAFE_NO_PAD.encode(with("sub", json!("1")).to_string());
    for forged in [
        unsigned(&json!({"alg": "none", "typ": "JWT"}), &ours),
        unsigned(&json!({"alg": "None"}), &ours),
        format!("{}{signature}", unsigned(&json!({"alg": "none"}), &ours)),
        format!("{}{signature}", unsigned(&json!({"typ": "JWT"}), &ours)),
        sign(Algorithm::HS512, &ours, SECRET),
        sign(Algorithm::HS384, &ours, SECRET),
        sign(
            Algorithm::HS256,
            &ours,
            "another secret of more than sixty-four bytes, for a stranger",
        ),
        sign(Algorithm::HS256, &ours, ""),
        format!("{header}.{payload}.{flipped}"),
        format!("{header}.{other}.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{token}.{signature}"),
        sign(Algorithm::HS256, &with("exp", json!(1_000_000_000)), SECRET),
        sign(Algorithm::HS256, &with("exp", json!("never")), SECRET),
        sign(Algorithm::HS256, &without("exp"), SECRET),
        sign(Algorithm::HS256, &without("sub"), SECRET),
        sign(Algorithm::HS256, &without("sid"), SECRET),
        sign(Algorithm::HS256, &without("typ"), SECRET),
        sign(Algorithm::HS256, &with("typ", json!("refresh")), SECRET),
        sign(Algorithm::HS256, &with("sub", json!("1")), SECRET),
        sign(Algorithm::HS256, &with("sub", json!("99999999999999999999")), SECRET),
        sign(Algorithm::HS256, &with("sid", json!("0".repeat(32))), SECRET),
        ann.refresh_token().to_owned(),
    ] {
        let stranger = anyone.with_token(&forged);
        let response = stranger.get("/api/v1/users/me").await;
        response.assert_invalid_token();
        let response = stranger.get("/orders").await;
        response.assert_problem(401, "invalid_token", "Invalid or expired token");
    }
    ann.get("/api/v1/users/me").await.assert_ok();
}

#[tokio::test]
async fn a_token_says_no_more_than_it_must_and_lasts_as_long_as_configured() {
    let server = Server::configure()
        .var("ACCESS_TOKEN_EXPIRE_MINUTES", 7)
        .var("JWT_SECRET", SECRET)
        .var("JWT_ALGORITHM", "HS512")
        .start();
    let ann = server.customer("ann").await;
    let claims = claims(ann.access_token());
    let members: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["exp", "iat", "sid", "sub", "typ"], "no name, no address, no role");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 420);
    assert_eq!(claims["sub"], ann.id().to_string());
    let resigned = sign(Algorithm::HS512, &claims, SECRET);
    ann.with_token(&resigned).get("/api/v1/users/me").await.assert_ok();
    let downgraded = sign(Algorithm::HS256, &claims, SECRET);
    ann.with_token(&downgraded).get("/api/v1/users/me").await.assert_status(401);
}
