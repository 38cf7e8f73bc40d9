//! Error responses: problem details for HTTP APIs (RFC 9457).
//!
//! Every error response is a [`Problem`]. `code` is the table of problem types; `mapping` maps the
//! errors of the domain to problems.

pub(crate) mod code;
mod mapping;
mod schema;
mod token_error;

use std::{borrow::Cow, fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use domain::Cause;
use http_request::InputError;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::links::link;

pub use self::code::ProblemCode;
pub(crate) use self::{mapping::TransitionWording, schema::ProblemSchema};

/// The media type of problem details.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// The `Retry-After` of a response that failed because a dependency is unavailable.
const UNAVAILABLE_RETRY_AFTER: Duration = Duration::from_secs(2);

/// The error that a client receives, and its cause, which is only logged.
#[derive(Debug)]
pub struct Problem {
    code: ProblemCode,
    detail: Cow<'static, str>,
    errors: Vec<InputError>,
    extensions: Map<String, Value>,
    retry_after: Option<Duration>,
    cause: Option<Cause>,
}

impl Problem {
    /// A problem of a type, with the default `detail` of the type.
    pub fn new(code: ProblemCode) -> Self {
        Self::with_detail(code, code.detail())
    }

    /// A problem of a type, with another `detail`.
    pub fn with_detail(code: ProblemCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            extensions: Map::new(),
            retry_after: None,
            cause: None,
        }
    }

    /// Invalid input, with all errors that were found.
    pub(crate) fn invalid(errors: Vec<InputError>) -> Self {
        let list: Vec<_> =
            errors.iter().map(|error| format!("{} {}", error.location(), error.detail)).collect();
        Self { errors, ..Self::with_detail(ProblemCode::InvalidInput, list.join("; ")) }
    }

    /// A dependency that the response needs is unavailable.
    pub fn unavailable(cause: Option<Cause>) -> Self {
        Self {
            retry_after: Some(UNAVAILABLE_RETRY_AFTER),
            cause,
            ..Self::new(ProblemCode::Unavailable)
        }
    }

    /// An internal error. Only the log has its cause.
    pub(crate) fn internal(cause: Cause) -> Self {
        Self { cause: Some(cause), ..Self::new(ProblemCode::Internal) }
    }

    pub(crate) fn rate_limited(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(ProblemCode::RateLimited) }
    }

    /// The caller is not recognized as an operator; `detail` names the accepted credentials.
    pub(crate) fn operator_required(code: ProblemCode) -> Self {
        Self::with_detail(
            code,
            "For operators: send METRICS_TOKEN or an administrator's access token as a bearer token, \
             or ask from the machine itself",
        )
    }

    /// The same problem, with the `detail` that the classic surface has for some types.
    #[must_use]
    pub(crate) fn with_classic_detail(self) -> Self {
        match self.code {
            ProblemCode::InvalidToken => Self::with_detail(self.code, "Invalid or expired token"),
            ProblemCode::NotAuthorized => Self::with_detail(self.code, "Not allowed"),
            _ => self,
        }
    }

    /// Adds an extension member (RFC 9457, section 3.2).
    #[must_use]
    pub(crate) fn with_extension(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// The time after which the client may retry, if the response has a `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The underlying error, for the log. Absent if the client caused the problem.
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// The problem type.
    pub fn code(&self) -> ProblemCode {
        self.code
    }
}

/// The members of the problem details, in the order in which they are serialized. `schema` describes
/// them.
#[derive(Serialize)]
struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [InputError],
    #[serde(flatten)]
    extensions: &'a Map<String, Value>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        // The metrics middleware counts problems by code.
        response.extensions_mut().insert(self.code);
        response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if self.code == ProblemCode::UnsupportedContentEncoding {
            // The codings that a body may have (RFC 9110, section 15.5.16).
            response.insert_header((header::ACCEPT_ENCODING, "identity"));
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up, so that a retry after that time is not too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.insert_header((header::RETRY_AFTER, seconds.max(1)));
        }
        let body = ProblemBody {
            kind: link(&format!("/problems/{}", self.code.as_str())),
            title: self.code.title(),
            status: status.as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            errors: &self.errors,
            extensions: &self.extensions,
        };
        response.body(serde_json::to_vec(&body).unwrap_or_default())
    }
}
