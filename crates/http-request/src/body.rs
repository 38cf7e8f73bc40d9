//! The body of a request: read whole, up to a limit, and checked when a handler asks for it.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use futures::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use validator::Validate;

use crate::{InputError, RequestError, field::check};

/// The most bytes of a body that are read.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How much of a body that is too large is read all the same, and thrown away: most clients write
/// everything before they read the answer, and would see a broken connection instead of it.
const MAX_DISCARDED_BYTES: usize = 16 * MAX_BODY_BYTES;

/// How long a body may take to arrive: a client that sends it byte by byte must not hold a connection, and with it
/// a shutdown, for ever.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A body as it came, or why it could not be read.
pub struct RawBody {
    media_type: String,
    bytes: Result<Bytes, RequestError>,
}

impl FromRequest for RawBody {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = request.content_type().trim().to_ascii_lowercase();
        let declared = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_within(BODY_TIMEOUT, payload, declared).await;
            Ok(Self { media_type, bytes })
        })
    }
}

async fn read_within(
    timeout: Duration,
    payload: Payload,
    declared: Option<usize>,
) -> Result<Bytes, RequestError> {
    tokio::time::timeout(timeout, read(payload, declared))
        .await
        .unwrap_or_else(|_elapsed| Err(RequestError::BodyTooSlow))
}

async fn read(mut payload: Payload, declared: Option<usize>) -> Result<Bytes, RequestError> {
    let mut received = 0_usize;
    let mut body = BytesMut::with_capacity(declared.unwrap_or(0).min(MAX_BODY_BYTES));
    let too_large =
        |received| declared.is_some_and(|all| all > MAX_BODY_BYTES) || received > MAX_BODY_BYTES;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken_off| malformed("could not be read"))?;
        received = received.saturating_add(chunk.len());
        if !too_large(received) {
            body.extend_from_slice(&chunk);
        } else if received > MAX_DISCARDED_BYTES {
            break;
        }
    }
    if too_large(received) { Err(RequestError::BodyTooLarge) } else { Ok(body.freeze()) }
}

fn malformed(detail: &str) -> RequestError {
    InputError::in_body("", detail).into()
}

impl RawBody {
    /// Reads the body as JSON and checks every member.
    ///
    /// # Errors
    /// [`RequestError`] if it did not arrive, is no JSON object, or is wrong in some members.
    pub fn json<T: DeserializeOwned + Validate>(self) -> Result<T, RequestError> {
        if !self.is_json() {
            return Err(RequestError::UnsupportedMediaType);
        }
        parse(&self.bytes?)
    }

    /// Reads the body as JSON, where no body at all means an empty object.
    ///
    /// # Errors
    /// Those of [`RawBody::json`].
    pub fn json_or_nothing<T: DeserializeOwned + Validate>(self) -> Result<T, RequestError> {
        match &self.bytes {
            Ok(bytes) if bytes.is_empty() => parse(b"{}"),
            _ => self.json(),
        }
    }

    /// Reads the body as JSON or, if that is what it is, as a form: an object of texts. Of several fields of one name
    /// the last counts.
    ///
    /// # Errors
    /// Those of [`RawBody::json`].
    pub fn json_or_form<T: DeserializeOwned + Validate>(self) -> Result<T, RequestError> {
        if self.media_type != "application/x-www-form-urlencoded" {
            return self.json();
        }
        let form: BTreeMap<String, String> = serde_urlencoded::from_bytes(&self.bytes?)
            .map_err(|_malformed| malformed("must be a form"))?;
        parse(serde_json::json!(form).to_string().as_bytes())
    }

    fn is_json(&self) -> bool {
        match self.media_type.as_str() {
            "" | "application/json" => true,
            other => other.starts_with("application/") && other.ends_with("+json"),
        }
    }
}

fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, RequestError> {
    let json = std::str::from_utf8(bytes).map_err(|_other| malformed("must be UTF-8"))?;
    // A list would pass for a struct: serde reads one member after the other from it.
    let trimmed = json.trim_start();
    if !trimmed.is_empty() && !trimmed.starts_with('{') {
        let valid = serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
        return Err(malformed(if valid { "must be a JSON object" } else { "must be valid JSON" }));
    }
    let input: T = serde_json::from_str(json).map_err(|error| {
        if error.is_data() {
            malformed("must be a JSON object that names no member twice")
        } else {
            malformed("must be valid JSON")
        }
    })?;
    check(&input).map_err(RequestError::Invalid)?;
    Ok(input)
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let payload = Payload::Stream { payload: stream::pending().boxed_local() };
        let read = read_within(Duration::ZERO, payload, Some(50)).await;
        assert_eq!(read, Err(RequestError::BodyTooSlow));
    }

    #[tokio::test]
    async fn a_body_that_is_there_is_read() {
        let payload = Payload::from(Bytes::from_static(b"{}"));
        let read = read_within(Duration::ZERO, payload, None).await;
        assert_eq!(read, Ok(Bytes::from_static(b"{}")));
    }
}
