//! Errors as clients see them: problem details for HTTP APIs (RFC 9457).
//!
//! Every error leaves through [`Problem`]; `code` has the table of their kinds, `mapping` says which
//! error of the domain is which.

pub(crate) mod code;
mod mapping;

use std::{borrow::Cow, fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use domain::Cause;
use http_request::InputError;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::openapi::enum_schemas::ProblemCodeSchema;

pub use self::code::ProblemCode;
pub(crate) use self::mapping::TransitionWording;

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// How long a client should wait when something the answer needs is away.
const UNAVAILABLE_RETRY_AFTER: Duration = Duration::from_secs(2);

/// An error on its way to a client, and its cause, which stays here for the log.
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
    /// A problem of a kind, with the kind's own wording.
    pub fn new(code: ProblemCode) -> Self {
        Self::with_detail(code, code.detail())
    }

    /// A problem of a kind, in other words.
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

    /// Input that is refused, for all of these reasons.
    pub(crate) fn invalid(errors: Vec<InputError>) -> Self {
        let list: Vec<_> =
            errors.iter().map(|error| format!("{} {}", error.location(), error.detail)).collect();
        Self { errors, ..Self::with_detail(ProblemCode::InvalidInput, list.join("; ")) }
    }

    /// Something that the answer needs is away.
    pub fn unavailable(cause: Option<Cause>) -> Self {
        Self {
            retry_after: Some(UNAVAILABLE_RETRY_AFTER),
            cause,
            ..Self::new(ProblemCode::Unavailable)
        }
    }

    /// A fault of this server, which only its log explains.
    pub(crate) fn internal(cause: Cause) -> Self {
        Self { cause: Some(cause), ..Self::new(ProblemCode::Internal) }
    }

    pub(crate) fn rate_limited(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(ProblemCode::RateLimited) }
    }

    /// A caller who is not taken for an operator, and what would help.
    pub(crate) fn operator_required(code: ProblemCode) -> Self {
        Self::with_detail(
            code,
            "For operators: send METRICS_TOKEN or an administrator's access token as a bearer token, \
             or ask from the machine itself",
        )
    }

    /// The same in the words that the classic surface has for some kinds.
    #[must_use]
    pub(crate) fn with_classic_detail(self) -> Self {
        match self.code {
            ProblemCode::InvalidToken => Self::with_detail(self.code, "Invalid or expired token"),
            ProblemCode::NotAuthorized => Self::with_detail(self.code, "Not allowed"),
            _ => self,
        }
    }

    /// Adds a member for machines.
    #[must_use]
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// Why it happened, where that is not the client's doing.
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// Its kind.
    pub fn code(&self) -> ProblemCode {
        self.code
    }
}

/// The members of a problem, in the order in which they are written.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(
    as = Problem,
    description = "An error (RFC 9457). Some kinds carry further members, named as the examples show."
)]
pub(crate) struct ProblemBody<'a> {
    /// A page that tells about problems of this kind, relative to this server.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "/problems/insufficient_stock")]
    kind: String,
    /// What kind of problem it is, for people.
    #[schema(example = "Not enough stock")]
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// What happened this time, for people.
    #[schema(example = "Not enough stock")]
    detail: &'a str,
    /// What kind of problem it is, for machines. Never changes.
    #[schema(value_type = ProblemCodeSchema)]
    code: &'a str,
    /// What is wrong with each part of the request, where that is the problem.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [InputError],
    #[serde(flatten)]
    #[schema(ignore)]
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
        // For the middleware that counts problems.
        response.extensions_mut().insert(self.code);
        response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up: a client that comes back on time is let through.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.insert_header((header::RETRY_AFTER, seconds.max(1)));
        }
        let body = ProblemBody {
            kind: format!("/problems/{}", self.code.as_str()),
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
