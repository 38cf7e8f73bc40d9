//! The `{id}` of a path.

use actix_web::HttpRequest;

use crate::{InputError, RequestError, from_json::parse_whole};

/// The `{id}` of a path, or why it is none.
pub struct PathId(Result<i64, &'static str>);

impl PathId {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(parse_whole(request.match_info().get("id").unwrap_or_default()))
    }

    /// The number.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] if it is none.
    pub fn get(self) -> Result<i64, RequestError> {
        Ok(self.0.map_err(|detail| InputError::in_parameter("id", detail))?)
    }
}
