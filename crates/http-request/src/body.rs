//! The request body: buffered up to a size limit, then parsed and validated when the handler asks
//! for it.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web::{Bytes, BytesMut},
};
use futures::{StreamExt, future::LocalBoxFuture};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::PartialSchema;
use validator::{Validate, ValidationErrors};

use crate::{InputError, RequestError, field::check, update::MemberNames};

/// The largest body that is accepted.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How much of a body that is too large is read and discarded. Most clients write the whole body
/// before they read the response, so closing the connection early would hide the 413 from them.
const MAX_DISCARDED_BYTES: usize = 16 * MAX_BODY_BYTES;

/// The detail of the error for a body that is valid JSON but no object.
pub const NOT_AN_OBJECT: &str = "must be a JSON object";

/// How long a body may take to arrive. A slow client must not hold a connection open without limit,
/// which would also block a graceful shutdown.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// An unparsed body, or the error that kept it from being read.
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
        let encoded = is_encoded(request.headers());
        let payload = payload.take();
        Box::pin(async move {
            let bytes = match read_within(BODY_TIMEOUT, payload, declared).await {
                Ok(body) if encoded && !body.is_empty() => {
                    Err(RequestError::UnsupportedContentEncoding)
                }
                read => read,
            };
            Ok(Self { media_type, bytes })
        })
    }
}

/// Whether the body has a content coding, such as gzip (RFC 9110, section 8.4). Then it would have
/// to be decoded first, and a small one may decode to a huge one.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).any(|codings| {
        let codings = codings.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        codings
            .into_iter()
            .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    })
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
    let too_large = |received| {
        declared.is_some_and(|length| length > MAX_BODY_BYTES) || received > MAX_BODY_BYTES
    };
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_incomplete| malformed("could not be read"))?;
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
    /// Parses the body as JSON and validates every member.
    ///
    /// # Errors
    /// [`RequestError`] if the body could not be read, is not a JSON object, or has invalid
    /// members.
    pub fn json<T: DeserializeOwned + Validate>(self) -> Result<T, RequestError> {
        if !self.is_json() {
            return Err(RequestError::UnsupportedMediaType);
        }
        parse(&self.bytes?)
    }

    /// As [`RawBody::json`], for an update of a resource whose answer has the members of `V`. They
    /// may all be given, and the update ignores those that it does not read.
    ///
    /// # Errors
    /// Those of [`RawBody::json`], and if a member is unknown or given twice.
    pub fn update<T: DeserializeOwned + Validate, V: PartialSchema>(
        self,
    ) -> Result<T, RequestError> {
        if !self.is_json() {
            return Err(RequestError::UnsupportedMediaType);
        }
        let bytes = self.bytes?;
        let json = object(&bytes)?;
        let mut errors = deserialize::<MemberNames>(json)?.check::<T, V>();
        let input = match deserialize::<T>(json) {
            Ok(input) => {
                errors.extend(check(&input).err().unwrap_or_default());
                Some(input)
            }
            Err(error) if errors.is_empty() => return Err(error),
            // A member that is given twice is among the errors already.
            Err(_repeated) => None,
        };
        errors.sort_by(|one, other| one.pointer.cmp(&other.pointer));
        input.filter(|_| errors.is_empty()).ok_or(RequestError::Invalid(errors))
    }

    /// Checks the body of a change that needs none: it may be absent, or have members of the answer
    /// `V` to be ignored.
    ///
    /// # Errors
    /// Those of [`RawBody::update`].
    pub fn no_members<V: PartialSchema>(self) -> Result<(), RequestError> {
        if self.is_absent() {
            return Ok(());
        }
        self.update::<NoMembers, V>().map(|NoMembers {}| ())
    }

    /// Whether the request has no body at all.
    pub fn is_absent(&self) -> bool {
        self.bytes.as_ref().is_ok_and(Bytes::is_empty)
    }

    /// Parses the body as JSON or, by its content type, as a form, which becomes an object of
    /// strings. If a form repeats a field, the last value wins.
    ///
    /// # Errors
    /// Those of [`RawBody::json`].
    pub fn json_or_form<T: DeserializeOwned + Validate>(self) -> Result<T, RequestError> {
        if !self.is_form() {
            return self.json();
        }
        parse(serde_json::json!(self.form()?).to_string().as_bytes())
    }

    /// Parses the body as a form, the only content type that is accepted. If the form repeats a
    /// field, the last value wins.
    ///
    /// # Errors
    /// [`RequestError`] if the body could not be read or is not a form.
    pub fn form(self) -> Result<BTreeMap<String, String>, RequestError> {
        if !self.is_form() {
            return Err(RequestError::UnsupportedMediaType);
        }
        serde_urlencoded::from_bytes(unmarked(&self.bytes?))
            .map_err(|_malformed| malformed("must be a form"))
    }

    fn is_form(&self) -> bool {
        self.media_type == "application/x-www-form-urlencoded"
    }

    fn is_json(&self) -> bool {
        match self.media_type.as_str() {
            "" | "application/json" => true,
            other => other.starts_with("application/") && other.ends_with("+json"),
        }
    }
}

/// The body without the byte order mark that some programs begin a text in UTF-8 with. RFC 8259
/// (section 8.1) allows readers of JSON to ignore it.
fn unmarked(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// A body without members.
#[derive(Deserialize)]
struct NoMembers {}

impl Validate for NoMembers {
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, RequestError> {
    let input = deserialize(object(bytes)?)?;
    check(&input).map_err(RequestError::Invalid)?;
    Ok(input)
}

/// The text of a body that is a JSON object, or at least begins like one.
fn object(bytes: &[u8]) -> Result<&str, RequestError> {
    let json = std::str::from_utf8(unmarked(bytes)).map_err(|_other| malformed("must be UTF-8"))?;
    // serde would deserialize a JSON array into a struct, element by element.
    let trimmed = json.trim_start();
    if !trimmed.is_empty() && !trimmed.starts_with('{') {
        let valid = serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
        return Err(malformed(if valid { NOT_AN_OBJECT } else { "must be valid JSON" }));
    }
    Ok(json)
}

fn deserialize<T: DeserializeOwned>(json: &str) -> Result<T, RequestError> {
    serde_json::from_str(json).map_err(|error| {
        if error.is_data() {
            malformed("must be a JSON object that names no member twice")
        } else {
            malformed("must be valid JSON")
        }
    })
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_arrive_in_time_is_too_slow() {
        let payload = Payload::Stream { payload: stream::pending().boxed_local() };
        let read = read_within(Duration::ZERO, payload, Some(50)).await;
        assert_eq!(read, Err(RequestError::BodyTooSlow));
    }

    #[tokio::test]
    async fn a_body_that_has_arrived_is_read() {
        let payload = Payload::from(Bytes::from_static(b"{}"));
        let read = read_within(Duration::ZERO, payload, None).await;
        assert_eq!(read, Ok(Bytes::from_static(b"{}")));
    }
}
