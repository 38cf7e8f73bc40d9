//! An extractor that authenticates operators and rejects all other clients.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderName},
    web::Data,
};
use futures::future::LocalBoxFuture;
use tokio::time;

use super::access::ProbeAccess;
use crate::{
    caller::{Admin, bearer_token},
    problem::{Problem, ProblemCode},
};

/// The timeout of authenticating an access token. It keeps probes fast while a dependency is
/// unavailable.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(2);

/// The headers that proxies add to the requests that they forward.
const PROXY_HEADERS: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// An extractor: a client that is an operator. On the operators' own listener that is every client;
/// elsewhere a client on this machine (unless there is an operators' token), a client with the
/// operators' token, or a caller with the role admin.
pub(crate) struct Operator;

impl FromRequest for Operator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Some(access) = request.app_data::<Data<ProbeAccess>>() else {
            return Box::pin(async { Err(Problem::new(ProblemCode::Internal)) });
        };
        if matches!(***access, ProbeAccess::Everyone)
            || (access.trusts_loopback() && is_local(request))
        {
            return Box::pin(async { Ok(Self) });
        }
        let Some(token) = bearer_token(request) else {
            return Box::pin(async {
                Err(Problem::operator_required(ProblemCode::NotAuthenticated))
            });
        };
        if access.accepts_token(token) {
            return Box::pin(async { Ok(Self) });
        }
        let admin = Admin::from_request(request, payload);
        Box::pin(async move {
            match time::timeout(TOKEN_TIMEOUT, admin).await {
                Ok(Ok(_admin)) => Ok(Self),
                Ok(Err(problem)) => Err(match problem.code() {
                    code @ (ProblemCode::InvalidToken | ProblemCode::AdminRequired) => {
                        Problem::operator_required(code)
                    }
                    _ => problem,
                }),
                Err(_elapsed) => Err(Problem::unavailable(None)),
            }
        })
    }
}

/// Whether a request originates on this machine. That excludes requests forwarded by a local proxy,
/// and requests of a web page with another host name in a local browser (DNS rebinding).
fn is_local(request: &HttpRequest) -> bool {
    let peer = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let forwarded = PROXY_HEADERS.iter().any(|name| request.headers().contains_key(name));
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    peer && !forwarded && host.is_some_and(is_local_host)
}

/// Whether a `Host` header is a loopback address or `localhost`.
fn is_local_host(host: &str) -> bool {
    let address = host
        .parse::<SocketAddr>()
        .map(|socket| socket.ip())
        .or_else(|_| host.trim_matches(['[', ']']).parse::<IpAddr>());
    let name = host.split(':').next().unwrap_or_default();
    address.is_ok_and(|address| address.is_loopback()) || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn is_local_from(peer: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let request = TestRequest::default()
            .peer_addr(peer.parse().unwrap())
            .insert_header(("host", "localhost:8000"));
        let request =
            headers.iter().fold(request, |request, header| request.insert_header(*header));
        is_local(&request.to_http_request())
    }

    #[test]
    fn a_client_on_this_machine_is_local() {
        assert!(is_local_from("127.0.0.1:5678", &[]));
        assert!(is_local_from("[::1]:5678", &[("host", "LOCALHOST")]));
        assert!(is_local_from("[::ffff:127.0.0.1]:5678", &[("host", "127.0.0.1:8000")]));
        assert!(is_local_from("127.0.0.1:5678", &[("host", "[::1]:8000")]));
        assert!(is_local_from("127.0.0.1:5678", &[("host", "[::1]")]));
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
    fn a_host_name_that_resolves_to_this_machine_is_not_local() {
        assert!(!is_local_from("127.0.0.1:5678", &[("host", "evil.example:8000")]));
        assert!(!is_local_from("127.0.0.1:5678", &[("host", "localhost.evil.example")]));
    }
}
