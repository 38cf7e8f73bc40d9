//! Extractors that authenticate the caller by bearer token and reject all other requests.

use std::ops::Deref;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use futures::future::LocalBoxFuture;
use http_request::{AuthenticatedCaller, Services};

use crate::problem::{Problem, ProblemCode};

/// An extractor: a caller with a valid access token.
pub(crate) struct Authenticated(AuthenticatedCaller);

impl Deref for Authenticated {
    type Target = AuthenticatedCaller;

    fn deref(&self) -> &AuthenticatedCaller {
        &self.0
    }
}

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let token = bearer_token(&request)
                .ok_or_else(|| Problem::new(ProblemCode::NotAuthenticated))?;
            let services = request
                .app_data::<Data<Services>>()
                .ok_or_else(|| Problem::new(ProblemCode::Internal))?;
            let caller = AuthenticatedCaller::authenticate(token, &request, services).await;
            caller.map(Self).map_err(|error| {
                let problem = Problem::from(error);
                if is_classic(request.path()) { problem.with_classic_detail() } else { problem }
            })
        })
    }
}

/// Whether a path belongs to the classic surface, which words some errors differently.
fn is_classic(path: &str) -> bool {
    path.starts_with("/orders") || path.starts_with("/auth")
}

/// The token of an `Authorization: Bearer …` header (RFC 6750, section 2.1). The scheme is
/// case-insensitive.
pub(crate) fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// An extractor: a caller with a valid access token and the role admin.
pub(crate) struct Admin(Authenticated);

impl Deref for Admin {
    type Target = AuthenticatedCaller;

    fn deref(&self) -> &AuthenticatedCaller {
        &self.0
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let authenticated = Authenticated::from_request(request, payload);
        Box::pin(async move {
            let caller = authenticated.await?;
            if !caller.actor().is_admin() {
                return Err(Problem::new(ProblemCode::AdminRequired));
            }
            Ok(Self(caller))
        })
    }
}
