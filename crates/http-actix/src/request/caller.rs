//! Who calls: extractors that let nobody else in.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use domain::{
    TraceParent,
    account::{Account, Actor, Caller, SessionId},
    order::{IdempotencyKey, service::PlacementRequest},
};
use futures::future::LocalBoxFuture;

use super::TraceContext;
use crate::{
    problem::{Problem, ProblemCode},
    services::Services,
};

/// A caller with a valid access token, whose session is open and whose account exists.
pub(crate) struct SignedIn {
    caller: Caller,
    trace: Option<TraceParent>,
}

impl SignedIn {
    /// The caller's account, as it is now.
    pub(crate) fn account(&self) -> &Account {
        &self.caller.account
    }

    /// The caller, as an actor.
    pub(crate) fn actor(&self) -> Actor {
        self.caller.actor().in_trace(self.trace)
    }

    /// How the caller's request for an order came.
    pub(crate) fn placement(&self, key: Option<IdempotencyKey>) -> PlacementRequest {
        PlacementRequest { key, trace: self.trace }
    }

    /// The session that the call belongs to.
    pub(crate) fn session(&self) -> SessionId {
        self.caller.session
    }
}

impl FromRequest for SignedIn {
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
            let caller = services.accounts.authenticate(token).await.map_err(|error| {
                let problem = Problem::from(error);
                if problem.code() == ProblemCode::InvalidToken && is_classic(request.path()) {
                    return Problem::worded(ProblemCode::InvalidToken, "Invalid or expired token");
                }
                problem
            })?;
            Ok(Self { caller, trace: TraceContext::of(&request).0 })
        })
    }
}

/// The classic surface words one error differently: these are its paths.
fn is_classic(path: &str) -> bool {
    path.starts_with("/orders") || path.starts_with("/auth")
}

/// The token of an `Authorization: Bearer …` header (RFC 6750, section 2.1). The scheme has no case.
pub(super) fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// A caller who is staff.
pub(crate) struct Admin(SignedIn);

impl Admin {
    /// The caller, as an actor.
    pub(crate) fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        Box::pin(async move {
            let caller = signed_in.await?;
            if !caller.actor().is_admin() {
                return Err(Problem::new(ProblemCode::AdminRequired));
            }
            Ok(Self(caller))
        })
    }
}
