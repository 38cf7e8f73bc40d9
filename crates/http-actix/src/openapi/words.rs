//! The closed sets of words: statuses, roles, and the codes of problems. The words are the domain's.

use std::borrow::Cow;

use domain::{account::Role, order::OrderStatus};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{classic::auth, problem::ProblemCode};

/// The status of an order, as v1 writes it.
pub(crate) struct StatusWord;

/// The status of an order, as the classic surface writes it.
pub(crate) struct ClassicStatusWord;

/// The role of an account, as v1 writes it.
pub(crate) struct RoleWord;

/// The role of an account, as the classic surface writes it.
pub(crate) struct ClassicRoleWord;

/// The code of a problem.
pub(crate) struct CodeWord;

/// One of these words; the first is the example.
fn one_of<'a>(
    description: &str,
    words: impl IntoIterator<Item = &'a str> + Clone,
) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .examples(words.clone().into_iter().take(1))
        .enum_values(Some(words))
        .into()
}

impl PartialSchema for StatusWord {
    fn schema() -> RefOr<Schema> {
        one_of("Where an order is in its life.", OrderStatus::ALL.map(OrderStatus::as_str))
    }
}

impl ToSchema for StatusWord {
    fn name() -> Cow<'static, str> {
        "OrderStatus".into()
    }
}

impl PartialSchema for ClassicStatusWord {
    fn schema() -> RefOr<Schema> {
        one_of("Where an order is in its life.", OrderStatus::ALL.map(OrderStatus::as_upper_str))
    }
}

impl ToSchema for ClassicStatusWord {
    fn name() -> Cow<'static, str> {
        "ClassicOrderStatus".into()
    }
}

impl PartialSchema for RoleWord {
    fn schema() -> RefOr<Schema> {
        one_of("What an account may do.", [Role::User, Role::Admin].map(Role::as_str))
    }
}

impl ToSchema for RoleWord {
    fn name() -> Cow<'static, str> {
        "Role".into()
    }
}

impl PartialSchema for ClassicRoleWord {
    fn schema() -> RefOr<Schema> {
        one_of("What an account may do.", [Role::User, Role::Admin].map(auth::role_word))
    }
}

impl ToSchema for ClassicRoleWord {
    fn name() -> Cow<'static, str> {
        "ClassicRole".into()
    }
}

impl PartialSchema for CodeWord {
    fn schema() -> RefOr<Schema> {
        let codes = ProblemCode::ALL.iter().map(|code| code.as_str());
        one_of(
            "What kind of problem it is, for machines. Codes never change; new ones may come.",
            codes,
        )
    }
}

impl ToSchema for CodeWord {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}
