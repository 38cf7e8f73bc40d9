//! Changing one's own password.

use serde_json::json;

use super::shop_with_mail;
use crate::harness::{
    CONFIRM_ADDRESS, PASSWORD, PASSWORD_CHANGED, mail_to, mails_to, server_with_customer, token_in,
};

const PATH: &str = "/api/v1/users/me/password";

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let (server, ann) = server_with_customer().await;
    let other = server.anonymous().log_in(ann.email()).await;
    let body = json!({"current_password": PASSWORD, "new_password": "staple-battery-horse"});
    server.anonymous().post(PATH, body.clone()).await.assert_not_authenticated();
    ann.post(PATH, body).await.assert_ok();
    ann.get("/api/v1/users/me").await.assert_ok();
    let refresh = json!({"refresh_token": ann.refresh_token()});
    ann.post("/api/v1/users/refresh", refresh).await.assert_ok();
    other.get("/api/v1/users/me").await.assert_invalid_token();
    let log_in = json!({"email": ann.email(), "password": PASSWORD});
    ann.post("/api/v1/users/login", log_in).await.assert_invalid_credentials();
    let log_in = json!({"email": ann.email(), "password": "staple-battery-horse"});
    ann.post("/auth/login", log_in).await.assert_ok();
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing() {
    let (server, ann) = server_with_customer().await;
    let other = server.anonymous().log_in(ann.email()).await;
    let wrong = json!({"current_password": "wrong-horse", "new_password": "staple-battery-horse"});
    ann.post(PATH, wrong).await.assert_invalid_fields(&["/current_password"]);
    let short = json!({"current_password": PASSWORD, "new_password": "short"});
    ann.post(PATH, short).await.assert_invalid_fields(&["/new_password"]);
    ann.post(PATH, json!({})).await.assert_invalid_fields(&["/current_password", "/new_password"]);
    other.get("/api/v1/users/me").await.assert_ok();
    server.anonymous().log_in(ann.email()).await;
}

#[tokio::test]
async fn a_confirmed_address_gets_a_mail_about_a_new_password() {
    let (server, mail) = shop_with_mail().await;
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    let token = token_in(&mail_to(&mail, ann.email(), CONFIRM_ADDRESS).await);
    ann.post("/api/v1/users/verify", json!({"token": token})).await.assert_ok();
    let body = json!({"current_password": PASSWORD, "new_password": "staple-battery-horse"});
    bob.post(PATH, body.clone()).await.assert_ok();
    ann.post(PATH, body).await.assert_ok();
    let received = mail_to(&mail, ann.email(), PASSWORD_CHANGED).await;
    assert!(!received.text.contains("staple"), "{received:?}");
    assert!(mails_to(&mail, bob.email(), PASSWORD_CHANGED).is_empty());
}
