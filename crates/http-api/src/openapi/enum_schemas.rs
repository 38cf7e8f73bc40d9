//! The closed sets of words: statuses, roles, and the codes of problems. The words are the domain's.

use std::borrow::Cow;

use domain::{account::Role, order::OrderStatus};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::problem::code::ProblemCode;

/// Declares schemas: each with its name in the document, what it says, and its words, the first as the example.
macro_rules! enum_schemas {
    ($($(#[$doc:meta])* $schema:ident, $name:literal, $description:literal, $words:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                let words: Vec<&'static str> = $words;
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($description))
                    .examples(words.first().copied())
                    .enum_values(Some(words))
                    .into()
            }
        }

        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )+};
}

const ROLES: [Role; 2] = [Role::User, Role::Admin];

enum_schemas! {
    /// The status of an order, as v1 writes it.
    OrderStatusSchema, "OrderStatus", "Where an order is in its life.",
        OrderStatus::ALL.map(OrderStatus::as_str).into();
    /// The status of an order, as the classic surface writes it.
    ClassicOrderStatusSchema, "ClassicOrderStatus", "Where an order is in its life.",
        OrderStatus::ALL.map(OrderStatus::as_upper_str).into();
    /// The role of an account, as v1 writes it.
    RoleSchema, "Role", "What an account may do.", ROLES.map(Role::as_str).into();
    /// The role of an account, as the classic surface writes it.
    ClassicRoleSchema, "ClassicRole", "What an account may do.", ROLES.map(classic_role).into();
    /// The code of a problem.
    ProblemCodeSchema, "ProblemCode", "What kind of problem it is, for machines. Codes never change; new ones may come.",
        ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
}

/// A role's word on the classic surface.
pub(crate) const fn classic_role(role: Role) -> &'static str {
    match role {
        Role::User => "USER",
        Role::Admin => "ADMIN",
    }
}
