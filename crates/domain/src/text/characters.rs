//! Which characters a text may have, by their Unicode properties.

use icu_properties::{
    CodePointSetData, CodePointSetDataBorrowed,
    props::{DefaultIgnorableCodePoint, NoncharacterCodePoint},
};

const DEFAULT_IGNORABLE: CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();
const NONCHARACTER: CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<NoncharacterCodePoint>();

/// Whether a character has no glyph of its own: joiners, variation selectors, soft hyphens, …
/// (`Default_Ignorable_Code_Point`).
pub(crate) fn is_ignorable(character: char) -> bool {
    !character.is_ascii() && DEFAULT_IGNORABLE.contains(character)
}

/// Whether a reader can see that the character is there. White space does not count as visible.
pub(super) fn is_visible(character: char) -> bool {
    // Two symbols whose glyph is blank: the empty Braille pattern, and a musical note head.
    const BLANK_SYMBOLS: [char; 2] = ['\u{2800}', '\u{1d159}'];
    character.is_ascii_graphic()
        || !(character.is_whitespace()
            || character.is_control()
            || is_ignorable(character)
            || BLANK_SYMBOLS.contains(&character))
}

/// Whether no text on one line may have the character, because it changes how the text around it is
/// shown or read, or has no meaning in a text: control characters, separators of lines and
/// paragraphs, controls of the writing direction, annotation marks, and noncharacters.
///
/// The joiners U+200C and U+200D are allowed: several scripts need them within words.
pub(super) fn is_forbidden(character: char) -> bool {
    if character.is_ascii_graphic() || character == ' ' {
        return false;
    }
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{fff9}'..='\u{fffb}'
        )
        || NONCHARACTER.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_reader_sees_is_visible() {
        for seen in ['a', 'ß', '茶', '·', '👩', '\u{300}', '\u{a0d}'] {
            assert!(is_visible(seen), "{seen:?}");
        }
        for unseen in [
            ' ',
            '\t',
            '\u{a0}',
            '\u{3000}',
            '\u{200b}',
            '\u{200d}',
            '\u{ad}',
            '\u{fe0f}',
            '\u{3164}',
            '\u{feff}',
            '\u{2800}',
            '\u{e0020}',
        ] {
            assert!(!is_visible(unseen), "{unseen:?}");
        }
    }

    #[test]
    fn characters_that_change_the_text_around_them_are_forbidden() {
        for forbidden in [
            '\u{1}',
            '\n',
            '\t',
            '\u{7f}',
            '\u{85}',
            '\u{61c}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{fff9}',
            '\u{fdd0}',
            '\u{ffff}',
            '\u{10ffff}',
        ] {
            assert!(is_forbidden(forbidden), "{forbidden:?}");
        }
        for allowed in [' ', 'a', '\u{a0}', '\u{200c}', '\u{200d}', '\u{fe0f}', '\u{2027}', '茶'] {
            assert!(!is_forbidden(allowed), "{allowed:?}");
        }
    }
}
