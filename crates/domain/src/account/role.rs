//! The roles of accounts.

use std::{fmt, str::FromStr};

/// The rights of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A customer: browses products, places orders, sees their own account and orders.
    User,
    /// Staff: sees and changes everything.
    Admin,
}

impl Role {
    /// The name of the role, as v1 and the stores write it.
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

/// The text is not the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be user or admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    /// Parses the name of a role, in any case: the old services wrote both.
    fn from_str(raw: &str) -> Result<Self, UnknownRole> {
        [Self::User, Self::Admin]
            .into_iter()
            .find(|role| raw.eq_ignore_ascii_case(role.as_str()))
            .ok_or(UnknownRole)
    }
}

/// A change of role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChange {
    /// Makes a user an admin, and an admin a user.
    Toggle,
    /// Sets this role.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_in_any_case() {
        for raw in ["user", "USER", "User"] {
            assert_eq!(raw.parse(), Ok(Role::User));
        }
        for raw in ["admin", "ADMIN", "aDmIn"] {
            assert_eq!(raw.parse(), Ok(Role::Admin));
        }
        for role in [Role::User, Role::Admin] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
    }

    #[test]
    fn no_other_word_is_a_role() {
        for raw in ["", "root", " admin", "admin ", "admins", "uſer"] {
            assert_eq!(raw.parse::<Role>(), Err(UnknownRole), "{raw}");
        }
    }

    #[test]
    fn toggle_swaps_the_roles_and_set_ignores_the_old_one() {
        assert_eq!(RoleChange::Toggle.applied_to(Role::User), Role::Admin);
        assert_eq!(RoleChange::Toggle.applied_to(Role::Admin), Role::User);
        for before in [Role::User, Role::Admin] {
            for after in [Role::User, Role::Admin] {
                assert_eq!(RoleChange::Set(after).applied_to(before), after);
            }
        }
    }
}
