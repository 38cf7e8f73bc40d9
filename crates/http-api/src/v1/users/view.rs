//! The representation of an account on v1.

use domain::{Timestamp, account::Account};
use serde::Serialize;

use crate::{openapi::enum_schemas::RoleSchema, views::timestamp};

/// An account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// The id of the account.
    #[schema(example = 7)]
    id: i64,
    /// The person's name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// The email address for the login, in lower case.
    #[schema(example = "ada@example.com")]
    email: String,
    /// The role of the account.
    #[schema(value_type = RoleSchema)]
    role: &'static str,
    /// The time of the registration.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Timestamp,
    /// Whether the address is confirmed. Only a confirmed address gets mails about orders, unless
    /// the shop has switched that off (`REQUIRE_VERIFIED_EMAIL`).
    #[schema(example = true)]
    email_verified: bool,
    /// The new address that takes force when it is confirmed; `null` if there is none.
    #[schema(required, example = json!(null))]
    pending_email: Option<String>,
}

impl From<&Account> for UserView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.get(),
            name: account.name.to_string(),
            email: account.email.to_string(),
            role: account.role.as_str(),
            created_at: account.created_at,
            email_verified: account.email_verified_at.is_some(),
            pending_email: account.pending_email.as_ref().map(ToString::to_string),
        }
    }
}
