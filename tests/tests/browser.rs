//! The Swagger UI page and the page that resets a password, used in a browser as people use them.

use serde_json::{Value, json};

use crate::harness::{
    ADMIN_EMAIL, Browser, Client, MailServer, PASSWORD, RESET_PASSWORD, Server, link_in, mail_to,
    server_with_customer,
};

/// The address of the shop in links of mails.
const PUBLIC_URL: &str = "https://shop.example.com";

/// The button that opens the login dialogue, and the parts of that dialogue.
const AUTHORIZE: &str = ".scheme-container button.authorize";
const USERNAME: &str = ".dialog-ux #oauth_username";
const PASSWORD_FIELD: &str = ".dialog-ux #oauth_password";
const LOG_IN: &str = ".dialog-ux button[aria-label='Apply given OAuth2 credentials']";
const LOGGED_IN: &str = ".dialog-ux button[aria-label='Remove authorization']";
const CLOSE: &str = ".dialog-ux button.btn-done";

/// The section of the page for placing an order.
const OPERATION: &str = "#operations-orders-placeOrder";

/// Opens the page and submits the login dialogue.
async fn log_in(browser: &Browser, server: &Server, page: &str, email: &str, password: &str) {
    browser.open(&format!("{}{page}", server.base_url())).await;
    browser.click(AUTHORIZE).await;
    browser.type_into(USERNAME, email).await;
    browser.type_into(PASSWORD_FIELD, password).await;
    browser.click(LOG_IN).await;
}

/// Asserts that the page has requested nothing from other servers.
async fn assert_no_foreign_requests(browser: &Browser, server: &Server) {
    let origin = format!("{}/", server.base_url());
    let requested = browser.requested_urls(&origin).await;
    assert!(requested.iter().any(|url| *url == format!("{origin}openapi.json")), "{requested:?}");
    for url in requested {
        assert!(url.starts_with(&origin) || url.starts_with("data:"), "{url}");
    }
}

/// Logs in on the page, places an order with its form, and returns the response that it shows.
async fn place_order_in_browser(
    browser: &Browser,
    server: &Server,
    page: &str,
    customer: &Client,
    body: &Value,
) -> Value {
    log_in(browser, server, page, customer.email(), PASSWORD).await;
    assert_eq!(browser.text(LOGGED_IN).await, "Logout");
    browser.click(CLOSE).await;

    browser.click(&format!("{OPERATION} .opblock-summary-control")).await;
    browser.type_into(&format!("{OPERATION} textarea.body-param__text"), &body.to_string()).await;
    browser.click(&format!("{OPERATION} button.execute")).await;

    let shown_response = format!("{OPERATION} .live-responses-table .response");
    let status = browser.text(&format!("{shown_response} .response-col_status")).await;
    let shown = browser.text(&format!("{shown_response} .highlight-code code")).await;
    assert_eq!(status.lines().next(), Some("201"), "{shown}");
    serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

async fn an_order_can_be_placed(page: &str) {
    let Some(browser) = Browser::start().await else { return };
    let server = Server::start();
    let admin = server.admin().await;
    let product = admin.create_product("Teapot", "129.90", 5).await;
    let ann = server.customer("ann").await;

    let body = json!({"product_id": product, "quantity": 2});
    let shown = place_order_in_browser(&browser, &server, page, &ann, &body).await;
    assert_eq!(shown["total"], "259.80", "{shown}");
    assert_no_foreign_requests(&browser, &server).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());

    let order = ann.get(&format!("/api/v1/orders/{}", shown["id"])).await;
    assert_eq!(order.assert_ok(), &shown);
    assert_eq!(shown["user_id"], ann.id());
    assert_eq!(admin.stock(product).await, 3);
}

#[tokio::test]
async fn an_order_can_be_placed_on_docs() {
    an_order_can_be_placed("/docs").await;
}

#[tokio::test]
async fn an_order_can_be_placed_on_api() {
    an_order_can_be_placed("/api").await;
}

#[tokio::test]
async fn a_list_is_found_with_its_form_as_the_page_opens_it() {
    let Some(browser) = Browser::start().await else { return };
    let server = Server::start();
    let admin = server.admin().await;
    let product = admin.create_product("Teapot", "129.90", 5).await;
    admin.place_order(product, 2).await;
    log_in(&browser, &server, "/docs", ADMIN_EMAIL, PASSWORD).await;
    browser.text(LOGGED_IN).await;
    browser.click(CLOSE).await;
    for list in ["orders-listOrders", "products-listProducts", "users-listUsers"] {
        let operation = format!("#operations-{list}");
        browser.click(&format!("{operation} .opblock-summary-control")).await;
        browser.click(&format!("{operation} button.execute")).await;
        let response = format!("{operation} .live-responses-table .response");
        let status = browser.text(&format!("{response} .response-col_status")).await;
        let shown = browser.text(&format!("{response} .highlight-code code")).await;
        assert_eq!(status.lines().next(), Some("200"), "{list}: {shown}");
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["total"], 1, "{list}: {shown}");
    }
}

#[tokio::test]
async fn the_page_shows_a_failed_login_and_accepts_a_second_attempt() {
    let Some(browser) = Browser::start().await else { return };
    let (server, ann) = server_with_customer().await;

    log_in(&browser, &server, "/docs", ann.email(), "wrong-horse-battery").await;
    let shown = browser.text(".dialog-ux .errors").await;
    assert!(shown.contains("Unauthorized"), "{shown}");
    assert_no_foreign_requests(&browser, &server).await;
    let [error] = browser.console_errors().await.try_into().expect("only the failed login");
    assert!(error.contains("/api/v1/users/token") && error.contains("401"), "{error}");

    browser.type_into(PASSWORD_FIELD, PASSWORD).await;
    browser.click(LOG_IN).await;
    assert_eq!(browser.text(LOGGED_IN).await, "Logout");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_password_can_be_reset_on_the_page_that_the_mail_links_to() {
    let Some(browser) = Browser::start().await else { return };
    let mail = MailServer::start().await;
    let server = Server::configure().with_mail(&mail).var("PUBLIC_URL", PUBLIC_URL).start();
    let ann = server.customer("ann").await;
    browser.open(&format!("{}/account/reset", server.base_url())).await;
    browser.type_into("input[name=email]", ann.email()).await;
    browser.click("button").await;
    assert!(browser.text("[role=status]").await.contains("on its way"));
    let link = link_in(&mail_to(&mail, ann.email(), RESET_PASSWORD).await, PUBLIC_URL);
    browser.open(&format!("{}{link}", server.base_url())).await;
    browser.type_into("input[name=password]", "staple-battery-horse").await;
    browser.click("button").await;
    assert!(browser.text("[role=status]").await.contains("new password is set"));
    // The policy allows the style and the form of the page.
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    let body = json!({"email": ann.email(), "password": "staple-battery-horse"});
    server.anonymous().post("/api/v1/users/login", body).await.assert_ok();
}
