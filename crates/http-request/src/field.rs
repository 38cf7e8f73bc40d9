//! One member of a JSON body: there or not, right or wrong.
//!
//! Reading a member never fails, so that a body with several mistakes is answered with all of them at
//! once. `validator` collects what is wrong; what is right is a value of the domain already.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use validator::{Validate, ValidationError, ValidationErrors};

use crate::{FromJson, InputError, RequestError};

/// A member of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is `null`.
    Null,
    /// It is right.
    Valid(T),
    /// It is wrong, for these reasons.
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
    /// `validator` carries the refused value with its error, as JSON. Ours may be passwords: they stay here.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<T> Field<T> {
    /// The value, of a member that was found [`required`]. `name` is the member's, for the case that it was not.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] if there is none.
    pub fn required(self, name: &str) -> Result<T, RequestError> {
        Ok(self.optional().ok_or_else(|| missing().within(name))?)
    }

    /// The value, if there is one. `null` is as good as nothing.
    pub fn optional(self) -> Option<T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Absent | Self::Null | Self::Invalid(_) => None,
        }
    }

    /// The value for a member that can be set to nothing: `None` leaves it, `Some(None)` clears it.
    pub fn nullable(self) -> Option<Option<T>> {
        match self {
            Self::Valid(value) => Some(Some(value)),
            Self::Null => Some(None),
            Self::Absent | Self::Invalid(_) => None,
        }
    }

    /// Whether the member says anything.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Absent | Self::Null)
    }
}

fn missing() -> InputError {
    InputError::in_body("", "is required")
}

/// For `validator`: a member that must be there, and right.
///
/// # Errors
/// What is wrong with it.
pub fn required<T>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Absent | Field::Null => Err(refused(&[missing()])),
        Field::Valid(_) | Field::Invalid(_) => optional(field),
    }
}

/// For `validator`: a member that must be right if it is there.
///
/// # Errors
/// What is wrong with it.
pub fn optional<T>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Invalid(errors) => Err(refused(errors)),
        Field::Absent | Field::Null | Field::Valid(_) => Ok(()),
    }
}

/// The name under which `validator` carries our errors.
const ERRORS: &str = "errors";

fn refused(errors: &[InputError]) -> ValidationError {
    let mut error = ValidationError::new("invalid");
    error.add_param(ERRORS.into(), &errors);
    error
}

/// Checks every member of a body, or of an object within one.
///
/// # Errors
/// Everything that is wrong with it, by place.
pub(crate) fn check(input: &impl Validate) -> Result<(), Vec<InputError>> {
    input.validate().map_err(|errors| input_errors(&errors))
}

fn input_errors(errors: &ValidationErrors) -> Vec<InputError> {
    let mut found = Vec::new();
    for (name, errors) in errors.field_errors() {
        for error in errors {
            let carried = error.params.get(ERRORS).cloned().unwrap_or_default();
            let carried: Vec<InputError> = serde_json::from_value(carried).unwrap_or_default();
            found.extend(carried.into_iter().map(|error| error.within(&name)));
        }
    }
    found.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    found
}
