//! The pages that mails link to: what every response of them has, and what they refuse.

use reqwest::Method;

use super::{heading, shop_with_mail, submit};
use crate::harness::{Response, Server};

/// Asserts an HTML page that can be neither framed, cached, scripted nor passed on as a referrer.
#[track_caller]
fn assert_page(response: &Response, status: u16) {
    response.assert_status(status);
    let policy = response.header("content-security-policy").unwrap_or_default();
    for part in ["default-src 'none'", "style-src 'sha256-", "form-action 'self'"] {
        assert!(policy.contains(part), "{part}: {response}");
    }
    assert!(policy.contains("frame-ancestors 'none'"), "{response}");
    assert!(!policy.contains("unsafe"), "{response}");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(response.header(name), Some(value), "{response}");
    }
    assert!(response.text.starts_with(r#"<!DOCTYPE html><html lang="en">"#), "{response}");
    assert!(!response.text.contains("<script"), "{response}");
}

#[tokio::test]
async fn every_page_is_html_that_nothing_can_frame_cache_or_script() {
    let server = Server::start();
    let anyone = server.anonymous();
    for path in ["/account/reset", "/account/verify", "/account/reset/", "/account/verify/"] {
        assert_page(&anyone.get(path).await, 200);
        assert_page(&anyone.get(&format!("{path}?token=abc")).await, 200);
        anyone.request(Method::HEAD, path).await.assert_status(200);
        anyone.request(Method::PUT, path).await.assert_problem_code(405, "method_not_allowed");
    }
    let refused = [
        ("/account/verify", vec![("token", "abc")]),
        ("/account/verify", vec![]),
        ("/account/verify", vec![("token", "a\0b")]),
        ("/account/reset", vec![("token", "abc"), ("password", "staple-battery-horse")]),
        ("/account/reset", vec![("token", "abc"), ("password", "short")]),
        ("/account/reset", vec![("token", "abc")]),
    ];
    for (path, members) in refused {
        assert_page(&submit(&anyone, path, &members).await, 422);
    }
}

#[tokio::test]
async fn the_page_for_a_forgotten_password_needs_a_mail_server() {
    let without = Server::start();
    for page in [
        without.anonymous().get("/account/reset").await,
        submit(&without.anonymous(), "/account/reset", &[("email", "eve@example.com")]).await,
    ] {
        assert_page(&page, 200);
        assert!(page.text.contains("sends no mails") && !page.text.contains("<form"), "{page}");
    }
    let (server, _mail) = shop_with_mail().await;
    let anyone = server.anonymous();
    let page = anyone.get("/account/reset").await;
    assert_page(&page, 200);
    assert!(page.text.contains(r#"name="email""#), "{page}");
    let attack = r#""><script>alert(1)</script>"#;
    for members in [vec![], vec![("email", "no-address")], vec![("email", attack)]] {
        assert_page(&submit(&anyone, "/account/reset", &members).await, 422);
    }
    let page = submit(&anyone, "/account/reset", &[("email", attack)]).await;
    assert!(page.text.contains("&quot;&gt;&lt;script&gt;"), "it keeps what was typed: {page}");
}

#[tokio::test]
async fn what_a_request_names_is_escaped_in_the_page() {
    let server = Server::start();
    let anyone = server.anonymous();
    let attack = r#""><script>alert(1)</script>"#;
    for path in ["/account/reset", "/account/verify"] {
        let page = anyone.get(path).query(&[("token", attack)]).await;
        assert_page(&page, 200);
        assert!(page.text.contains("&quot;&gt;&lt;script&gt;"), "{page}");
    }
}

#[tokio::test]
async fn forms_of_other_sites_and_other_bodies_are_refused_with_a_page() {
    let server = Server::start();
    let anyone = server.anonymous();
    let form = |site: &str| {
        let request = anyone.request(Method::POST, "/account/verify");
        request.form(&[("token", "abc")]).header("Sec-Fetch-Site", site)
    };
    for site in ["cross-site", "same-site"] {
        assert_page(&form(site).await, 403);
    }
    assert_page(&form("same-origin").await, 422);
    // A form of the page itself comes without an origin, since the page sends no referrer.
    assert_page(&form("same-origin").header("Origin", "null").await, 422);
    let json = Some("application/json");
    let page = anyone.with_body(Method::POST, "/account/verify", json, r#"{"token": "abc"}"#).await;
    assert_page(&page, 415);
    assert_eq!(heading(&page), "Unsupported media type");
    let form = Some("application/x-www-form-urlencoded");
    let body = format!("token={}", "a".repeat(2 * 1024 * 1024));
    assert_page(&anyone.with_body(Method::POST, "/account/verify", form, body).await, 413);
}
