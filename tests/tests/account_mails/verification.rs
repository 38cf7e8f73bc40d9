//! Confirming the address of a new account.

use serde_json::json;

use super::{PUBLIC_URL, heading, hidden_token, shop_with_mail, submit};
use crate::harness::{
    CONFIRM_ADDRESS, Client, MailServer, PASSWORD, Server, eventually, link_in, mail_to, mails_to,
    nothing_waits, nth_mail_to, token_in,
};

async fn is_verified(client: &Client) -> bool {
    client.get("/api/v1/users/me").await.assert_ok()["email_verified"] == true
}

#[tokio::test]
async fn the_button_behind_the_link_of_the_mail_confirms_the_address() {
    let (server, mail) = shop_with_mail().await;
    let anyone = server.anonymous();
    let body = json!({"name": "Ann http://evil.example", "email": "ann@example.com", "password": PASSWORD});
    // Links do not come from the host that a request names.
    let registered =
        anyone.post("/api/v1/users/register", body).header("Host", "evil.example").await;
    registered.created_at("/api/v1/users/");
    assert_eq!(registered.json["email_verified"], false);
    assert_eq!(registered.json["pending_email"], serde_json::Value::Null);
    let ann = anyone.log_in("ann@example.com").await;

    let received = mail_to(&mail, "ann@example.com", CONFIRM_ADDRESS).await;
    assert!(!received.text.contains("evil"), "nothing that a person typed: {received:?}");
    assert_eq!(received.to_name, "", "{received:?}");
    let link = link_in(&received, PUBLIC_URL);
    assert!(link.starts_with("/account/verify?token="), "{link}");

    for _ in 0..2 {
        let page = anyone.get(&link).await;
        page.assert_status(200);
        assert_eq!(hidden_token(&page), token_in(&received));
        assert!(!is_verified(&ann).await, "GET changes nothing");
    }
    let token = token_in(&received);
    let page = submit(&anyone, "/account/verify", &[("token", &token)]).await;
    page.assert_status(200);
    assert_eq!(heading(&page), "Your email address is confirmed");
    assert!(is_verified(&ann).await);

    let page = submit(&anyone, "/account/verify", &[("token", &token)]).await;
    page.assert_status(422);
    assert_eq!(heading(&page), "This link does not work any more");
    anyone
        .post("/api/v1/users/verify", json!({"token": token}))
        .await
        .assert_problem_code(422, "invalid_account_token");
}

#[tokio::test]
async fn an_address_gets_mails_about_orders_once_it_is_confirmed() {
    let (server, mail) = shop_with_mail().await;
    let ann = server.customer("ann").await;
    let unannounced = ann.place_free_form_order("www.evil.example", "http://evil.example", 1).await;
    let token = token_in(&mail_to(&mail, ann.email(), CONFIRM_ADDRESS).await);
    eventually("nothing waits", async || nothing_waits(server.store())).await;
    assert_eq!(mail.mails().len(), 1, "no mail but the one that asks: {:?}", mail.mails());

    server.anonymous().post("/api/v1/users/verify", json!({"token": token})).await.assert_ok();
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    mail_to(&mail, ann.email(), &format!("Your order {order} was placed")).await;
    let subject = format!("Your order {unannounced} was placed");
    assert!(mails_to(&mail, ann.email(), &subject).is_empty(), "{:?}", mail.mails());
}

#[tokio::test]
async fn orders_need_a_confirmed_address_where_the_shop_requires_it() {
    let mail = MailServer::start().await;
    let server =
        Server::configure().with_mail(&mail).var("REQUIRE_VERIFIED_EMAIL", "order").start();
    let (ann, admin) = (server.customer("ann").await, server.admin().await);
    let product = admin.create_product("Lamp", "19.90", 5).await;
    let free_form = json!({"customer_name": "Ada", "item_name": "Tea", "quantity": 1});
    for response in
        [ann.order_request(product, 1).await, ann.post("/orders", free_form.clone()).await]
    {
        response.assert_problem_code(403, "email_not_verified");
    }
    assert_eq!(admin.stock(product).await, 5);
    // The administrator of the settings counts as confirmed.
    admin.place_order(product, 1).await;

    let token = token_in(&mail_to(&mail, ann.email(), CONFIRM_ADDRESS).await);
    server.anonymous().post("/api/v1/users/verify", json!({"token": token})).await.assert_ok();
    ann.place_order(product, 1).await;
    ann.post("/orders", free_form).await.assert_status(201);
}

#[tokio::test]
async fn another_mail_can_be_requested_and_without_a_public_url_it_has_a_bare_token() {
    let mail = MailServer::start().await;
    let server = Server::configure().with_mail(&mail).start();
    let ann = server.customer("ann").await;
    mail_to(&mail, ann.email(), CONFIRM_ADDRESS).await;
    let path = "/api/v1/users/me/verification-mail";
    server.anonymous().post(path, json!({})).await.assert_not_authenticated();
    ann.post(path, json!({})).await.assert_status(202);
    let received = nth_mail_to(&mail, 2, ann.email(), CONFIRM_ADDRESS).await;
    assert!(!received.text.contains("://"), "{received:?}");
    let body = json!({"token": token_in(&received)});
    server.anonymous().post("/api/v1/users/verify", body).await.assert_ok();
    assert!(is_verified(&ann).await);
    // There is nothing to confirm any more, which is no error.
    ann.post(path, json!({})).await.assert_status(202);
    let order = ann.place_free_form_order("Ada", "a birthday cake", 1).await;
    mail_to(&mail, ann.email(), &format!("Your order {order} was placed")).await;
    assert_eq!(mails_to(&mail, ann.email(), CONFIRM_ADDRESS).len(), 2);
}
