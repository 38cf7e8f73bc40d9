//! Who runs this server: an extractor that lets only operators in.

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

use super::access::Access;
use crate::{
    caller::{Admin, bearer_token},
    problem::{Problem, ProblemCode},
};

/// How long it may take to find out whose access token it is. Probes do not wait longer, whatever
/// is away.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(2);

/// What proxies add to requests that are not their own.
const PROXY_HEADERS: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// A caller who runs this server: anybody at the operators' own port; elsewhere whoever calls from
/// this machine itself, has the operators' token, or is an administrator.
pub(crate) struct Operator;

impl FromRequest for Operator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Some(access) = request.app_data::<Data<Access>>() else {
            return Box::pin(async { Err(Problem::new(ProblemCode::Internal)) });
        };
        if matches!(***access, Access::Everyone) || (access.trusts_loopback() && is_local(request))
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
                Err(_late) => Err(Problem::unavailable(None)),
            }
        })
    }
}

/// Whether a request comes from this machine itself. One that a proxy on this machine passes on
/// does not, nor one that a page of another name in a browser on this machine sends here.
fn is_local(request: &HttpRequest) -> bool {
    let peer = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let passed_on = PROXY_HEADERS.iter().any(|name| request.headers().contains_key(name));
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    peer && !passed_on && host.is_some_and(is_local_host)
}

/// Whether a `Host` header names this machine as only itself does.
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

    fn from(peer: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let request = TestRequest::default()
            .peer_addr(peer.parse().unwrap())
            .insert_header(("host", "localhost:8000"));
        let request =
            headers.iter().fold(request, |request, header| request.insert_header(*header));
        is_local(&request.to_http_request())
    }

    #[test]
    fn who_calls_from_this_machine_is_an_operator() {
        assert!(from("127.0.0.1:5678", &[]));
        assert!(from("[::1]:5678", &[("host", "LOCALHOST")]));
        assert!(from("[::ffff:127.0.0.1]:5678", &[("host", "127.0.0.1:8000")]));
        assert!(from("127.0.0.1:5678", &[("host", "[::1]:8000")]));
        assert!(from("127.0.0.1:5678", &[("host", "[::1]")]));
    }

    #[test]
    fn who_calls_from_elsewhere_is_not() {
        assert!(!from("203.0.113.9:5678", &[]));
        assert!(!from("203.0.113.9:5678", &[("host", "localhost")]));
        assert!(!from("203.0.113.9:5678", &[("x-forwarded-for", "127.0.0.1")]));
    }

    #[test]
    fn what_a_proxy_on_this_machine_passes_on_is_not_its_own() {
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "via",
        ] {
            assert!(!from("127.0.0.1:5678", &[(name, "127.0.0.1")]), "{name}");
        }
    }

    #[test]
    fn who_does_not_say_whom_it_calls_is_not() {
        let request = TestRequest::default().peer_addr("127.0.0.1:5678".parse().unwrap());
        assert!(!is_local(&request.to_http_request()));
    }

    #[test]
    fn a_page_whose_name_leads_to_this_machine_is_not_let_in() {
        assert!(!from("127.0.0.1:5678", &[("host", "evil.example:8000")]));
        assert!(!from("127.0.0.1:5678", &[("host", "localhost.evil.example")]));
    }
}
