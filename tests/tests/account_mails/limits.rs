//! Limits of mails by mailbox, and of changes by account.

use serde_json::json;

use crate::harness::{
    CONFIRM_ADDRESS, MailServer, PASSWORD, RESET_PASSWORD, Server, mail_to, mails_to, nth_mail_to,
};

const VERIFICATION_MAIL: &str = "/api/v1/users/me/verification-mail";
const PASSWORD_RESET: &str = "/api/v1/users/password-reset";

#[tokio::test]
async fn mails_to_one_mailbox_are_limited_whichever_request_has_them_sent() {
    let mail = MailServer::start().await;
    let server = Server::configure().with_mail(&mail).var("RATE_LIMIT_ACCOUNT_MAIL", "2/hour");
    let server = server.start();
    let (anyone, ann) = (server.anonymous(), server.customer("ann").await);
    for _ in 0..3 {
        // A refused registration sends no mail, and counts for none.
        let body = json!({"name": "Eve", "email": ann.email(), "password": PASSWORD});
        anyone.post("/api/v1/users/register", body).await.assert_email_taken();
        let body = json!({"email": ann.email(), "password": PASSWORD});
        anyone.post("/auth/register", body).await.assert_email_taken();
    }
    ann.post(VERIFICATION_MAIL, json!({})).await.assert_status(202);
    ann.post(VERIFICATION_MAIL, json!({})).await.assert_problem_code(429, "rate_limited");
    nth_mail_to(&mail, 2, ann.email(), CONFIRM_ADDRESS).await;
    // The response to a request for a reset does not tell of the limit.
    anyone.post(PASSWORD_RESET, json!({"email": ann.email()})).await.assert_status(202);
    // Another account cannot have mails sent there either, and other mailboxes get theirs.
    let bob = server.customer("bob").await;
    anyone.post(PASSWORD_RESET, json!({"email": bob.email()})).await.assert_status(202);
    mail_to(&mail, bob.email(), RESET_PASSWORD).await;
    assert!(mails_to(&mail, ann.email(), RESET_PASSWORD).is_empty(), "{:?}", mail.mails());
    assert_eq!(mails_to(&mail, ann.email(), CONFIRM_ADDRESS).len(), 2);
}

#[tokio::test]
async fn one_account_cannot_have_mails_sent_to_many_strangers() {
    let mail = MailServer::start().await;
    let server = Server::configure().with_mail(&mail).var("RATE_LIMIT_EMAIL_CHANGE", "5/hour");
    let server = server.start();
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    let path = format!("/api/v1/users/{}", ann.id());
    for _ in 0..6 {
        // A change that is refused, and one that changes nothing, do not count.
        ann.put(&path, json!({"email": bob.email()})).await.assert_email_taken();
        ann.put(&path, json!({"email": ann.email()})).await.assert_ok();
    }
    for number in 1..=5 {
        let stranger = format!("stranger{number}@example.com");
        ann.put(&path, json!({"email": stranger})).await.assert_ok();
        mail_to(&mail, &stranger, CONFIRM_ADDRESS).await;
    }
    let body = json!({"email": "stranger6@example.com"});
    ann.put(&path, body).await.assert_problem_code(429, "rate_limited");
    assert_eq!(ann.get("/api/v1/users/me").await.assert_ok()["email"], "stranger5@example.com");
}

#[tokio::test]
async fn a_change_that_the_limit_of_the_mailbox_refuses_does_not_count_for_the_account() {
    let mail = MailServer::start().await;
    let server = Server::configure()
        .with_mail(&mail)
        .var("RATE_LIMIT_ACCOUNT_MAIL", "1/hour")
        .var("RATE_LIMIT_EMAIL_CHANGE", "1/hour")
        .start();
    let (ann, bob) = (server.customer("ann").await, server.customer("bob").await);
    // Bob's mailbox had its mail, and he has another address by now.
    let moved = json!({"email": "robert@example.com"});
    bob.put(&format!("/api/v1/users/{}", bob.id()), moved).await.assert_ok();
    let path = format!("/api/v1/users/{}", ann.id());
    for _ in 0..2 {
        let body = json!({"email": "bob@example.com"});
        ann.put(&path, body).await.assert_problem_code(429, "rate_limited");
    }
    ann.put(&path, json!({"email": "ann@example.org"})).await.assert_ok();
}

#[tokio::test]
async fn a_stolen_access_token_is_no_way_to_guess_the_password() {
    let server = Server::configure().var("RATE_LIMIT_ACCOUNT_LOGIN", "2/minute").start();
    let ann = server.customer("ann").await;
    let change = |current: &str| {
        let body = json!({"current_password": current, "new_password": "staple-battery-horse"});
        ann.post("/api/v1/users/me/password", body)
    };
    for guess in ["wrong-horse", "wrong-battery"] {
        change(guess).await.assert_invalid_fields(&["/current_password"]);
    }
    change("wrong-staple").await.assert_problem_code(429, "rate_limited");
    change(PASSWORD).await.assert_problem_code(429, "rate_limited");
}
