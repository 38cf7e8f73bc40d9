//! The page about the API, as people use it: in a browser, by hand.

use serde_json::{Value, json};

use crate::harness::{Browser, Client, PASSWORD, Server, server_with_customer};

/// The button that opens the dialogue about who one is, and that dialogue's parts for a login.
const AUTHORIZE: &str = ".scheme-container button.authorize";
const USERNAME: &str = ".dialog-ux #oauth_username";
const PASSWORD_FIELD: &str = ".dialog-ux #oauth_password";
const LOG_IN: &str = ".dialog-ux button[aria-label='Apply given OAuth2 credentials']";
const LOGGED_IN: &str = ".dialog-ux button[aria-label='Remove authorization']";
const CLOSE: &str = ".dialog-ux button.btn-done";

/// The part of the page about placing an order.
const OPERATION: &str = "#operations-orders-placeOrder";

/// Opens the page and types a login in.
async fn log_in(browser: &Browser, server: &Server, page: &str, email: &str, password: &str) {
    browser.open(&format!("{}{page}", server.base_url())).await;
    browser.click(AUTHORIZE).await;
    browser.type_into(USERNAME, email).await;
    browser.type_into(PASSWORD_FIELD, password).await;
    browser.click(LOG_IN).await;
}

/// Everything that the page has asked for came from the server that serves it.
async fn stays_at_home(browser: &Browser, server: &Server) {
    let home = format!("{}/", server.base_url());
    let requested = browser.requested_urls(&home).await;
    assert!(requested.iter().any(|url| *url == format!("{home}openapi.json")), "{requested:?}");
    for url in requested {
        assert!(url.starts_with(&home) || url.starts_with("data:"), "{url}");
    }
}

/// Logs in on the page, places an order with the form that stands there, and returns what it showed.
async fn place_by_hand(
    browser: &Browser,
    server: &Server,
    page: &str,
    buyer: &Client,
    body: &Value,
) -> Value {
    log_in(browser, server, page, buyer.email(), PASSWORD).await;
    assert_eq!(browser.text(LOGGED_IN).await, "Logout");
    browser.click(CLOSE).await;

    browser.click(&format!("{OPERATION} .opblock-summary-control")).await;
    browser.type_into(&format!("{OPERATION} textarea.body-param__text"), &body.to_string()).await;
    browser.click(&format!("{OPERATION} button.execute")).await;

    let answer = format!("{OPERATION} .live-responses-table .response");
    let status = browser.text(&format!("{answer} .response-col_status")).await;
    let shown = browser.text(&format!("{answer} .highlight-code code")).await;
    assert_eq!(status.lines().next(), Some("201"), "{shown}");
    serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

async fn an_order_is_placed_by_hand(page: &str) {
    let Some(browser) = Browser::start().await else { return };
    let server = Server::start();
    let admin = server.admin().await;
    let product = admin.create_product("Teapot", "129.90", 5).await;
    let ann = server.customer("ann").await;

    let body = json!({"product_id": product, "quantity": 2});
    let shown = place_by_hand(&browser, &server, page, &ann, &body).await;
    assert_eq!(shown["total"], "259.80", "{shown}");
    stays_at_home(&browser, &server).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());

    let order = ann.get(&format!("/api/v1/orders/{}", shown["id"])).await;
    assert_eq!(order.assert_ok(), &shown);
    assert_eq!(shown["user_id"], ann.id());
    assert_eq!(admin.stock(product).await, 3);
}

#[tokio::test]
async fn an_order_is_placed_by_hand_on_docs() {
    an_order_is_placed_by_hand("/docs").await;
}

#[tokio::test]
async fn an_order_is_placed_by_hand_on_api() {
    an_order_is_placed_by_hand("/api").await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_on_the_page_and_the_right_one_still_taken() {
    let Some(browser) = Browser::start().await else { return };
    let (server, ann) = server_with_customer().await;

    log_in(&browser, &server, "/docs", ann.email(), "wrong-horse-battery").await;
    let shown = browser.text(".dialog-ux .errors").await;
    assert!(shown.contains("Unauthorized"), "{shown}");
    stays_at_home(&browser, &server).await;
    let [error] = browser.console_errors().await.try_into().expect("the refusal alone");
    assert!(error.contains("/api/v1/users/login") && error.contains("401"), "{error}");

    browser.type_into(PASSWORD_FIELD, PASSWORD).await;
    browser.click(LOG_IN).await;
    assert_eq!(browser.text(LOGGED_IN).await, "Logout");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
