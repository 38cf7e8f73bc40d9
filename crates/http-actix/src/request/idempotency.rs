//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use domain::order::IdempotencyKey;

use crate::problem::{InputError, Problem};

/// The name of the header.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The key that the client sent, if it sent one, or why it is none.
pub(crate) struct IdempotencyHeader(Result<Option<IdempotencyKey>, Problem>);

impl IdempotencyHeader {
    /// The key.
    pub(crate) fn key(self) -> Result<Option<IdempotencyKey>, Problem> {
        self.0
    }
}

impl FromRequest for IdempotencyHeader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let key = request.headers().get(IDEMPOTENCY_KEY).map(|header| {
            let raw = header.to_str().map_err(|_binary| "must be printable ASCII".to_owned())?;
            // The draft wants a quoted string; most clients send the bare key. Both are the same key.
            let bare = raw.trim();
            let bare =
                bare.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or(bare);
            IdempotencyKey::parse(bare).map_err(|error| error.to_string())
        });
        ready(Ok(Self(key.transpose().map_err(|detail| {
            Problem::invalid(vec![InputError::in_parameter(IDEMPOTENCY_KEY, detail)])
        }))))
    }
}
