//! Cursors as clients see them: opaque, and valid only for the list that handed them out.

use std::fmt::Debug;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Datelike as _;
use domain::{Cursor, Timestamp};
use sha2::{Digest as _, Sha256};

/// The number of bytes of a fingerprint. It prevents mistakes, not attacks: a client may read the
/// whole list anyway.
const FINGERPRINT_BYTES: usize = 4;

/// The list that a cursor belongs to: its name, and its filters as they were parsed, with its sort
/// key if it can have several. Filters that mean the same must be equal in their `Debug` form.
#[derive(Debug, Clone, Copy)]
pub struct CursorScope<'f> {
    list: &'static str,
    filter: &'f (dyn Debug + Sync),
}

impl<'f> CursorScope<'f> {
    /// The list of this name with this filter. The name must differ from those of other lists.
    pub const fn new(list: &'static str, filter: &'f (dyn Debug + Sync)) -> Self {
        Self { list, filter }
    }

    fn fingerprint(self) -> [u8; FINGERPRINT_BYTES] {
        let scope = format!("{}\0{:?}", self.list, self.filter);
        let hash: [u8; 32] = Sha256::digest(scope).into();
        let mut fingerprint = [0; FINGERPRINT_BYTES];
        fingerprint.iter_mut().zip(hash).for_each(|(byte, of_hash)| *byte = of_hash);
        fingerprint
    }
}

/// Encodes a cursor of a list for clients. It is opaque to them, so that its content can change.
pub fn encode_cursor(cursor: Cursor, scope: CursorScope<'_>) -> String {
    let mut bytes = cursor.id().to_be_bytes().to_vec();
    bytes.extend(scope.fingerprint());
    if let Some(timestamp) = cursor.timestamp() {
        bytes.extend(timestamp.timestamp_micros().to_be_bytes());
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a cursor that a client sent for a list. A cursor of another list or of another filter
/// would silently leave entries out or repeat them.
pub(crate) fn decode_cursor(raw: &str, scope: CursorScope<'_>) -> Result<Cursor, &'static str> {
    let decode = || {
        let bytes = URL_SAFE_NO_PAD.decode(raw).ok()?;
        let (id, rest) = bytes.split_first_chunk()?;
        let (fingerprint, timestamp) = rest.split_first_chunk()?;
        let id = i64::from_be_bytes(*id);
        let cursor = match timestamp {
            [] => Cursor::after(id),
            micros => Cursor::after_timestamp(decode_timestamp(micros)?, id),
        };
        (*fingerprint == scope.fingerprint()).then_some(cursor)
    };
    decode().ok_or("must be a next_cursor of this list")
}

/// A timestamp of a year with four digits: a forged one must not be beyond the calendar of a
/// database.
fn decode_timestamp(micros: &[u8]) -> Option<Timestamp> {
    let micros = i64::from_be_bytes(micros.try_into().ok()?);
    Timestamp::from_timestamp_micros(micros).filter(|time| (0..=9_999).contains(&time.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_valid_for_its_list_and_its_filter_only() {
        let (red, blue) = (Some("red"), Some("blue"));
        let scope = CursorScope::new("lamps", &red);
        for id in [i64::MIN, -1, 0, 42, i64::MAX] {
            let encoded = encode_cursor(Cursor::after(id), scope);
            assert_eq!(decode_cursor(&encoded, scope), Ok(Cursor::after(id)));
            for other in [CursorScope::new("lamps", &blue), CursorScope::new("desks", &red)] {
                assert!(decode_cursor(&encoded, other).is_err(), "{other:?}");
            }
        }
    }

    #[test]
    fn a_cursor_of_a_list_by_time_has_its_timestamp() {
        let scope = CursorScope::new("lamps", &());
        for micros in [0, -1, 1_767_225_600_123_456] {
            let timestamp = Timestamp::from_timestamp_micros(micros).unwrap();
            let cursor = Cursor::after_timestamp(timestamp, 42);
            let encoded = encode_cursor(cursor, scope);
            assert_eq!(decode_cursor(&encoded, scope), Ok(cursor));
            assert!(decode_cursor(&encoded, CursorScope::new("desks", &())).is_err());
        }
        for beyond in [Timestamp::MAX_UTC, Timestamp::MIN_UTC] {
            let encoded = encode_cursor(Cursor::after_timestamp(beyond, 42), scope);
            assert!(decode_cursor(&encoded, scope).is_err(), "{beyond}");
        }
    }

    #[test]
    fn other_texts_are_no_cursors() {
        let scope = CursorScope::new("lamps", &());
        let encoded = encode_cursor(Cursor::after(42), scope);
        let longer = format!("{encoded}AAAA");
        // The second one is of the form that had no fingerprint.
        for raw in ["nonsense", "AAAAAAAAACo", "", "%", &encoded[..15], longer.as_str()] {
            assert!(decode_cursor(raw, scope).is_err(), "{raw}");
        }
    }
}
