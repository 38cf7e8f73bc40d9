//! Resetting a forgotten password.

use serde_json::json;

use super::{PUBLIC_URL, heading, hidden_token, shop_with_mail, submit};
use crate::harness::{
    Client, MailServer, PASSWORD, RESET_PASSWORD, Server, link_in, mail_to, mails_to, nth_mail_to,
    token_in,
};

const REQUEST: &str = "/api/v1/users/password-reset";
const CONFIRM: &str = "/api/v1/users/password-reset/confirm";
const NEW_PASSWORD: &str = "staple-battery-horse";

async fn log_in_status(anyone: &Client, password: &str) -> u16 {
    let body = json!({"email": "ann@example.com", "password": password});
    anyone.post("/api/v1/users/login", body).await.status
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_with_the_token_of_a_mail() {
    let (server, mail) = shop_with_mail().await;
    let (anyone, ann) = (server.anonymous(), server.customer("ann").await);
    // The response does not tell whether there is an account.
    let unknown = anyone.post(REQUEST, json!({"email": "eve@example.com"})).await;
    let known = anyone.post(REQUEST, json!({"email": "Ann@Example.com"})).await;
    assert_eq!(unknown.assert_status(202), known.assert_status(202));
    let received = mail_to(&mail, "ann@example.com", RESET_PASSWORD).await;
    assert!(!received.text.contains("ann"), "nothing that a person typed: {received:?}");

    let token = token_in(&received);
    let body = json!({"token": token, "password": "short"});
    anyone.post(CONFIRM, body).await.assert_invalid_fields(&["/password"]);
    let body = json!({"token": token, "password": NEW_PASSWORD});
    anyone.post(CONFIRM, body.clone()).await.assert_ok();
    assert_eq!(log_in_status(&anyone, PASSWORD).await, 401);
    assert_eq!(log_in_status(&anyone, NEW_PASSWORD).await, 200);
    // Every session of before has ended.
    ann.get("/api/v1/users/me").await.assert_invalid_token();
    let refresh = json!({"refresh_token": ann.refresh_token()});
    anyone.post("/api/v1/users/refresh", refresh).await.assert_status(401);
    // A token works once.
    anyone.post(CONFIRM, body).await.assert_problem_code(422, "invalid_account_token");
    // The mail reached its address, which therefore is confirmed.
    let admin = server.admin().await;
    let account = admin.get(&format!("/api/v1/users/{}", ann.id())).await;
    assert_eq!(account.assert_ok()["email_verified"], true);
    assert!(mails_to(&mail, "eve@example.com", RESET_PASSWORD).is_empty());
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_on_the_pages() {
    let (server, mail) = shop_with_mail().await;
    let (anyone, ann) = (server.anonymous(), server.customer("ann").await);
    let page = anyone.get("/account/reset").await;
    page.assert_status(200);
    assert_eq!(heading(&page), "Reset your password");
    let unknown = submit(&anyone, "/account/reset", &[("email", "eve@example.com")]).await;
    let known = submit(&anyone, "/account/reset", &[("email", ann.email())]).await;
    known.assert_status(202);
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));

    let link = link_in(&mail_to(&mail, ann.email(), RESET_PASSWORD).await, PUBLIC_URL);
    assert!(link.starts_with("/account/reset?token="), "{link}");
    let page = anyone.get(&link).await;
    page.assert_status(200);
    anyone.get(&link).await.assert_status(200);
    assert_eq!(log_in_status(&anyone, PASSWORD).await, 200, "GET changes nothing");

    let token = hidden_token(&page);
    let page = submit(&anyone, "/account/reset", &[("token", &token), ("password", "short")]).await;
    page.assert_status(422);
    assert_eq!(hidden_token(&page), token, "the form can be sent again");
    assert!(!page.text.contains("short"), "{page}");
    let members = [("token", token.as_str()), ("password", NEW_PASSWORD)];
    let page = submit(&anyone, "/account/reset", &members).await;
    page.assert_status(200);
    assert_eq!(heading(&page), "Your password is changed");
    assert_eq!(log_in_status(&anyone, NEW_PASSWORD).await, 200);
    let page = submit(&anyone, "/account/reset", &members).await;
    page.assert_status(422);
    assert_eq!(heading(&page), "This link does not work any more");
    assert!(page.text.contains(r#"name="email""#), "it offers another mail: {page}");
}

#[tokio::test]
async fn a_token_dies_with_a_change_of_the_password_or_of_the_address() {
    let (server, mail) = shop_with_mail().await;
    let (anyone, ann) = (server.anonymous(), server.customer("ann").await);
    let mut tokens = Vec::new();
    for number in [1, 2] {
        anyone.post(REQUEST, json!({"email": ann.email()})).await.assert_status(202);
        tokens.push(token_in(&nth_mail_to(&mail, number, ann.email(), RESET_PASSWORD).await));
    }
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    ann.post("/api/v1/users/me/password", body).await.assert_ok();
    anyone.post(REQUEST, json!({"email": ann.email()})).await.assert_status(202);
    let fresh = token_in(&nth_mail_to(&mail, 3, ann.email(), RESET_PASSWORD).await);
    for token in tokens {
        let body = json!({"token": token, "password": "a-third-password"});
        anyone.post(CONFIRM, body).await.assert_problem_code(422, "invalid_account_token");
    }
    let path = format!("/api/v1/users/{}", ann.id());
    server.admin().await.put(&path, json!({"email": "anne@example.com"})).await.assert_ok();
    let body = json!({"token": fresh, "password": "a-third-password"});
    anyone.post(CONFIRM, body).await.assert_problem_code(422, "invalid_account_token");
}

#[tokio::test]
async fn requests_of_one_client_are_limited() {
    let mail = MailServer::start().await;
    let server = Server::configure().with_mail(&mail).without("RATE_LIMIT_REGISTER").start();
    let anyone = server.anonymous();
    for address in ["a@example.com", "b@example.com", "c@example.com"] {
        anyone.post(REQUEST, json!({"email": address})).await.assert_status(202);
    }
    let body = json!({"email": "d@example.com"});
    anyone.post(REQUEST, body).await.assert_problem_code(429, "rate_limited");
    let page = submit(&anyone, "/account/reset", &[("email", "d@example.com")]).await;
    page.assert_status(429);
    assert_eq!(heading(&page), "Too many requests");
    assert!(page.header("retry-after").is_some(), "{page}");
}
