//! Cursors as clients see them: opaque, and valid only for the list that handed them out.

use std::fmt::Debug;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Cursor;
use sha2::{Digest as _, Sha256};

/// The number of bytes of a fingerprint. It prevents mistakes, not attacks: a client may read the
/// whole list anyway.
const FINGERPRINT_BYTES: usize = 4;

/// The list that a cursor belongs to: its name, and its filters as they were parsed. Filters that
/// mean the same must be equal in their `Debug` form.
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
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a cursor that a client sent for a list. A cursor of another list or of another filter
/// would silently leave entries out or repeat them.
pub(crate) fn decode_cursor(raw: &str, scope: CursorScope<'_>) -> Result<Cursor, &'static str> {
    let decode = || {
        let bytes = URL_SAFE_NO_PAD.decode(raw).ok()?;
        let (id, fingerprint) = bytes.split_first_chunk::<8>()?;
        (fingerprint == scope.fingerprint()).then(|| Cursor::after(i64::from_be_bytes(*id)))
    };
    decode().ok_or("must be a next_cursor of this list")
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
