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
    fn a_toggle_swaps_the_roles_and_a_setting_ignores_them() {
        assert_eq!(RoleChange::Toggle.applied_to(Role::User), Role::Admin);
        assert_eq!(RoleChange::Toggle.applied_to(Role::Admin), Role::User);
        for before in [Role::User, Role::Admin] {
            for after in [Role::User, Role::Admin] {
                assert_eq!(RoleChange::Set(after).applied_to(before), after);
            }
        }
    }
}
