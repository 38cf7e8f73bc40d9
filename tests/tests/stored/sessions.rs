//! Sessions: valid and forged tokens, refreshing, and logging out.

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
async fn a_logout_revokes_both_tokens_at_once_and_no_other_session() {
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
async fn a_refresh_token_can_be_used_repeatedly_until_logout() {
    let server = Server::start();
    let anyone = server.anonymous();
    let ann = server.customer("ann").await;
    let mut newest = ann.clone();
    for _ in 0..3 {
        let refreshed = refresh(&anyone, ann.refresh_token()).await;
        crate::harness::assert_snapshot("v1_refresh", refreshed.assert_ok());
        newest = anyone.with_token(refreshed.json["access_token"].as_str().expect("a token"));
        assert_eq!(newest.get("/api/v1/users/me").await.assert_ok()["email"], ann.email());
    }
    ann.get("/api/v1/users/me").await.assert_ok();
    log_out(&newest).await.assert_ok();
    assert_refresh_refused(&refresh(&anyone, ann.refresh_token()).await);
}

#[tokio::test]
async fn with_rotation_each_refresh_returns_the_next_refresh_token() {
    let server = Server::configure().var("REFRESH_ROTATION", "on").start();
    let anyone = server.anonymous();
    let ann = server.customer("ann").await;
    let refreshed = refresh(&anyone, ann.refresh_token()).await;
    crate::harness::assert_snapshot("v1_refresh_rotated", refreshed.assert_ok());
    let text = |response: &Response, member: &str| {
        response.json[member].as_str().expect(member).to_owned()
    };
    let second = text(&refreshed, "refresh_token");
    assert_ne!(second, ann.refresh_token());
    // A second tab, or a client that lost the response, gets tokens that work as well.
    let again = refresh(&anyone, ann.refresh_token()).await;
    again.assert_ok();
    assert_eq!(text(&again, "refresh_token"), second);
    for response in [&refreshed, &again] {
        let client = anyone.with_token(&text(response, "access_token"));
        assert_eq!(client.get("/api/v1/users/me").await.assert_ok()["email"], ann.email());
    }
    let third = refresh(&anyone, &second).await;
    third.assert_ok();
    // The first token is invalid by now. The second is the one before the current token, and still
    // works within the grace period.
    assert_refresh_refused(&refresh(&anyone, ann.refresh_token()).await);
    refresh(&anyone, &second).await.assert_ok();
    log_out(&anyone.with_token(&text(&third, "access_token"))).await.assert_ok();
    assert_refresh_refused(&refresh(&anyone, &text(&third, "refresh_token")).await);
}

#[tokio::test]
async fn concurrent_refreshes_with_one_refresh_token_all_succeed() {
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
async fn an_invalid_refresh_token_is_refused() {
    let (server, ann) = server_with_customer().await;
    let very_long = "f".repeat(10_000);
    for token in [ann.access_token(), "nonsense", "", &"0".repeat(64), "é\n", &very_long] {
        assert_refresh_refused(&refresh(&server.anonymous(), token).await);
    }
    for body in [json!({}), json!({"refresh_token": null}), json!({"refresh_token": 7})] {
        let response = server.anonymous().post("/api/v1/users/refresh", body).await;
        response.assert_invalid_fields(&["/refresh_token"]);
    }
}

#[tokio::test]
async fn forged_expired_and_altered_tokens_are_refused() {
    let server = Server::configure().var("SECRET_KEY", SECRET).start();
    let anyone = server.anonymous();
    let ann = server.customer("ann").await;
    let token = ann.access_token();
    let valid_claims = claims(token);
    let with = |member: &str, value: Value| {
        let mut claims = valid_claims.clone();
        claims[member] = value;
        claims
    };
    let without = |member: &str| {
        let mut claims = valid_claims.clone();
        claims.as_object_mut().unwrap().remove(member);
        claims
    };
    // A token that the test signs is valid, so each of the following is refused for the reason that
    // it tests.
    let resigned = sign(Algorithm::HS256, &valid_claims, SECRET);
    anyone.with_token(&resigned).get("/api/v1/users/me").await.assert_ok();

    let (head, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(flipped);
    let other = URL_SAFE_NO_PAD.encode(with("sub", json!("1")).to_string());
    for forged in [
        unsigned(&json!({"alg": "none", "typ": "JWT"}), &valid_claims),
        unsigned(&json!({"alg": "None"}), &valid_claims),
        format!("{}{signature}", unsigned(&json!({"alg": "none"}), &valid_claims)),
        format!("{}{signature}", unsigned(&json!({"typ": "JWT"}), &valid_claims)),
        sign(Algorithm::HS512, &valid_claims, SECRET),
        sign(Algorithm::HS384, &valid_claims, SECRET),
        sign(
            Algorithm::HS256,
            &valid_claims,
            "another secret of more than sixty-four bytes, for a forger",
        ),
        sign(Algorithm::HS256, &valid_claims, ""),
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
        let client = anyone.with_token(&forged);
        let response = client.get("/api/v1/users/me").await;
        response.assert_invalid_token();
        let response = client.get("/orders").await;
        response.assert_problem(401, "invalid_token", "Invalid or expired token");
    }
    ann.get("/api/v1/users/me").await.assert_ok();
}

#[tokio::test]
async fn a_token_has_only_the_necessary_claims_and_the_configured_lifetime() {
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
