//! Unknown paths, wrong methods, malformed requests, and the form of every problem.

use reqwest::Method;

use crate::harness::{Connection, Server, assert_snapshot, server_with_customer};

#[tokio::test]
async fn an_unknown_path_is_a_404_problem() {
    let server = Server::start();
    let response = server.anonymous().get("/nowhere").await;
    assert_snapshot(
        "problem_route_not_found",
        response.assert_problem(404, "route_not_found", "Not Found"),
    );
    for path in [
        "/",
        "/api/nowhere",
        "/api/v1",
        "/api/v1/nowhere",
        "/api/v2/products",
        "/orders/1/nowhere",
        "/api/v1/products/1/nowhere",
        "/auth",
        "/auth/logout",
        "/docs/nowhere.js",
        "/..%2f..%2fetc",
        "/%00",
        "/%ff",
        "/api//v1/products/1/2/3",
    ] {
        let response = server.anonymous().get(path).await;
        response.assert_problem(404, "route_not_found", "Not Found");
    }
    server.admin().await.delete("/nowhere").await.assert_problem(
        404,
        "route_not_found",
        "Not Found",
    );
}

#[tokio::test]
async fn a_wrong_method_is_a_405_problem_with_an_allow_header() {
    let server = Server::start();
    for (method, path, allowed) in [
        (Method::DELETE, "/api/v1/products", "GET"),
        (Method::PATCH, "/api/v1/products/1", "PUT"),
        (Method::POST, "/api/v1/products/1/restore", "PUT"),
        (Method::GET, "/api/v1/users/register", "POST"),
        (Method::GET, "/api/v1/users/login", "POST"),
        (Method::POST, "/api/v1/orders/1/cancel", "PUT"),
        (Method::DELETE, "/api/v1/orders/1", "PUT"),
        (Method::GET, "/auth/login", "POST"),
        (Method::PUT, "/orders", "POST"),
        (Method::PUT, "/orders/1", "PATCH"),
        (Method::POST, "/orders/1/events", "GET"),
        (Method::POST, "/health", "GET"),
        (Method::DELETE, "/app", "GET"),
    ] {
        let response = server.anonymous().request(method, path).await;
        response.assert_problem(405, "method_not_allowed", "Method Not Allowed");
        assert!(
            response.header("allow").is_some_and(|allow| allow.contains(allowed)),
            "{response}"
        );
    }
}

#[tokio::test]
async fn all_problems_have_the_same_form() {
    let (server, ann) = server_with_customer().await;
    assert_snapshot(
        "problem_not_authenticated",
        server.anonymous().get("/orders").await.assert_problem_code(401, "not_authenticated"),
    );
    assert_snapshot(
        "problem_admin_required",
        ann.get("/api/v1/users").await.assert_problem_code(403, "admin_required"),
    );
    assert_snapshot(
        "problem_order_not_found",
        ann.get("/orders/4711").await.assert_problem_code(404, "order_not_found"),
    );
    assert_snapshot(
        "problem_invalid_parameter",
        ann.get("/api/v1/products?page=0&limit=x").await.assert_problem_code(422, "invalid_input"),
    );
}

#[tokio::test]
async fn a_malformed_http_request_is_refused_and_logs_no_error() {
    let server = Server::configure().without("RUST_LOG").start();
    for nonsense in [
        "hello\r\n\r\n".to_owned(),
        "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(200_000)),
        format!("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "y".repeat(300_000)),
    ] {
        let mut connection = Connection::open(&server).await.unwrap();
        connection.send(&nonsense).await;
        let response = connection.read_all().await;
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 4"), "{response}");
        server.anonymous().get("/health").await.assert_ok();
    }
    assert!(!server.printed().contains("ERROR"), "clients cannot fill the log with errors");
}
