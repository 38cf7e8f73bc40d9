//! What is wrong with what a client sent.

use serde::{Deserialize, Serialize};

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InputError {
    /// Where in the body: a JSON pointer (RFC 6901).
    #[schema(example = "/price")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Which parameter of the path, the query or the headers, if it is not in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The reason, for people.
    #[schema(example = "must be greater than 0")]
    pub detail: String,
}

impl InputError {
    /// Something wrong in the body, at a JSON pointer.
    pub fn in_body(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, detail: detail.into() }
    }

    /// Something wrong with a parameter.
    pub fn in_parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: Some(name.into()), detail: detail.into() }
    }

    /// The same error, whose pointer starts at the member or item of that name in what is around it.
    #[must_use]
    pub fn within(self, name: impl std::fmt::Display) -> Self {
        let pointer = self.pointer.unwrap_or_default();
        Self { pointer: Some(format!("/{name}{pointer}")), ..self }
    }

    /// What is wrong, in a word: the name of a member or a parameter, or `body`.
    pub fn place(&self) -> &str {
        let pointer = self.pointer.as_deref().map(|pointer| pointer.trim_start_matches('/'));
        match pointer.or(self.parameter.as_deref()) {
            None | Some("") => "body",
            Some(place) => place,
        }
    }
}

/// Why a request cannot be taken as it came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Parts of it are wrong: all that were found to be.
    #[error("the request is invalid in {} places", .0.len())]
    Invalid(Vec<InputError>),
    /// The body has more bytes than are read.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body did not arrive in time.
    #[error("the body is too slow")]
    BodyTooSlow,
    /// The body is of a media type that is not read here.
    #[error("the body's media type is not supported")]
    UnsupportedMediaType,
}

impl From<InputError> for RequestError {
    fn from(error: InputError) -> Self {
        Self::Invalid(vec![error])
    }
}
