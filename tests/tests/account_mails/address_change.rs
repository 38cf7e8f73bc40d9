//! Changing one's own confirmed address.

use serde_json::{Value, json};

use super::{PUBLIC_URL, heading, shop_with_mail, submit};
use crate::harness::{
    ADDRESS_CHANGE_NOTICE, CONFIRM_ADDRESS, Client, MailServer, PASSWORD, Server, link_in, mail_to,
    token_in,
};

const NEW: &str = "anne@example.com";

/// A shop with a customer whose address is confirmed.
async fn shop_with_confirmed() -> (Server, MailServer, Client) {
    let (server, mail) = shop_with_mail().await;
    let ann = server.customer("ann").await;
    let token = token_in(&mail_to(&mail, ann.email(), CONFIRM_ADDRESS).await);
    ann.post("/api/v1/users/verify", json!({"token": token})).await.assert_ok();
    (server, mail, ann)
}

#[tokio::test]
async fn a_new_address_takes_force_when_it_is_confirmed_and_the_old_one_gets_a_notice() {
    let (server, mail, ann) = shop_with_confirmed().await;
    let other = server.anonymous().log_in(ann.email()).await;
    let path = format!("/api/v1/users/{}", ann.id());
    let body = json!({"email": NEW, "current_password": PASSWORD});
    let changed = ann.put(&path, body).await;
    assert_eq!(changed.assert_ok()["email"], "ann@example.com");
    assert_eq!(changed.json["pending_email"], NEW);
    assert_eq!(changed.json["email_verified"], true);
    let notice = mail_to(&mail, "ann@example.com", ADDRESS_CHANGE_NOTICE).await;
    assert!(!notice.text.contains("://"), "{notice:?}");
    server.anonymous().log_in("ann@example.com").await;
    other.get("/api/v1/users/me").await.assert_ok();

    let link = link_in(&mail_to(&mail, NEW, CONFIRM_ADDRESS).await, PUBLIC_URL);
    let (_, token) = link.split_once("token=").expect("a token");
    let page = submit(&server.anonymous(), "/account/verify", &[("token", token)]).await;
    page.assert_status(200);
    assert_eq!(heading(&page), "Your email address is confirmed");
    other.get("/api/v1/users/me").await.assert_invalid_token();
    let ann = server.anonymous().log_in(NEW).await;
    let me = ann.get("/api/v1/users/me").await;
    assert_eq!(me.assert_ok()["email"], NEW);
    assert_eq!(me.json["pending_email"], Value::Null);
    // The former address can be registered again.
    server.customer("ann").await;
}

#[tokio::test]
async fn a_new_address_needs_the_current_password() {
    let (server, mail, ann) = shop_with_confirmed().await;
    let path = format!("/api/v1/users/{}", ann.id());
    let missing = ann.put(&path, json!({"email": NEW, "name": "Anne"})).await;
    missing.assert_invalid_fields(&["/current_password"]);
    assert!(missing.error_detail("/current_password").contains("required"), "{missing}");
    let wrong = json!({"email": NEW, "name": "Anne", "current_password": "wrong-horse"});
    ann.put(&path, wrong).await.assert_invalid_fields(&["/current_password"]);
    let me = ann.get("/api/v1/users/me").await;
    assert_eq!(me.assert_ok()["pending_email"], Value::Null);
    assert_eq!(me.json["name"], "ann");
    // A name, and the address that the account has, need no password.
    let same = json!({"name": "Anne", "email": ann.email()});
    assert_eq!(ann.put(&path, same).await.assert_ok()["name"], "Anne");
    // Staff changes it at once. It is not confirmed, and the owner's sessions end.
    let admin = server.admin().await;
    let changed = admin.put(&path, json!({"email": NEW})).await;
    assert_eq!(changed.assert_ok()["email"], NEW);
    assert_eq!(changed.json["email_verified"], false);
    ann.get("/api/v1/users/me").await.assert_invalid_token();
    mail_to(&mail, NEW, CONFIRM_ADDRESS).await;
}

#[tokio::test]
async fn an_address_that_another_account_takes_meanwhile_cannot_be_confirmed() {
    let (server, mail, ann) = shop_with_confirmed().await;
    let path = format!("/api/v1/users/{}", ann.id());
    ann.put(&path, json!({"email": NEW, "current_password": PASSWORD})).await.assert_ok();
    let token = token_in(&mail_to(&mail, NEW, CONFIRM_ADDRESS).await);
    server.customer("anne").await;
    let anyone = server.anonymous();
    let body = json!({"token": token});
    anyone.post("/api/v1/users/verify", body).await.assert_problem_code(409, "email_taken");
    submit(&anyone, "/account/verify", &[("token", &token)]).await.assert_status(409);
    assert_eq!(ann.get("/api/v1/users/me").await.assert_ok()["email"], "ann@example.com");
}

#[tokio::test]
async fn an_account_that_never_confirmed_its_address_changes_it_at_once() {
    let server = Server::start();
    let ann = server.customer("ann").await;
    let changed = ann.put(&format!("/api/v1/users/{}", ann.id()), json!({"email": NEW})).await;
    assert_eq!(changed.assert_ok()["email"], NEW);
    assert_eq!(changed.json["email_verified"], false);
    assert_eq!(changed.json["pending_email"], Value::Null);
    server.anonymous().log_in(NEW).await;
}
