//! Who calls, by an access token. Where a surface finds the token, and how it answers without one, is its own affair.

use actix_web::HttpRequest;
use domain::{
    TraceParent,
    account::{Account, Actor, Caller, SessionId, service::AuthenticateError},
    order::{IdempotencyKey, service::PlacementRequest},
};

use crate::{Services, TraceContext};

/// A caller whose session is open and whose account exists, and the trace that the request belongs to.
pub struct AuthenticatedCaller {
    caller: Caller,
    trace: Option<TraceParent>,
}

impl AuthenticatedCaller {
    /// Finds out whose access token it is that came with a request.
    ///
    /// # Errors
    /// [`AuthenticateError`] if it is none, if its session is over, or if the store failed.
    pub async fn by_token(
        token: &str,
        request: &HttpRequest,
        services: &Services,
    ) -> Result<Self, AuthenticateError> {
        let caller = services.accounts.authenticate(token).await?;
        Ok(Self { caller, trace: TraceContext::of(request).0 })
    }

    /// The caller's account, as it is now.
    pub fn account(&self) -> &Account {
        &self.caller.account
    }

    /// The caller, as an actor within the request's trace.
    pub fn actor(&self) -> Actor {
        self.caller.actor().in_trace(self.trace)
    }

    /// What a placement needs to know of the request: its idempotency key and its trace.
    pub fn placement(&self, key: Option<IdempotencyKey>) -> PlacementRequest {
        PlacementRequest { key, trace: self.trace }
    }

    /// The session that the token belongs to.
    pub fn session(&self) -> SessionId {
        self.caller.session
    }
}
