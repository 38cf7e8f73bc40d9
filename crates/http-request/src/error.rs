//! Errors of invalid requests.

use serde::{Deserialize, Serialize};

/// An error in one member of the body or in one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InputError {
    /// The place in the body, as a JSON pointer (RFC 6901). Absent if a parameter is wrong.
    #[schema(example = "/price")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The name of the path, query or header parameter. Absent if the error is in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The reason, as text for people.
    #[schema(example = "must be greater than 0")]
    pub detail: String,
}

impl InputError {
    /// An error in the body, at a JSON pointer.
    pub fn in_body(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, detail: detail.into() }
    }

    /// An error in a parameter.
    pub fn in_parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: Some(name.into()), detail: detail.into() }
    }

    /// The same error with `name`, a member or an index of the enclosing value, prepended to its
    /// pointer.
    #[must_use]
    pub fn within(self, name: impl std::fmt::Display) -> Self {
        let pointer = self.pointer.unwrap_or_default();
        Self { pointer: Some(format!("/{name}{pointer}")), ..self }
    }

    /// The place of the error for a message: the path of a member, the name of a parameter, or
    /// `body`.
    pub fn location(&self) -> &str {
        let pointer = self.pointer.as_deref().map(|pointer| pointer.trim_start_matches('/'));
        match pointer.or(self.parameter.as_deref()) {
            None | Some("") => "body",
            Some(location) => location,
        }
    }
}

/// The reason why a request is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Members or parameters are invalid: all errors that were found.
    #[error("the request is invalid in {} places", .0.len())]
    Invalid(Vec<InputError>),
    /// The body is larger than the limit.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body did not arrive within the timeout.
    #[error("the body is too slow")]
    BodyTooSlow,
    /// The media type of the body is not supported.
    #[error("the body's media type is not supported")]
    UnsupportedMediaType,
    /// The body is compressed, or has another content coding.
    #[error("the body's content coding is not supported")]
    UnsupportedContentEncoding,
}

impl From<InputError> for RequestError {
    fn from(error: InputError) -> Self {
        Self::Invalid(vec![error])
    }
}
