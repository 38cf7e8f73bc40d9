//! Schemas of enums: order statuses and roles. The domain defines the values.

use std::borrow::Cow;

use domain::{
    account::{OpenOrders, Role},
    order::{OrderListSort, OrderStatus},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Declares schemas, each with its name in the document, its description and its values. The first
/// value is the example.
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
    /// The status of an order on v1.
    OrderStatusSchema, "OrderStatus", "The status of an order.",
        OrderStatus::ALL.map(OrderStatus::as_str).into();
    /// The status of an order on the classic surface.
    ClassicOrderStatusSchema, "ClassicOrderStatus", "The status of an order.",
        OrderStatus::ALL.map(OrderStatus::as_upper_str).into();
    /// The role of an account on v1.
    RoleSchema, "Role", "The role of an account.", ROLES.map(Role::as_str).into();
    /// The role of an account on the classic surface.
    ClassicRoleSchema, "ClassicRole", "The role of an account.", ROLES.map(classic_role).into();
    /// The sort key of a list of orders on v1.
    OrderListSortSchema, "OrderListSort", "The sort key of a list of orders. `id`, newest first, if absent.",
        OrderListSort::ALL.map(OrderListSort::as_str).into();
    /// What happens to the open orders of a deleted account.
    OpenOrdersSchema, "OpenOrders", "What happens to the open orders with product lines of a deleted account. `cancel` if absent.",
        OpenOrders::ALL.map(OpenOrders::as_str).into();
}

/// The word for a role on the classic surface.
pub(crate) const fn classic_role(role: Role) -> &'static str {
    match role {
        Role::User => "USER",
        Role::Admin => "ADMIN",
    }
}
