//! A place in a list, as clients carry it: opaque, so that what it is made of can change.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Cursor;

/// Writes a cursor for a client.
pub fn encode_cursor(cursor: Cursor) -> String {
    URL_SAFE_NO_PAD.encode(cursor.id().to_be_bytes())
}

/// Reads a cursor that a client sent back.
pub(crate) fn decode_cursor(raw: &str) -> Result<Cursor, &'static str> {
    URL_SAFE_NO_PAD
        .decode(raw)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| Cursor::after(i64::from_be_bytes(bytes)))
        .ok_or("must be a next_cursor of this list")
}
