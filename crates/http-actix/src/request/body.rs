//! The body of a request: read whole, up to a limit, and checked when a handler asks for it.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use futures::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use validator::Validate;

use super::field;
use crate::problem::{InputError, Problem, ProblemCode};

/// The most bytes of a body that are read.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How much of a body that is too large is read all the same, and thrown away: most clients write
/// everything before they read the answer, and would see a broken connection instead of it.
const MAX_DISCARDED_BYTES: usize = 16 * MAX_BODY_BYTES;

/// How long a body may take to arrive: whoever sends it byte by byte must not hold a connection, and with it a
/// shutdown, for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body as it came, or why it could not be read.
pub(crate) struct RawBody {
    media_type: String,
    bytes: Result<Bytes, Problem>,
}

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = request.content_type().trim().to_ascii_lowercase();
        let declared = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_within(PATIENCE, payload, declared).await;
            Ok(Self { media_type, bytes })
        })
    }
}

async fn read_within(
    patience: Duration,
    payload: Payload,
    declared: Option<usize>,
) -> Result<Bytes, Problem> {
    tokio::time::timeout(patience, read(payload, declared))
        .await
        .unwrap_or_else(|_elapsed| Err(Problem::new(ProblemCode::BodyTooSlow)))
}

async fn read(mut payload: Payload, declared: Option<usize>) -> Result<Bytes, Problem> {
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
    if too_large(received) {
        Err(Problem::new(ProblemCode::BodyTooLarge))
    } else {
        Ok(body.freeze())
    }
}

fn malformed(detail: &str) -> Problem {
    Problem::invalid(vec![InputError::in_body("", detail)])
}

impl RawBody {
    /// Reads the body as JSON and checks every member.
    pub(crate) fn json<T: DeserializeOwned + Validate>(self) -> Result<T, Problem> {
        if !self.is_json() {
            return Err(Problem::new(ProblemCode::UnsupportedMediaType));
        }
        parse(&self.bytes?)
    }

    /// Reads the body as JSON, where no body at all is as good as an empty object.
    pub(crate) fn json_or_nothing<T: DeserializeOwned + Validate>(self) -> Result<T, Problem> {
        match &self.bytes {
            Ok(bytes) if bytes.is_empty() => parse(b"{}"),
            _ => self.json(),
        }
    }

    /// Reads the body as JSON or, if that is what it is, as a form.
    pub(crate) fn json_or_form<T: DeserializeOwned + Validate>(
        self,
        from_form: impl FnOnce(Vec<(String, String)>) -> T,
    ) -> Result<T, Problem> {
        if self.media_type != "application/x-www-form-urlencoded" {
            return self.json();
        }
        let pairs = serde_urlencoded::from_bytes(&self.bytes?)
            .map_err(|_malformed| malformed("must be a form"))?;
        check(from_form(pairs))
    }

    fn is_json(&self) -> bool {
        match self.media_type.as_str() {
            "" | "application/json" => true,
            other => other.starts_with("application/") && other.ends_with("+json"),
        }
    }
}

fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Problem> {
    let json = std::str::from_utf8(bytes).map_err(|_other| malformed("must be UTF-8"))?;
    // A list would pass for a struct: serde reads one member after the other from it.
    let trimmed = json.trim_start();
    if !trimmed.is_empty() && !trimmed.starts_with('{') {
        let valid = serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
        return Err(malformed(if valid { "must be a JSON object" } else { "must be valid JSON" }));
    }
    let input = serde_json::from_str(json).map_err(|error| {
        if error.is_data() {
            malformed("must be a JSON object that names no member twice")
        } else {
            malformed("must be valid JSON")
        }
    })?;
    check(input)
}

fn check<T: Validate>(input: T) -> Result<T, Problem> {
    match input.validate() {
        Ok(()) => Ok(input),
        Err(errors) => Err(Problem::invalid(field::input_errors(&errors))),
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let payload = Payload::Stream { payload: stream::pending().boxed_local() };
        let read = read_within(Duration::ZERO, payload, Some(50)).await;
        assert_eq!(read.map_err(|problem| problem.code()), Err(ProblemCode::BodyTooSlow));
    }

    #[tokio::test]
    async fn a_body_that_is_there_is_read() {
        let payload = Payload::from(Bytes::from_static(b"{}"));
        let read = read_within(Duration::ZERO, payload, None).await;
        assert_eq!(read.map_err(|problem| problem.code()), Ok(Bytes::from_static(b"{}")));
    }
}
