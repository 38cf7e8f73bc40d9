//! One member of a JSON body: absent, null, valid or invalid.
//!
//! Deserializing a member never fails, so that the response reports all errors of a body at once.
//! `validator` collects the errors; a valid member already is a domain value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use validator::{Validate, ValidationError, ValidationErrors};

use crate::{FromJson, InputError, RequestError};

/// A member of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The body does not have the member.
    #[default]
    Absent,
    /// The member is `null`.
    Null,
    /// The parsed value.
    Valid(T),
    /// The errors of a value that could not be parsed.
    Invalid(Vec<InputError>),
}

impl<'de, T: FromJson> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw == "null" {
            return Ok(Self::Null);
        }
        Ok(match T::from_json(raw) {
            Ok(value) => Self::Valid(value),
            Err(errors) => Self::Invalid(errors),
        })
    }
}

impl<T> Serialize for Field<T> {
    /// Writes nothing: `validator` adds the rejected value to its error as JSON, and the value may
    /// be a password.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<T> Field<T> {
    /// The value of a member that was validated by [`required`]. `name` is the member's name, for
    /// the error.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] if the member has no value.
    pub fn required(self, name: &str) -> Result<T, RequestError> {
        Ok(self.optional().ok_or_else(|| missing().within(name))?)
    }

    /// The value, if there is one. `null` counts as absent.
    pub fn optional(self) -> Option<T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Absent | Self::Null | Self::Invalid(_) => None,
        }
    }

    /// The update of a nullable value: `None` keeps it, `Some(None)` clears it.
    pub fn nullable(self) -> Option<Option<T>> {
        match self {
            Self::Valid(value) => Some(Some(value)),
            Self::Null => Some(None),
            Self::Absent | Self::Invalid(_) => None,
        }
    }

    /// Whether the member has a value, valid or not.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Absent | Self::Null)
    }
}

fn missing() -> InputError {
    InputError::in_body("", "is required")
}

/// Validates, for `validator`, a member that must be present and valid.
///
/// # Errors
/// [`ValidationError`] with the errors of the member, or that it is missing.
pub fn required<T>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Absent | Field::Null => Err(validation_error(&[missing()])),
        Field::Valid(_) | Field::Invalid(_) => optional(field),
    }
}

/// Validates, for `validator`, a member that may be absent, but not `null`.
///
/// # Errors
/// [`ValidationError`] with the errors of the member.
pub fn optional<T>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Null => Err(validation_error(&[InputError::in_body("", "must not be null")])),
        _ => nullable(field),
    }
}

/// Validates, for `validator`, a member that may be absent or `null`.
///
/// # Errors
/// [`ValidationError`] with the errors of the member.
pub fn nullable<T>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Invalid(errors) => Err(validation_error(errors)),
        Field::Absent | Field::Null | Field::Valid(_) => Ok(()),
    }
}

/// Validates, for `validator`, a member that must be absent, for this reason.
///
/// # Errors
/// [`ValidationError`] with the reason, unless the member is absent.
pub fn refused<T>(field: &Field<T>, reason: &str) -> Result<(), ValidationError> {
    match field {
        Field::Absent => Ok(()),
        _ => Err(validation_error(&[InputError::in_body("", reason)])),
    }
}

/// Collects the errors of members, each with its name, for a body whose rules are not those of single
/// members.
///
/// # Errors
/// [`ValidationErrors`] of all members that are not valid.
pub fn all_valid(
    members: impl IntoIterator<Item = (&'static str, Result<(), ValidationError>)>,
) -> Result<(), ValidationErrors> {
    let mut errors = ValidationErrors::new();
    for (name, checked) in members {
        if let Err(error) = checked {
            errors.add(name, error);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The parameter of a [`ValidationError`] that holds the [`InputError`]s.
const ERRORS_PARAM: &str = "errors";

fn validation_error(errors: &[InputError]) -> ValidationError {
    let mut error = ValidationError::new("invalid");
    error.add_param(ERRORS_PARAM.into(), &errors);
    error
}

/// Validates every member of a body, or of an object within one.
///
/// # Errors
/// All errors, sorted by pointer.
pub(crate) fn check(input: &impl Validate) -> Result<(), Vec<InputError>> {
    input.validate().map_err(|errors| input_errors(&errors))
}

fn input_errors(errors: &ValidationErrors) -> Vec<InputError> {
    let mut found = Vec::new();
    for (name, errors) in errors.field_errors() {
        for error in errors {
            let json = error.params.get(ERRORS_PARAM).cloned().unwrap_or_default();
            let inner: Vec<InputError> = serde_json::from_value(json).unwrap_or_default();
            found.extend(inner.into_iter().map(|error| error.within(&name)));
        }
    }
    found.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    found
}
