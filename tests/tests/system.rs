//! The routes that belong to neither surface: health, the welcome, the API documentation.

use reqwest::Url;
use serde_json::{Value, json};

use crate::harness::{Response, Server};

/// Every route of both surfaces.
pub(crate) const ROUTES: [(&str, &str); 31] = [
    ("post", "/api/v1/users/register"),
    ("post", "/api/v1/users/login"),
    ("post", "/api/v1/users/refresh"),
    ("post", "/api/v1/users/logout"),
    ("get", "/api/v1/users"),
    ("get", "/api/v1/users/me"),
    ("get", "/api/v1/users/{id}"),
    ("put", "/api/v1/users/{id}"),
    ("put", "/api/v1/users/{id}/role"),
    ("delete", "/api/v1/users/{id}"),
    ("post", "/api/v1/products"),
    ("get", "/api/v1/products"),
    ("get", "/api/v1/products/{id}"),
    ("put", "/api/v1/products/{id}"),
    ("delete", "/api/v1/products/{id}"),
    ("put", "/api/v1/products/{id}/restore"),
    ("post", "/api/v1/orders"),
    ("get", "/api/v1/orders"),
    ("get", "/api/v1/orders/me"),
    ("get", "/api/v1/orders/{id}"),
    ("get", "/api/v1/orders/{id}/events"),
    ("put", "/api/v1/orders/{id}"),
    ("put", "/api/v1/orders/{id}/cancel"),
    ("post", "/auth/register"),
    ("post", "/auth/login"),
    ("post", "/orders"),
    ("get", "/orders"),
    ("get", "/orders/{id}"),
    ("patch", "/orders/{id}"),
    ("get", "/orders/{id}/events"),
    ("delete", "/orders/{id}"),
];

/// Asserts that every route is described with its errors, and that every reference resolves.
#[track_caller]
pub(crate) fn assert_describes_every_route(document: &Value) {
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    let paths = document["paths"].as_object().expect("paths");
    for (method, path) in ROUTES {
        let described = paths
            .iter()
            .find(|(known, _)| known.trim_end_matches('/') == path)
            .map(|(_, operations)| &operations[method]);
        let operation = described.unwrap_or(&Value::Null);
        let responses = operation["responses"].as_object();
        assert!(responses.is_some_and(|responses| responses.len() > 1), "{method} {path}");
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(document.pointer(pointer).is_some(), "nothing at {pointer}");
    }
}

#[tokio::test]
async fn health_and_welcome_respond_as_in_the_old_services() {
    let server = Server::start();
    let anyone = server.anonymous();
    assert_eq!(anyone.get("/health").await.assert_ok(), &json!({"status": "ok"}));
    assert_eq!(
        anyone.get("/app").await.assert_ok(),
        &json!({"status": "Welcome to OMS Backend API!"})
    );
}

#[tokio::test]
async fn the_openapi_document_describes_every_route() {
    let server = Server::start();
    let response = server.anonymous().get("/openapi.json").await;
    assert_describes_every_route(response.assert_ok());
}

/// Asserts that the page runs no inline scripts, and that no site can show it in a frame.
#[track_caller]
fn assert_is_protected(page: &Response) {
    let policy = page.header("content-security-policy").unwrap_or_default();
    let directives: Vec<_> = policy.split("; ").collect();
    for directive in [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'none'",
    ] {
        assert!(directives.contains(&directive), "{directive}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-frame-options"), Some("DENY"), "{page}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{page}");
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{page}");
}

#[tokio::test]
async fn the_documentation_pages_load_only_their_own_assets() {
    let server = Server::start();
    let anyone = server.anonymous();
    for page in ["/api", "/docs", "/api/", "/docs/"] {
        let response = anyone.get(page).await;
        response.assert_status(200);
        assert!(response.header("content-type").is_some_and(|it| it.starts_with("text/html")));
        assert!(response.text.to_lowercase().contains("swagger"), "{response}");
        assert_is_protected(&response);
        let base = Url::parse(&format!("{}{page}", server.base_url())).unwrap();
        let mut assets = 0;
        for attribute in ["src=\"", "href=\""] {
            for rest in response.text.split(attribute).skip(1) {
                let link = rest.split('"').next().unwrap_or_default();
                let url = base.join(link).expect("a link");
                assert_eq!(url.origin(), base.origin(), "all assets are of this server: {url}");
                let asset = anyone.get(url.path()).await;
                asset.assert_status(200);
                assets += 1;
            }
        }
        assert!(assets >= 2, "{page} has a script and a style: {response}");
    }
}
