//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).

use actix_web::HttpRequest;
use domain::order::IdempotencyKey;

use crate::{InputError, RequestError};

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The key that the client sent, if any, or the reason why it is invalid.
pub struct IdempotencyHeader(Result<Option<IdempotencyKey>, String>);

impl IdempotencyHeader {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let key = request.headers().get(IDEMPOTENCY_KEY).map(|header| {
            let raw = header.to_str().map_err(|_binary| "must be printable ASCII".to_owned())?;
            // The draft specifies a quoted string; most clients send the bare key. Both mean the
            // same key.
            let bare = raw.trim();
            let bare =
                bare.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or(bare);
            IdempotencyKey::parse(bare).map_err(|error| error.to_string())
        });
        Self(key.transpose())
    }

    /// The key; `None` if the client sent none.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] if the key is invalid.
    pub fn key(self) -> Result<Option<IdempotencyKey>, RequestError> {
        Ok(self.0.map_err(|detail| InputError::in_parameter(IDEMPOTENCY_KEY, detail))?)
    }
}
