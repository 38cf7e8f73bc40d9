//! Path and query parameters.

use actix_web::HttpRequest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Cursor, PageLimit, PageNumber, PageRequest, PageStart, SearchTerm, Timestamp, WholeNumberError,
    parse_whole_number,
};

use crate::{InputError, RequestError};

/// The `{id}` of a path, or the reason why it is invalid.
pub struct PathId(Result<i64, WholeNumberError>);

impl PathId {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(parse_digits(request.match_info().get("id").unwrap_or_default()))
    }

    /// The id.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] if it is not a 64-bit integer.
    pub fn get(self) -> Result<i64, RequestError> {
        Ok(self.0.map_err(|detail| InputError::in_parameter("id", detail.to_string()))?)
    }
}

/// The raw query string of a request.
pub struct QueryString(String);

impl QueryString {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(request.query_string().to_owned())
    }

    /// Decodes the parameters.
    pub fn params(&self) -> QueryParams {
        // Decoding never fails: invalid UTF-8 is replaced, and a parameter without `=` has an empty
        // value.
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&self.0).unwrap_or_default();
        QueryParams { values: pairs, errors: Vec::new() }
    }
}

/// Query parameters. Reading them collects the errors, which [`QueryParams::finish`] returns.
pub struct QueryParams {
    /// Pairs of name and value. If a name is repeated, its last value counts.
    values: Vec<(String, String)>,
    errors: Vec<InputError>,
}

impl QueryParams {
    fn raw(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.trim())
    }

    /// Parses a parameter. An invalid one is recorded as an error and returned as absent.
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

    /// A 64-bit integer by its value: `3`, `3.0`, `3e0`.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        self.read(name, parse_whole_number)
    }

    /// A timestamp (RFC 3339).
    pub fn timestamp(&mut self, name: &str) -> Option<Timestamp> {
        self.read(name, |raw| {
            // A `+` that was not percent-encoded has been decoded to a space.
            chrono::DateTime::parse_from_rfc3339(&raw.replace(' ', "+"))
                .map(|timestamp| timestamp.to_utc())
                .map_err(|_malformed| "must be an RFC 3339 timestamp, such as 2026-01-31T12:00:00Z")
        })
    }

    /// The `search` term; `None` if it is absent or blank.
    pub fn search(&mut self) -> Option<SearchTerm> {
        self.read("search", SearchTerm::parse).flatten()
    }

    /// The page of a paged list, by `page`, `limit` and `cursor`.
    pub fn page(&mut self) -> PageRequest {
        let number = self.read("page", |raw| parse_number(raw, PageNumber::new));
        let limit = self.read("limit", |raw| parse_number(raw, PageLimit::new));
        // An empty cursor means the first page, so that a client can loop over all pages.
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

    /// One of several named choices, compared without case; the default if it is absent or unknown.
    pub fn choice<T: Default + Copy>(&self, name: &str, choices: &[(&str, T)]) -> T {
        let chosen = self.raw(name).map(str::to_ascii_lowercase);
        choices
            .iter()
            .find(|(word, _)| chosen.as_deref() == Some(word))
            .map_or_else(T::default, |(_, choice)| *choice)
    }

    /// Returns the errors that were collected.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] with all invalid parameters, if there are any.
    pub fn finish(self) -> Result<(), RequestError> {
        if self.errors.is_empty() { Ok(()) } else { Err(RequestError::Invalid(self.errors)) }
    }
}

fn parse_number<T, E: ToString>(
    raw: &str,
    parse: impl FnOnce(i64) -> Result<T, E>,
) -> Result<T, String> {
    let number = parse_whole_number(raw).map_err(|error| error.to_string())?;
    parse(number).map_err(|error| error.to_string())
}

/// Parses an id from its digits. A path has one spelling of it, so that each resource has one URL.
fn parse_digits(digits: &str) -> Result<i64, WholeNumberError> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(WholeNumberError::NotWhole);
    }
    digits.parse().map_err(|_too_big| WholeNumberError::TooLarge)
}

/// Encodes a cursor for clients. It is opaque to them, so that its content can change.
pub fn encode_cursor(cursor: Cursor) -> String {
    URL_SAFE_NO_PAD.encode(cursor.id().to_be_bytes())
}

/// Decodes a cursor that a client sent.
fn decode_cursor(raw: &str) -> Result<Cursor, &'static str> {
    URL_SAFE_NO_PAD
        .decode(raw)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| Cursor::after(i64::from_be_bytes(bytes)))
        .ok_or("must be a next_cursor of this list")
}
