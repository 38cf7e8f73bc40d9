//! The parameters of the path and the query.

use actix_web::HttpRequest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Cursor, PageLimit, PageNumber, PageRequest, PageStart, SearchTerm, Timestamp};

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

/// The query of a request, as it came.
pub struct QueryString(String);

impl QueryString {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(request.query_string().to_owned())
    }

    /// The parameters, to be read one by one.
    pub fn params(&self) -> Params {
        // Every sequence of bytes is some form: what is no UTF-8 is replaced, what has no `=` is empty.
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&self.0).unwrap_or_default();
        Params { values: pairs, errors: Vec::new() }
    }
}

/// Parameters being read: what is wrong is kept until [`Params::finish`].
pub struct Params {
    /// By name; of several of one name, the last counts.
    values: Vec<(String, String)>,
    errors: Vec<InputError>,
}

impl Params {
    /// A parameter as text, if it is there.
    fn raw(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.trim())
    }

    /// A parameter, read by `parse`. One that is wrong is kept for [`Params::finish`], and read as absent.
    pub fn read<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.raw(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(InputError::in_parameter(name, error.to_string()));
                None
            }
        }
    }

    /// A whole number of 64 bits.
    pub fn whole(&mut self, name: &str) -> Option<i64> {
        self.read(name, parse_whole)
    }

    /// A timestamp (RFC 3339).
    pub fn timestamp(&mut self, name: &str) -> Option<Timestamp> {
        self.read(name, |raw| {
            // In a query, a `+` that was not escaped has become a space.
            chrono::DateTime::parse_from_rfc3339(&raw.replace(' ', "+"))
                .map(|timestamp| timestamp.to_utc())
                .map_err(|_malformed| "must be an RFC 3339 timestamp, such as 2026-01-31T12:00:00Z")
        })
    }

    /// What to search for; blank means nothing.
    pub fn search(&mut self) -> Option<SearchTerm> {
        self.read("search", SearchTerm::parse).flatten()
    }

    /// The page of a `{page}` list.
    pub fn page(&mut self) -> PageRequest {
        let number = self.read("page", |raw| number_or(raw, PageNumber::new));
        let limit = self.read("limit", |raw| number_or(raw, PageLimit::new));
        // An empty cursor is where a loop over all pages starts.
        let cursor = self.read("cursor", |raw| match raw {
            "" => Ok(None),
            _ => decode_cursor(raw).map(Some),
        });
        PageRequest {
            start: cursor
                .flatten()
                .map_or(PageStart::Number(number.unwrap_or(PageNumber::FIRST)), PageStart::After),
            limit: limit.unwrap_or(PageLimit::DEFAULT),
        }
    }

    /// A choice of words, where an unknown one falls back to the default.
    pub fn choice<T: Default + Copy>(&self, name: &str, choices: &[(&str, T)]) -> T {
        let chosen = self.raw(name).map(str::to_ascii_lowercase);
        choices
            .iter()
            .find(|(word, _)| chosen.as_deref() == Some(word))
            .map_or_else(T::default, |(_, choice)| *choice)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] with everything that was wrong, if anything was.
    pub fn finish(self) -> Result<(), RequestError> {
        if self.errors.is_empty() { Ok(()) } else { Err(RequestError::Invalid(self.errors)) }
    }
}

fn number_or<T, E: ToString>(
    raw: &str,
    parse: impl FnOnce(i64) -> Result<T, E>,
) -> Result<T, String> {
    parse_whole(raw).map_err(str::to_owned).and_then(|n| parse(n).map_err(|e| e.to_string()))
}

/// Writes a cursor for a client: opaque, so that what it is made of can change.
pub fn encode_cursor(cursor: Cursor) -> String {
    URL_SAFE_NO_PAD.encode(cursor.id().to_be_bytes())
}

/// Reads a cursor that a client sent back.
fn decode_cursor(raw: &str) -> Result<Cursor, &'static str> {
    URL_SAFE_NO_PAD
        .decode(raw)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| Cursor::after(i64::from_be_bytes(bytes)))
        .ok_or("must be a next_cursor of this list")
}
