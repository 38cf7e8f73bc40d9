//! Views as JSON: what `serde_json` writes, byte for byte, with less work.
//!
//! A page of orders is hundreds of short texts, most of them names of members. `serde_json` looks at them byte by
//! byte for what has to be escaped; here it is eight bytes at a time, and only a text with something to escape is left
//! to it. Views are made of structures, lists, options, texts and numbers: nothing else can be written here.

use std::{fmt::Display, io::Write as _, sync::Arc};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{self, HeaderValue},
};
use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeSeq, SerializeStruct},
};
use serde_json::Error;

use crate::problem::Problem;

/// Room for a page of orders, so that it need not be found again and again.
const ROOM: usize = 4_096;

/// Answers with a view.
///
/// # Errors
/// [`Problem`] if it cannot be written.
pub(crate) fn respond(
    response: &mut HttpResponseBuilder,
    view: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let text = write(view).map_err(|error| Problem::internal(Arc::new(error)))?;
    let json = HeaderValue::from_static("application/json");
    Ok(response.insert_header((header::CONTENT_TYPE, json)).body(text))
}

/// Writes a view.
fn write(view: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut json = Json { text: Vec::with_capacity(ROOM) };
    view.serialize(&mut json)?;
    Ok(json.text)
}

/// Whether a text stands in JSON as it is: without control characters, quotes and backslashes (RFC 8259, section 7).
fn is_plain(text: &[u8]) -> bool {
    // Where the end is reached, some bytes are looked at a second time, with others at once.
    match (text.last_chunk::<8>(), text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(last), ..) => {
            let (words, _rest) = text.as_chunks::<8>();
            is_plain_word(u64::from_le_bytes(*last))
                && words.iter().all(|word| is_plain_word(u64::from_le_bytes(*word)))
        }
        (None, Some(first), Some(last)) => {
            let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
            is_plain_word(first << 32 | last)
        }
        _ => text.iter().all(|byte| *byte >= b' ' && *byte != b'"' && *byte != b'\\'),
    }
}

/// The same for eight bytes.
fn is_plain_word(word: u64) -> bool {
    /// The same byte eight times.
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    /// Whether one of the eight bytes is less than that, which is at most 128. A subtraction that borrows sets the
    /// topmost bit of a byte in which it was not set.
    const fn any_below(word: u64, limit: u8) -> bool {
        word.wrapping_sub(each(limit)) & !word & each(0x80) != 0
    }
    !any_below(word, b' ') && !any_below(word ^ each(b'"'), 1) && !any_below(word ^ each(b'\\'), 1)
}

/// What is written so far.
struct Json {
    text: Vec<u8>,
}

impl Json {
    /// Writes a value as `serde_json` does.
    fn ordinary(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        serde_json::to_writer(&mut self.text, value)
    }
}

/// A list or a structure that is being written.
struct Members<'a> {
    json: &'a mut Json,
    /// What stands before the next one.
    before: u8,
    end: &'static [u8],
}

impl<'a> Members<'a> {
    fn new(json: &'a mut Json, begin: u8, end: &'static [u8]) -> Self {
        Self { json, before: begin, end }
    }

    fn next(&mut self) {
        self.json.text.push(self.before);
        self.before = b',';
    }

    fn finish(self) {
        if self.before != b',' {
            self.json.text.push(self.before);
        }
        self.json.text.extend_from_slice(self.end);
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next();
        value.serialize(&mut *self.json)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.next();
        self.json.serialize_str(name)?;
        self.json.text.push(b':');
        value.serialize(&mut *self.json)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

/// Something that no view is made of.
fn foreign<T>(kind: &str) -> Result<T, Error> {
    Err(Error::custom(format_args!("a view has no {kind}")))
}

impl<'a> Serializer for &'a mut Json {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if !is_plain(text.as_bytes()) {
            return self.ordinary(text);
        }
        self.text.reserve(text.len() + 2);
        self.text.push(b'"');
        self.text.extend_from_slice(text.as_bytes());
        self.text.push(b'"');
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        let begin = self.text.len();
        write!(self.text, "\"{value}\"").map_err(Error::custom)?;
        let written = self.text.get(begin + 1..self.text.len() - 1).unwrap_or_default();
        if is_plain(written) {
            return Ok(());
        }
        self.text.truncate(begin);
        self.ordinary(&value.to_string())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_f32(self, _value: f32) -> Result<(), Error> {
        foreign("binary fraction")
    }

    fn serialize_f64(self, _value: f64) -> Result<(), Error> {
        foreign("binary fraction")
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.ordinary(&value)
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), Error> {
        foreign("bytes")
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.text.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        foreign("variant with a value")
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::new(self, b'[', b"]"))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Members<'a>, Error> {
        Ok(Members::new(self, b'{', b"}"))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self::SerializeTuple, Error> {
        foreign("tuple")
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        foreign("tuple")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        foreign("tuple")
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, Error> {
        foreign("map")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        foreign("variant with members")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    enum Word {
        Pending,
    }

    #[derive(Serialize)]
    struct Number(i64);

    #[derive(Serialize)]
    struct Line<'a> {
        name: &'a str,
        number: Number,
    }

    #[derive(Serialize)]
    struct View<'a> {
        lines: Vec<Line<'a>>,
        word: Word,
        some: Option<&'a str>,
        none: Option<&'a str>,
        #[serde(serialize_with = "shown")]
        shown: &'a str,
        #[serde(rename = "a \"name\"")]
        named: (),
        flag: bool,
        letter: char,
        least: i64,
        greatest: u64,
    }

    fn shown<S: Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(text)
    }

    fn written(view: &impl Serialize) -> String {
        String::from_utf8(write(view).unwrap()).unwrap()
    }

    #[test]
    fn a_view_is_written_as_serde_json_writes_it() {
        let text = "tea \\ \"oolong\"\n\u{7f}ü茶";
        let line = |name| Line { name, number: Number(-1) };
        for lines in [vec![], vec![line("Tea")], vec![line(text), line(""), line("Cup")]] {
            let view = View {
                lines,
                word: Word::Pending,
                some: Some(text),
                none: None,
                shown: text,
                named: (),
                flag: true,
                letter: '"',
                least: i64::MIN,
                greatest: u64::MAX,
            };
            assert_eq!(written(&view), serde_json::to_string(&view).unwrap());
        }
    }

    #[test]
    fn every_character_is_written_as_serde_json_writes_it_wherever_it_stands() {
        let characters = ('\0'..='\u{100}').chain(['茶', '\u{2028}', '👩', char::MAX]);
        for character in characters {
            for length in 0..20 {
                for place in 0..=length {
                    let mut text = "x".repeat(length);
                    text.insert(place, character);
                    let expected = serde_json::to_string(&text).unwrap();
                    assert_eq!(written(&text), expected);
                    let mut shown = Json { text: Vec::new() };
                    shown.collect_str(&text).unwrap();
                    assert_eq!(shown.text, expected.as_bytes());
                }
            }
        }
    }

    #[test]
    fn what_no_view_is_made_of_is_refused() {
        assert!(write(&std::collections::HashMap::from([(1, 2)])).is_err());
        assert!(write(&(1, 2)).is_err());
        assert!(write(&1.5).is_err());
    }
}
