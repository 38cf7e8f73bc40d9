//! `PUBLIC_URL`: links of a server that clients reach at another address, such as behind a proxy that
//! strips a prefix of the path.

use serde_json::{Value, json};

use crate::harness::{ADMIN_EMAIL, Browser, PASSWORD, PathProxy, Program, Server, Store};

const PUBLIC_URL: &str = "https://shop.example.com/oms";

#[tokio::test]
async fn links_begin_with_the_public_url() {
    let server = Server::configure().var("PUBLIC_URL", PUBLIC_URL).start();
    let admin = server.admin().await;
    let body = json!({"name": "Lamp", "price": 1, "stock": 5});
    let product = admin.post("/api/v1/products", body).await;
    let id = product.id();
    let location = |path: String| Some(format!("{PUBLIC_URL}{path}"));
    let sent = |response: &crate::harness::Response| response.header("Location").map(str::to_owned);
    assert_eq!(sent(&product), location(format!("/api/v1/products/{id}")));
    let order = admin.order_request(id, 1).await;
    assert_eq!(sent(&order), location(format!("/api/v1/orders/{}", order.id())));
    let body = json!({"customer_name": "Ada", "item_name": "Chair", "quantity": 1});
    let order = admin.post("/orders", body).await;
    assert_eq!(sent(&order), location(format!("/orders/{}", order.id())));
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    let registered = server.anonymous().post("/auth/register", body).await;
    assert!(sent(&registered).unwrap().starts_with(&format!("{PUBLIC_URL}/api/v1/users/")));
    for (path, code) in [("/nowhere", "route_not_found"), ("/orders/77", "order_not_found")] {
        let problem = admin.get(path).await;
        assert_eq!(problem.json["type"], format!("{PUBLIC_URL}/problems/{code}"));
    }
}

#[tokio::test]
async fn the_document_names_the_public_url_as_its_server() {
    let server = Server::configure().var("PUBLIC_URL", PUBLIC_URL).start();
    let response = server.anonymous().get("/openapi.json").await;
    let document = response.assert_ok();
    assert_eq!(document["servers"][0]["url"], PUBLIC_URL);
    let password = &document["components"]["securitySchemes"]["password"]["flows"]["password"];
    assert_eq!(password["tokenUrl"], format!("{PUBLIC_URL}/api/v1/users/token"));
    let store = Store::fresh();
    let printed = Program::new(&store, &["openapi"]).var("PUBLIC_URL", PUBLIC_URL).run();
    let printed: Value = serde_json::from_str(&printed.assert_success().stdout).unwrap();
    assert_eq!(&printed, document);
}

#[tokio::test]
async fn the_swagger_ui_works_behind_a_proxy_that_strips_a_prefix_of_the_path() {
    let Some(browser) = Browser::start().await else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public = format!("http://{}/shop", listener.local_addr().unwrap());
    let server = Server::configure().var("PUBLIC_URL", &public).start();
    let _proxy = PathProxy::start(listener, "/shop", server.address());
    server.admin().await.create_product("Teapot", "129.90", 5).await;
    for page in ["/docs", "/api/"] {
        browser.open(&format!("{public}{page}")).await;
        browser.click(".scheme-container button.authorize").await;
        browser.type_into(".dialog-ux #oauth_username", ADMIN_EMAIL).await;
        browser.type_into(".dialog-ux #oauth_password", PASSWORD).await;
        let log_in = ".dialog-ux button[aria-label='Apply given OAuth2 credentials']";
        browser.click(log_in).await;
        let logged_in = ".dialog-ux button[aria-label='Remove authorization']";
        assert_eq!(browser.text(logged_in).await, "Logout", "{page}");
        browser.click(logged_in).await;
        assert_eq!(browser.console_errors().await, Vec::<String>::new(), "{page}");
    }
}
