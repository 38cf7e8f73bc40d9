//! The body of an update: which members it may have.
//!
//! A client may send back what it received, so an update may have every member of the resource's
//! answer. Any other name is a mistake, such as `Price` for `price`. It is refused, because the
//! update would otherwise succeed and change nothing.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor, value},
    forward_to_deserialize_any,
};
use utoipa::{
    PartialSchema,
    openapi::{RefOr, Schema},
};

use crate::InputError;

/// The most errors of one body that are reported.
const MAX_ERRORS: usize = 100;

/// The names of the members of a JSON object, in their order, with repetitions.
pub(crate) struct MemberNames(Vec<String>);

impl<'de> Deserialize<'de> for MemberNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = MemberNames;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<MemberNames, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = members.next_entry()? {
                    names.push(name);
                }
                Ok(MemberNames(names))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

impl MemberNames {
    /// The errors of names that are given twice, or that belong neither to the body `T` nor to the
    /// answer `V`.
    pub(crate) fn check<'de, T: Deserialize<'de>, V: PartialSchema>(&self) -> Vec<InputError> {
        let read = fields_of::<T>();
        let mut given = BTreeSet::new();
        let mut errors = Vec::new();
        let mut shown = None;
        for name in &self.0 {
            if !given.insert(name) {
                errors.push(at(name, "must be given only once"));
            } else if !read.contains(&name.as_str()) {
                // The names of the answer are needed rarely, and take some time.
                let shown = shown.get_or_insert_with(|| members_of(V::schema()));
                if !shown.contains(name) {
                    let similar = |known: &&str| known.eq_ignore_ascii_case(name);
                    errors.push(match read.iter().copied().find(similar) {
                        Some(known) => at(name, &format!("is unknown; did you mean {known}?")),
                        None => at(name, "is unknown"),
                    });
                }
            }
        }
        errors.truncate(MAX_ERRORS);
        errors
    }
}

/// An error at the member of this name, escaped for a JSON pointer (RFC 6901, section 3).
fn at(name: &str, detail: &str) -> InputError {
    InputError::in_body("", detail).within(name.replace('~', "~0").replace('/', "~1"))
}

/// The members of an answer, by its schema.
fn members_of(schema: RefOr<Schema>) -> BTreeSet<String> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.into_keys().collect(),
        RefOr::T(Schema::AllOf(all)) => all.items.into_iter().flat_map(members_of).collect(),
        _ => BTreeSet::new(),
    }
}

/// The fields that a struct is deserialized from.
fn fields_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // The deserializer has no input, so it fails once it has the fields.
    let _no_input = T::deserialize(FieldNames(&mut fields));
    fields
}

/// A deserializer without input, which records the fields of a struct.
struct FieldNames<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, value::Error> {
        *self.0 = fields;
        Err(value::Error::custom("there is no input"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("there is no input"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use utoipa::ToSchema;

    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        name: Option<String>,
        #[serde(rename = "type")]
        kind: Option<String>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "it describes an answer and is never constructed")]
    struct Answer {
        id: i64,
        name: String,
    }

    fn errors(json: &str) -> Vec<(String, String)> {
        let names: MemberNames = serde_json::from_str(json).unwrap();
        let errors = names.check::<Body, Answer>();
        errors.into_iter().map(|error| (error.pointer.unwrap(), error.detail)).collect()
    }

    fn error(pointer: &str, detail: &str) -> (String, String) {
        (pointer.to_owned(), detail.to_owned())
    }

    #[test]
    fn members_of_the_body_and_of_the_answer_are_known() {
        assert_eq!(errors(r#"{"name": "x", "type": {"a": 1, "a": 2}, "id": [7]}"#), []);
        assert_eq!(errors("{}"), []);
    }

    #[test]
    fn other_members_are_named_with_the_one_that_was_probably_meant() {
        assert_eq!(
            errors(r#"{"Name": "x", "kind": 1, "a/b~c": null, "": 1}"#),
            [
                error("/Name", "is unknown; did you mean name?"),
                error("/kind", "is unknown"),
                error("/a~1b~0c", "is unknown"),
                error("/", "is unknown"),
            ]
        );
    }

    #[test]
    fn a_member_that_is_given_twice_is_named() {
        assert_eq!(
            errors(r#"{"id": 1, "name": "x", "id": 1, "n\u0061me": "y"}"#),
            ["/id", "/name"].map(|pointer| error(pointer, "must be given only once"))
        );
    }
}
