//! The error response of the token endpoint (RFC 6749, section 5.2).

use super::{Problem, ProblemCode};

impl Problem {
    /// The same problem with the members `error` and `error_description`, by which OAuth 2.0
    /// libraries recognize an error. Its status stays, which the RFC would have as 400.
    #[must_use]
    pub(crate) fn with_token_error(self) -> Self {
        let error = error_code(self.code);
        self.describe_token_error(error)
    }

    /// A token request of another kind than the two that the endpoint supports.
    pub(crate) fn unsupported_grant_type() -> Self {
        let reason = "must be password or refresh_token";
        let problem = Self::invalid(vec![http_request::InputError::in_body("/grant_type", reason)]);
        problem.describe_token_error("unsupported_grant_type")
    }

    fn describe_token_error(self, error: &'static str) -> Self {
        if self.extensions.contains_key("error") {
            return self;
        }
        let description: String = self.detail.chars().map(in_description).collect();
        self.with_extension("error", error).with_extension("error_description", description)
    }
}

/// The error code for programs. For faults of the server, section 5.2 has no code; these are those
/// of section 4.1.2.1.
fn error_code(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::InvalidCredentials | ProblemCode::InvalidRefreshToken => "invalid_grant",
        ProblemCode::RateLimited | ProblemCode::Unavailable => "temporarily_unavailable",
        ProblemCode::Internal => "server_error",
        _ => "invalid_request",
    }
}

/// A description consists of ASCII characters without quotes and backslashes.
fn in_description(character: char) -> char {
    match character {
        '"' | '\\' => '\'',
        ' '..='~' => character,
        _ => '?',
    }
}
