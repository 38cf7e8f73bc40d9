//! Authentication by access token. Each surface extracts the token from the request and has its own
//! error texts.

use actix_web::HttpRequest;
use domain::{
    TraceParent,
    account::{Account, Actor, Caller, SessionId, service::AuthenticateError},
    order::{IdempotencyKey, service::PlacementRequest},
};

use crate::{Services, TraceContext};

/// A caller with an open session and an existing account, and the trace that the request belongs
/// to.
pub struct AuthenticatedCaller {
    caller: Caller,
    trace: Option<TraceParent>,
}

impl AuthenticatedCaller {
    /// Authenticates the caller by the access token of the request.
    ///
    /// # Errors
    /// [`AuthenticateError`] if the token is invalid, its session has ended, or the store failed.
    pub async fn authenticate(
        token: &str,
        request: &HttpRequest,
        services: &Services,
    ) -> Result<Self, AuthenticateError> {
        let caller = services.accounts.authenticate(token).await?;
        Ok(Self { caller, trace: TraceContext::of(request).0 })
    }

    /// The caller's account, as it was read for this request.
    pub fn account(&self) -> &Account {
        &self.caller.account
    }

    /// The caller as an actor, with the request's trace.
    pub fn actor(&self) -> Actor {
        self.caller.actor().in_trace(self.trace)
    }

    /// The metadata that an order is placed with: its idempotency key and the request's trace.
    pub fn placement_request(&self, key: Option<IdempotencyKey>) -> PlacementRequest {
        PlacementRequest { key, trace: self.trace }
    }

    /// The session that the token belongs to.
    pub fn session(&self) -> SessionId {
        self.caller.session
    }
}
