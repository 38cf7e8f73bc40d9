//! The form of texts that searches compare, and search terms.

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::{DecomposingNormalizer, DecomposingNormalizerBorrowed};
use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed,
    props::{GeneralCategory, Script},
};

use super::{TextError, characters::is_ignorable, check_length, normal_form::into_nfc};

const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfd();
const NFKD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfkd();
const FOLDING: CaseMapperBorrowed<'static> = CaseMapper::new();
const CATEGORY: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::new();
const SCRIPT: CodePointMapDataBorrowed<'static, Script> = CodePointMapData::new();

/// Separates the forms of several names that are stored as one text: the "unit separator" of ASCII.
pub const FOLDED_SEPARATOR: char = '\u{1f}';

/// The most bytes of a [`search_form`]. The forms of the customer's name and of 100 lines, with
/// separators, are within the 131,072 bytes that PostgreSQL can index.
pub const MAX_SEARCH_FORM_BYTES: usize = 1_296;

/// The form of a text that searches compare: what a reader would take for the same text has the
/// same form. Names and terms go through this one function, so a name is found by its own text.
///
/// - Compatible characters are the same (NFKC): `ﬁ` is `fi`, `½` is `1/2`, wide letters are narrow.
/// - Case is folded by Unicode's full rules: `Straße` is `strasse`. `İ` and `ı` are `i`.
/// - Accents are ignored in the scripts where they mark a letter (Latin, Greek, Cyrillic) or where
///   they are optional vowels (Arabic, Hebrew, Syriac); `ø`, `ł`, `đ`, `ħ`, `ŧ` lose their stroke,
///   `æ` and `œ` are two letters. The marks of other scripts, such as Devanagari, Thai or the kana,
///   are letters or change them, and stay.
/// - Characters that are not seen are removed: joiners, variation selectors, soft hyphens.
/// - Any run of white space or control characters is one space; there is none at the ends.
/// - Typographic quotes, primes and accents that stand alone are `'` or `"`, dashes are `-`.
///
/// It is stable: the form of a form is itself. It contains no [`FOLDED_SEPARATOR`]. A form ends
/// after [`MAX_SEARCH_FORM_BYTES`], which a name reaches only if most of its characters are
/// ligatures of several. Below that, the form of a part of a text is a part of the text's form,
/// unless the part begins or ends within what is composed to one character, such as a Hangul
/// syllable.
///
/// Stores keep the form beside the original, so that every database finds the same rows.
///
/// ```
/// use domain::text::search_form;
///
/// assert_eq!(search_form("  Café\u{a0}\u{2013} İSTANBUL "), "cafe - istanbul");
/// ```
pub fn search_form(raw: &str) -> String {
    let form = if raw.is_ascii() { ascii_form(raw) } else { unicode_form(raw) };
    cut(form)
}

fn ascii_form(raw: &str) -> String {
    collapse_spaces(raw.chars().map(|letter| plain(letter).to_ascii_lowercase()), raw.len())
}

fn unicode_form(raw: &str) -> String {
    // Quotes and accents that stand alone are made plain before the compatibility decomposition,
    // which would turn them into spaces. What is removed is removed before it as well, because it
    // sorts the marks that then are neighbours.
    let decomposed = NFD.normalize(raw);
    let plain_text: String =
        decomposed.chars().filter(|letter| !is_dropped(*letter)).map(plain).collect();
    let compatible = NFKD.normalize(&plain_text);
    let seen: String =
        compatible.chars().filter(|letter| !is_dropped(*letter)).map(plain).collect();
    let folded = FOLDING.fold_string(&seen);
    let base = folded.chars().flat_map(|letter| base_letters(letter).into_iter().flatten());
    into_nfc(collapse_spaces(base, folded.len()))
}

/// Whether a form leaves the character out: it is not seen, or it is an accent.
fn is_dropped(character: char) -> bool {
    if character.is_ascii() {
        return false;
    }
    if is_ignorable(character) {
        return true;
    }
    match CATEGORY.get(character) {
        GeneralCategory::EnclosingMark => true,
        GeneralCategory::NonspacingMark => {
            // The voicing marks of the kana, and the Grantha nukta, belong to scripts that keep
            // their marks, though Unicode lists them under those of all scripts.
            !matches!(character, '\u{3099}' | '\u{309a}' | '\u{1133b}')
                && matches!(
                    SCRIPT.get(character),
                    Script::Inherited
                        | Script::Common
                        | Script::Latin
                        | Script::Greek
                        | Script::Cyrillic
                        | Script::Arabic
                        | Script::Hebrew
                        | Script::Syriac
                )
        }
        _ => false,
    }
}

/// A plain quote, dash, tilde or slash for a typographic one; other characters are unchanged.
fn plain(character: char) -> char {
    match character {
        '`'
        | '\u{b4}'
        | '\u{2b9}'
        | '\u{2bb}'..='\u{2bd}'
        | '\u{5f3}'
        | '\u{2018}'..='\u{201b}'
        | '\u{2032}'
        | '\u{2035}'
        | '\u{2039}'
        | '\u{203a}' => '\'',
        '\u{ab}'
        | '\u{bb}'
        | '\u{2ba}'
        | '\u{5f4}'
        | '\u{201c}'..='\u{201f}'
        | '\u{2033}'
        | '\u{2036}'
        | '\u{301d}'..='\u{301f}' => '"',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{301c}' => '~',
        '\u{2043}' | '\u{2212}' => '-',
        ascii if ascii.is_ascii() => ascii,
        other if CATEGORY.get(other) == GeneralCategory::DashPunctuation => '-',
        other => other,
    }
}

/// The letters for one that has no decomposition, though readers take it for another with a mark or
/// for two.
fn base_letters(folded: char) -> [Option<char>; 2] {
    let letter = match folded {
        'ı' => 'i',
        'ȷ' => 'j',
        'ø' => 'o',
        'ł' => 'l',
        'đ' => 'd',
        'ħ' => 'h',
        'ŧ' => 't',
        'æ' => return [Some('a'), Some('e')],
        'œ' => return [Some('o'), Some('e')],
        other => other,
    };
    [Some(letter), None]
}

/// The text with one space for each run of white space and control characters, and none at its
/// ends. `capacity` is its length in bytes, about.
fn collapse_spaces(text: impl Iterator<Item = char>, capacity: usize) -> String {
    let mut collapsed = String::with_capacity(capacity);
    let mut space = false;
    for character in text {
        if character.is_whitespace() || character.is_control() {
            space = !collapsed.is_empty();
        } else {
            if space {
                collapsed.push(' ');
            }
            space = false;
            collapsed.push(character);
        }
    }
    collapsed
}

/// Ends a form after its greatest number of bytes, at a character and not with a space.
fn cut(mut form: String) -> String {
    if form.len() > MAX_SEARCH_FORM_BYTES {
        form.truncate(form.floor_char_boundary(MAX_SEARCH_FORM_BYTES));
        form.truncate(form.trim_end().len());
    }
    form
}

/// A search term: a part of a name, in the form that searches compare. It has no wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchTerm(String);

impl SearchTerm {
    /// The greatest number of characters of the term's [`search_form`].
    pub const MAX_CHARS: usize = 255;
    /// A longer text is refused before any of it is converted. A term of [`Self::MAX_CHARS`]
    /// characters with three accents each is below it.
    const MAX_RAW_BYTES: usize = 4_096;

    /// Converts a text to its [`search_form`]; one that has nothing to compare makes no term.
    ///
    /// # Errors
    /// [`TextError::Nul`] if it contains a NUL, [`TextError::TooLong`] if its form has more than
    /// [`Self::MAX_CHARS`] characters.
    pub fn parse(raw: &str) -> Result<Option<Self>, TextError> {
        if raw.len() > Self::MAX_RAW_BYTES {
            return Err(TextError::TooLong { max: Self::MAX_CHARS });
        }
        check_length(raw, 0, usize::MAX)?;
        let form = search_form(raw);
        check_length(&form, 0, Self::MAX_CHARS)?;
        Ok((!form.is_empty()).then_some(Self(form)))
    }

    /// The term's [`search_form`], to be compared with that of a name.
    pub fn folded(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
