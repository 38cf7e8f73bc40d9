//! Unicode's normal form C, in which texts are judged and kept.

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();

/// The most characters whose composition is a single one, such as a letter with three marks: a text
/// with more than this many times its allowed characters is too long in any normal form.
pub(crate) const MAX_COMPOSED: usize = 4;

/// The text in Unicode's normal form C: a letter and its accent become one character, where there
/// is one. Texts that look the same to a reader then are the same.
///
/// ```
/// assert_eq!(domain::text::nfc("Cafe\u{301}"), "Café");
/// ```
pub fn nfc(raw: &str) -> String {
    if raw.is_ascii() { raw.to_owned() } else { NFC.normalize(raw).into_owned() }
}

/// As [`nfc`], without a copy of a text that has this form already.
pub(crate) fn into_nfc(raw: String) -> String {
    if raw.is_ascii() || NFC.is_normalized(&raw) { raw } else { nfc(&raw) }
}
