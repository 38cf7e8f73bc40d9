//! The two roles.

use std::{fmt, str::FromStr};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A customer: browses, orders, sees their own.
    User,
    /// Staff: sees and does everything.
    Admin,
}

impl Role {
    /// The role's word, as v1 and the stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be user or admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    /// Reads a role's word, in any case: the old services wrote it in both.
    fn from_str(raw: &str) -> Result<Self, UnknownRole> {
        [Self::User, Self::Admin]
            .into_iter()
            .find(|role| raw.eq_ignore_ascii_case(role.as_str()))
            .ok_or(UnknownRole)
    }
}

/// How a role is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChange {
    /// A user becomes an admin, an admin a user.
    Toggle,
    /// To this role, whatever it was.
    Set(Role),
}

impl RoleChange {
    /// The role after the change.
    pub const fn applied_to(self, role: Role) -> Role {
        match (self, role) {
            (Self::Set(role), _) => role,
            (Self::Toggle, Role::User) => Role::Admin,
            (Self::Toggle, Role::Admin) => Role::User,
        }
    }
}
