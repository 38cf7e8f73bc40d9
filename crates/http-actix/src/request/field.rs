//! One member of a JSON body: there or not, right or wrong.
//!
//! Reading a member never fails, so that a body with several mistakes is answered with all of them at
//! once. `validator` collects what is wrong; what is right is a value of the domain already.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use validator::ValidationError;

use super::FromJson;
use crate::problem::{InputError, Problem};

/// What is wrong with a member: where in it (a JSON pointer, empty for the member itself), and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Violation {
    pub(crate) pointer: String,
    pub(crate) detail: String,
}

impl Violation {
    /// The member itself is wrong.
    #[expect(clippy::needless_pass_by_value, reason = "it takes the error that a parser returned")]
    pub(crate) fn here(detail: impl ToString) -> Self {
        Self { pointer: String::new(), detail: detail.to_string() }
    }
}

/// A member of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Field<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is `null`.
    Null,
    /// It is right.
    Valid(T),
    /// It is wrong, for these reasons.
    Invalid(Vec<Violation>),
}

impl<'de, T: FromJson> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw == "null" {
            return Ok(Self::Null);
        }
        Ok(match T::from_json(raw) {
            Ok(value) => Self::Valid(value),
            Err(violations) => Self::Invalid(violations),
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
    pub(crate) fn required(self, name: &str) -> Result<T, Problem> {
        match self {
            Self::Valid(value) => Ok(value),
            Self::Absent | Self::Null | Self::Invalid(_) => {
                Err(Problem::invalid(vec![InputError::in_body(format!("/{name}"), "is required")]))
            }
        }
    }

    /// The value, if there is one. `null` is as good as nothing.
    pub(crate) fn optional(self) -> Option<T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Absent | Self::Null | Self::Invalid(_) => None,
        }
    }

    /// The value for a member that can be set to nothing: `None` leaves it, `Some(None)` clears it.
    #[expect(clippy::option_option, reason = "not named, set to nothing and set to a value differ")]
    pub(crate) fn nullable(self) -> Option<Option<T>> {
        match self {
            Self::Valid(value) => Some(Some(value)),
            Self::Null => Some(None),
            Self::Absent | Self::Invalid(_) => None,
        }
    }

    /// Whether the member says anything.
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self, Self::Absent | Self::Null)
    }
}

/// For `validator`: a member that must be there, and right.
pub(crate) fn required<T>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Absent | Field::Null => Err(violation(&[Violation::here("is required")])),
        Field::Valid(_) | Field::Invalid(_) => optional(field),
    }
}

/// For `validator`: a member that must be right if it is there.
pub(crate) fn optional<T>(field: &Field<T>) -> Result<(), ValidationError> {
    match field {
        Field::Invalid(violations) => Err(violation(violations)),
        Field::Absent | Field::Null | Field::Valid(_) => Ok(()),
    }
}

/// The name under which `validator` carries our violations.
const VIOLATIONS: &str = "violations";

fn violation(violations: &[Violation]) -> ValidationError {
    let mut error = ValidationError::new("invalid");
    error.add_param(VIOLATIONS.into(), &violations);
    error
}

/// Everything that `validator` found, by place.
pub(crate) fn input_errors(errors: &validator::ValidationErrors) -> Vec<InputError> {
    let mut found: Vec<_> = errors
        .field_errors()
        .iter()
        .flat_map(|(name, errors)| errors.iter().map(move |error| (name, error)))
        .flat_map(|(name, error)| {
            let carried = error.params.get(VIOLATIONS).cloned().unwrap_or_default();
            let violations: Vec<Violation> = serde_json::from_value(carried).unwrap_or_default();
            violations.into_iter().map(move |violation| {
                InputError::in_body(format!("/{name}{}", violation.pointer), violation.detail)
            })
        })
        .collect();
    found.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    found
}
