//! Large responses are compressed for clients that accept gzip.

use std::io::Read as _;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, VARY};

use crate::harness::{Client, Server};

/// The headers of a response and its bytes as they were sent.
async fn get(base: &str, path: &str, accepted: &str, token: &str) -> (HeaderMap, Vec<u8>) {
    let request = reqwest::Client::new().get(format!("{base}{path}"));
    let request = request.header(ACCEPT_ENCODING, accepted).bearer_auth(token);
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    (response.headers().clone(), response.bytes().await.unwrap().to_vec())
}

fn unzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

/// Whether caches know that the response depends on the accepted encodings.
fn varies(headers: &HeaderMap) -> bool {
    headers.get_all(VARY).iter().any(|names| names.to_str().unwrap().contains("accept-encoding"))
}

async fn shop_with_products(server: &Server) -> Client {
    let admin = server.admin().await;
    for number in 0..10 {
        let product = admin.create_product(&format!("Teapot {number}"), "129.90", 5).await;
        admin.place_order(product, 1).await;
    }
    admin
}

#[tokio::test]
async fn lists_metrics_and_the_document_are_compressed_for_clients_that_accept_it() {
    let server = Server::start();
    let admin = shop_with_products(&server).await;
    let (base, token) = (server.base_url(), admin.access_token());
    for path in ["/api/v1/products", "/api/v1/orders", "/openapi.json", "/metrics"] {
        let (headers, plain) = get(base, path, "identity", token).await;
        assert!(!headers.contains_key(CONTENT_ENCODING), "{path}");
        assert!(varies(&headers), "{path}: {headers:?}");
        let (headers, compressed) = get(base, path, "br, gzip;q=0.5", token).await;
        assert_eq!(headers[CONTENT_ENCODING], "gzip", "{path}");
        assert!(varies(&headers), "{path}: {headers:?}");
        assert!(compressed.len() * 2 < plain.len(), "{path}: {}", compressed.len());
        let text = unzipped(&compressed);
        // Metrics change with each request.
        assert!(path == "/metrics" || text.as_bytes() == plain, "{path}: {text}");
    }
}

#[tokio::test]
async fn small_responses_and_those_with_a_tag_are_sent_as_they_are() {
    let server = Server::start();
    let admin = server.admin().await;
    let long = "x".repeat(900);
    let body =
        serde_json::json!({"name": "é".repeat(255), "description": long, "price": 1, "stock": 1});
    let product = admin.post("/api/v1/products", body).await.id();
    for path in ["/health", "/api/v1/orders", &format!("/api/v1/products/{product}")] {
        let (headers, _) = get(server.base_url(), path, "gzip", admin.access_token()).await;
        assert!(!headers.contains_key(CONTENT_ENCODING), "{path}");
    }
}
