//! Requests that originate on this machine.
//!
//! A browser on this machine connects from a loopback address as well, on behalf of any web page.
//! A page reads a response if it has the server's origin, which DNS rebinding gives it, or if CORS
//! allows it. So neither requests for another host nor requests of other origins are local.

use std::net::IpAddr;

use actix_web::{
    HttpRequest,
    http::{
        header::{self, HeaderName},
        uri::Authority,
    },
};

use crate::cross_origin::is_fetched_by_other_origin;

/// The headers that proxies add to the requests that they forward.
const PROXY_HEADERS: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Whether a program on this machine sent the request, or a person who opened its address in a
/// browser on this machine. That excludes requests that a local proxy forwarded, requests for
/// another host, and requests of web pages of another origin.
pub(super) fn is_local(request: &HttpRequest) -> bool {
    let is_from_loopback =
        request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_forwarded = PROXY_HEADERS.iter().any(|name| request.headers().contains_key(name));
    is_from_loopback && !is_forwarded && is_for_local_host(request) && !is_of_a_page(request)
}

/// Whether the request has a `Host` of this machine, and if its target is in absolute form, a
/// target of this machine as well. The target is what counts in absolute form (RFC 9112, section
/// 3.2.2), and the `Host` of such a request what a proxy could have left unchanged.
fn is_for_local_host(request: &HttpRequest) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let is_local_target = request.uri().authority().is_none_or(is_loopback);
    is_local_target
        && host.and_then(|host| host.parse().ok()).is_some_and(|host| is_loopback(&host))
}

/// Whether a host is a loopback address or `localhost`. Other names that resolve to this machine
/// are not: the owner of a name can have it resolve to any address.
fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let has_user = authority.as_str().contains('@');
    !has_user
        && (host.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|address| address.to_canonical().is_loopback()))
}

/// Whether a web page of another origin caused the request. Browsers send `Origin` with each
/// request whose response CORS governs, and not with a GET of a page of the same origin; `null` is
/// another origin as well.
fn is_of_a_page(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::ORIGIN) || is_fetched_by_other_origin(request.headers())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request_from(peer: &str, headers: &[(&'static str, &'static str)]) -> TestRequest {
        let request = TestRequest::default()
            .peer_addr(peer.parse().unwrap())
            .insert_header(("host", "localhost:8000"));
        headers.iter().fold(request, |request, header| request.insert_header(*header))
    }

    fn is_local_from(peer: &str, headers: &[(&'static str, &'static str)]) -> bool {
        is_local(&request_from(peer, headers).to_http_request())
    }

    #[test]
    fn a_client_on_this_machine_is_local() {
        assert!(is_local_from("127.0.0.1:5678", &[]));
        for (peer, host) in [
            ("[::1]:5678", "LOCALHOST"),
            ("[::ffff:127.0.0.1]:5678", "127.0.0.1:8000"),
            ("127.0.0.1:5678", "127.0.0.1"),
            ("127.0.0.1:5678", "127.1.2.3:80"),
            ("127.0.0.1:5678", "[::1]:8000"),
            ("127.0.0.1:5678", "[::1]"),
            ("127.0.0.1:5678", "[::ffff:127.0.0.1]:8000"),
        ] {
            assert!(is_local_from(peer, &[("host", host)]), "{peer} {host}");
        }
    }

    #[test]
    fn a_client_on_another_machine_is_not_local() {
        assert!(!is_local_from("203.0.113.9:5678", &[]));
        assert!(!is_local_from("203.0.113.9:5678", &[("host", "localhost")]));
        assert!(!is_local_from("203.0.113.9:5678", &[("x-forwarded-for", "127.0.0.1")]));
    }

    #[test]
    fn a_request_forwarded_by_a_local_proxy_is_not_local() {
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "via",
        ] {
            assert!(!is_local_from("127.0.0.1:5678", &[(name, "127.0.0.1")]), "{name}");
        }
    }

    #[test]
    fn a_request_without_a_host_is_not_local() {
        let request = TestRequest::default().peer_addr("127.0.0.1:5678".parse().unwrap());
        assert!(!is_local(&request.to_http_request()));
    }

    #[test]
    fn a_host_name_that_may_resolve_to_this_machine_is_not_local() {
        for host in [
            "evil.example:8000",
            "localhost.evil.example",
            "evil.localhost",
            "127.0.0.1.evil.example",
            "localhost:8000@evil.example",
            "evil.example@localhost",
            "0.0.0.0:8000",
            "[::]:8000",
            "192.168.0.7:8000",
            "2130706433",
            "",
            "local host",
        ] {
            assert!(!is_local_from("127.0.0.1:5678", &[("host", host)]), "{host}");
        }
    }

    #[test]
    fn a_target_in_absolute_form_is_local_only_for_this_machine() {
        for (target, expected) in [
            ("http://localhost:8000/metrics", true),
            ("http://127.0.0.1/metrics", true),
            ("http://[::1]:8000/metrics", true),
            ("http://evil.example/metrics", false),
            ("http://evil.example:8000/metrics", false),
            ("http://localhost@evil.example/metrics", false),
        ] {
            let request = request_from("127.0.0.1:5678", &[]).uri(target).to_http_request();
            assert_eq!(is_local(&request), expected, "{target}");
        }
        let other_host = request_from("127.0.0.1:5678", &[("host", "evil.example")]);
        let request = other_host.uri("http://localhost:8000/metrics").to_http_request();
        assert!(!is_local(&request));
    }

    #[test]
    fn a_request_of_a_web_page_of_another_origin_is_not_local() {
        for origin in ["https://evil.example", "http://localhost:3000", "null", ""] {
            assert!(!is_local_from("127.0.0.1:5678", &[("origin", origin)]), "{origin}");
        }
        for (site, expected) in
            [("cross-site", false), ("same-site", false), ("same-origin", true), ("none", true)]
        {
            let headers = [("sec-fetch-site", site)];
            assert_eq!(is_local_from("127.0.0.1:5678", &headers), expected, "{site}");
        }
    }
}
