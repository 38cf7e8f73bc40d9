//! Path and query parameters.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use domain::{
    PageLimit, PageNumber, PageRequest, PageStart, SearchTerm, TimeSpan, TimeSpanError, Timestamp,
    WholeNumberError, parse_whole_number,
};

use crate::{
    InputError, RequestError,
    cursors::{CursorScope, decode_cursor},
};

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

    /// Decodes the parameters for a route that knows all its parameters: others are errors, and so
    /// is a parameter that is given twice with different values.
    pub fn params(&self) -> QueryParams {
        self.decode(Strictness::Strict)
    }

    /// Decodes the parameters for a route that ignores unknown ones. If one is repeated, its last
    /// value counts.
    pub fn lenient_params(&self) -> QueryParams {
        self.decode(Strictness::Lenient)
    }

    fn decode(&self, strictness: Strictness) -> QueryParams {
        // Decoding never fails: invalid UTF-8 is replaced, and a parameter without `=` has an empty
        // value.
        let unread = serde_urlencoded::from_str(&self.0).unwrap_or_default();
        QueryParams { unread, strictness, errors: Vec::new() }
    }

    /// Checks that there are no parameters, for a route that has none.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] with every parameter.
    pub fn refuse_params(&self) -> Result<(), RequestError> {
        if self.0.is_empty() { Ok(()) } else { self.params().finish() }
    }
}

/// What happens to parameters that a route does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Strict,
    Lenient,
}

/// Query parameters. Reading them collects the errors, which [`QueryParams::finish`] returns,
/// together with those of the parameters that were not read: a route knows the parameters that it
/// reads.
pub struct QueryParams {
    /// The pairs of name and value that have not been read.
    unread: Vec<(String, String)>,
    strictness: Strictness,
    errors: Vec<InputError>,
}

impl QueryParams {
    /// Removes all values of a parameter, in their order, without surrounding white space.
    fn take_all(&mut self, name: &str) -> Vec<String> {
        let taken = self.unread.extract_if(.., |(given, _)| given == name);
        taken.map(|(_, value)| value.trim().to_owned()).collect()
    }

    /// Removes the value of a parameter.
    fn take(&mut self, name: &str) -> Option<String> {
        let mut values = self.take_all(name);
        let last = values.pop()?;
        if self.strictness == Strictness::Strict && values.iter().any(|value| *value != last) {
            let detail = "must be given only once";
            self.errors.push(InputError::in_parameter(name, detail));
            return None;
        }
        Some(last)
    }

    /// Parses a parameter. An invalid one is recorded as an error and returned as absent.
    pub fn read<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let parsed = parse(&self.take(name)?);
        self.keep_error(name, parsed)
    }

    /// As [`QueryParams::read`], for a filter: an empty one filters nothing, as if it were absent.
    pub fn filter<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.take(name).filter(|value| !value.is_empty())?;
        let parsed = parse(&value);
        self.keep_error(name, parsed)
    }

    /// A filter of several values, repeated or separated by commas; empty if it is absent.
    pub fn any_of<T: Ord, E: ToString>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> BTreeSet<T> {
        let values = self.take_all(name);
        let words = values.iter().flat_map(|value| value.split(',')).map(str::trim);
        let parsed = words.filter(|word| !word.is_empty()).map(parse).collect();
        self.keep_error(name, parsed).unwrap_or_default()
    }

    fn keep_error<T, E: ToString>(&mut self, name: &str, parsed: Result<T, E>) -> Option<T> {
        parsed
            .map_err(|error| self.errors.push(InputError::in_parameter(name, error.to_string())))
            .ok()
    }

    /// A filter by a 64-bit integer, by its value: `3`, `3.0`, `3e0`.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        self.filter(name, parse_whole_number)
    }

    /// A 64-bit integer, which must not be empty.
    pub fn number(&mut self, name: &str) -> Option<i64> {
        self.read(name, parse_whole_number)
    }

    /// A filter by the beginning of a date or of a timestamp (RFC 3339).
    pub fn period_start(&mut self, name: &str) -> Option<Timestamp> {
        self.filter(name, parse_time).map(|span| span.first)
    }

    /// A filter by the end of a date or of a timestamp (RFC 3339): of that day, second or
    /// microsecond.
    pub fn period_end(&mut self, name: &str) -> Option<Timestamp> {
        self.filter(name, parse_time).map(|span| span.last)
    }

    /// The `search` term; `None` if it is absent or blank.
    pub fn search(&mut self) -> Option<SearchTerm> {
        self.read("search", SearchTerm::parse).flatten()
    }

    /// The page of a paged list, by `page`, `limit` and `cursor`, which must be one of this list
    /// with the same filter and sort key.
    pub fn page(&mut self, scope: CursorScope<'_>) -> PageRequest {
        let number = self.read("page", |raw| parse_number(raw, PageNumber::new));
        let limit = self.read("limit", |raw| parse_number(raw, PageLimit::new));
        // An empty cursor means the first page, so that a client can loop over all pages.
        let cursor = self.filter("cursor", |raw| decode_cursor(raw, scope));
        PageRequest {
            start: cursor
                .map_or(PageStart::Number(number.unwrap_or(PageNumber::FIRST)), PageStart::After),
            limit: limit.unwrap_or(PageLimit::DEFAULT),
        }
    }

    /// One of several named choices, compared without case; the default if it is absent or unknown.
    pub fn choice<T: Default + Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> T {
        let chosen = self.take(name).map(|word| word.to_ascii_lowercase());
        choices
            .iter()
            .find(|(word, _)| chosen.as_deref() == Some(word))
            .map_or_else(T::default, |(_, choice)| *choice)
    }

    /// Returns the errors that were collected, and those of unknown parameters.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] with all invalid parameters, if there are any.
    pub fn finish(self) -> Result<(), RequestError> {
        let Self { unread, strictness, mut errors } = self;
        if strictness == Strictness::Strict {
            let names: BTreeSet<String> = unread.into_iter().map(|(name, _)| name).collect();
            let unknown = "is not a parameter of this request";
            errors.extend(names.into_iter().map(|name| InputError::in_parameter(name, unknown)));
        }
        if errors.is_empty() { Ok(()) } else { Err(RequestError::Invalid(errors)) }
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

fn parse_time(raw: &str) -> Result<TimeSpan, TimeSpanError> {
    // A `+` that was not percent-encoded has been decoded to a space.
    TimeSpan::parse(&raw.replace(' ', "+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> QueryParams {
        QueryString(query.to_owned()).params()
    }

    /// The parameters with errors.
    fn invalid(params: QueryParams) -> Vec<String> {
        match params.finish() {
            Ok(()) => Vec::new(),
            Err(RequestError::Invalid(errors)) => {
                errors.into_iter().map(|error| error.parameter.unwrap()).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_parameter_that_is_not_read_is_unknown() {
        let mut read = params("user_id=7&stauts=x&colour=red&stauts=y");
        assert_eq!(read.integer("user_id"), Some(7));
        assert_eq!(invalid(read), ["colour", "stauts"]);
        let mut lenient = QueryString("user_id=x&colour=red".to_owned()).lenient_params();
        assert_eq!(lenient.integer("user_id"), None);
        assert_eq!(invalid(lenient), ["user_id"]);
        assert_eq!(invalid(params("")), [""; 0]);
        assert!(QueryString("?a".to_owned()).refuse_params().is_err());
        assert!(QueryString(String::new()).refuse_params().is_ok());
    }

    #[test]
    fn a_repeated_parameter_must_have_one_value_unless_the_reader_is_lenient() {
        let mut read = params("a=1&b=2&a=1&b=3");
        assert_eq!((read.integer("a"), read.integer("b")), (Some(1), None));
        assert_eq!(invalid(read), ["b"]);
        let mut lenient = QueryString("b=2&b=3".to_owned()).lenient_params();
        assert_eq!(lenient.integer("b"), Some(3));
        assert_eq!(invalid(lenient), [""; 0]);
    }

    #[test]
    fn an_empty_filter_is_absent_and_an_empty_number_is_an_error() {
        let mut read = params("a=&b=%20&c&n=&from=&to=&any=&cursor=");
        for name in ["a", "b", "c"] {
            assert_eq!(read.integer(name), None);
        }
        assert_eq!((read.period_start("from"), read.period_end("to")), (None, None));
        assert_eq!(read.any_of("any", parse_whole_number), BTreeSet::new());
        assert_eq!(read.page(CursorScope::new("list", &())).offset(), 0);
        assert_eq!(read.number("n"), None);
        assert_eq!(invalid(read), ["n"]);
    }

    #[test]
    fn several_values_are_repeated_or_separated_by_commas() {
        for query in ["a=1&a=3", "a=1,3", "a=3,,1,&a=", "a=%203%20%2C1&a=1,3"] {
            let mut read = params(query);
            assert_eq!(read.any_of("a", parse_whole_number), BTreeSet::from([1, 3]), "{query}");
            assert_eq!(invalid(read), [""; 0], "{query}");
        }
        let mut read = params("a=1&a=x,y");
        assert_eq!(read.any_of("a", parse_whole_number), BTreeSet::new());
        assert_eq!(invalid(read), ["a"], "one error, although two words are wrong");
    }

    #[test]
    fn a_plus_in_an_offset_may_come_as_a_space() {
        let mut read = params("a=2026-01-31T12:00:00+02:00&b=2026-01-31T12:00:00%2B02:00");
        let (a, b) = (read.period_start("a"), read.period_start("b"));
        assert_eq!(a, b);
        assert!(a.is_some());
    }
}
