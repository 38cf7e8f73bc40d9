//! Timestamps as every response writes them: RFC 3339, UTC, microseconds.

use chrono::SecondsFormat;
use domain::Timestamp;
use serde::Serializer;

/// Writes a timestamp, for a member of a view: `"2026-01-31T12:00:00.000000Z"`.
///
/// # Errors
/// Those of the serializer.
pub(crate) fn timestamp<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
