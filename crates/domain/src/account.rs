//! Accounts: who a person is, what they may do, and what may be done to their account.
//!
//! A deleted account is not an [`Account`]: stores keep its row for the books, without personal data,
//! and answer as if it had never been.

mod email;
mod password;
pub mod port;
mod role;
pub mod service;
mod session;
mod session_id;
mod token;

pub use email::{EmailAddress, EmailError};
pub use password::{NewPassword, PasswordAttempt, PasswordError, PasswordHash, PasswordPolicy};
pub use role::{Role, RoleChange, UnknownRole};
pub use session::{Caller, NewSession, RefreshRefusal, Session, SessionLifetimes};
pub use session_id::SessionId;
pub use token::{AccessClaims, AccessToken, InvalidToken, RefreshToken, TokenHash};

use crate::{PersonName, Timestamp, TraceParent, UserId, outbox::OutboxEvent};

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: UserId,
    /// What the person is called.
    pub name: PersonName,
    /// Where to reach them, and what they log in with. No two accounts share one.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An account to be made. The store gives it its number.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What the person is called.
    pub name: PersonName,
    /// What they log in with.
    pub email: EmailAddress,
    /// Their password, hashed.
    pub password: PasswordHash,
    /// What they may do.
    pub role: Role,
    /// When it is made.
    pub created_at: Timestamp,
    /// The trace that making it belongs to.
    pub trace: Option<TraceParent>,
}

impl NewAccount {
    /// The account, under its number, and the message that tells of it.
    pub fn create(&self, id: UserId) -> (Account, OutboxEvent) {
        let account = Account {
            id,
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role,
            created_at: self.created_at,
        };
        (account, OutboxEvent::AccountRegistered { user_id: id })
    }
}

/// An account with what proves that its owner is asking.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub account: Account,
    /// The hash of its password.
    pub password: PasswordHash,
}

/// Somebody who does something: every step on record names its actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Whose account.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// The trace that what they do belongs to.
    pub trace: Option<TraceParent>,
}

impl Actor {
    /// Somebody whose doing belongs to no trace.
    pub const fn new(user: UserId, role: Role) -> Self {
        Self { user, role, trace: None }
    }

    /// The same, in a trace.
    #[must_use]
    pub const fn in_trace(self, trace: Option<TraceParent>) -> Self {
        Self { trace, ..self }
    }

    /// Whether this is staff.
    pub fn is_admin(self) -> bool {
        self.role == Role::Admin
    }

    /// Whether they may see and touch what belongs to `owner`: their own, or anything for staff.
    pub fn may_access(self, owner: UserId) -> bool {
        self.is_admin() || self.user == owner
    }
}

/// Something to be done to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Change what the person is called, or reached at. `None` leaves it.
    Update {
        /// The new name.
        name: Option<PersonName>,
        /// The new address.
        email: Option<EmailAddress>,
    },
    /// Give or take rights.
    ChangeRole(RoleChange),
    /// Close it for good and forget the person.
    Delete,
}

/// What a command makes of an account: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// The account as it is to be from now on.
    Keep(Account),
    /// The account ends: its personal data is erased, its sessions are revoked, and its name on orders
    /// that took it from the account becomes [`PersonName::of_deleted_account`].
    Erase,
}

/// Why an account stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// The actor has not the right.
    #[error("the actor may not do this to the account")]
    Forbidden,
    /// Nobody would be left who could manage the shop.
    #[error("the last admin cannot be demoted or deleted")]
    LastAdmin,
}

impl Account {
    /// The account's owner, as an actor.
    pub fn actor(&self) -> Actor {
        Actor::new(self.id, self.role)
    }

    /// Decides what a command makes of this account. `other_admins` is how many other accounts are
    /// admins at this moment, under the lock that the store holds.
    ///
    /// # Errors
    /// [`AccountRefusal::Forbidden`] if the actor may not do it, [`AccountRefusal::LastAdmin`] if no
    /// admin would be left.
    pub fn decide(
        &self,
        command: &AccountCommand,
        actor: Actor,
        other_admins: u64,
    ) -> Result<AccountChange, AccountRefusal> {
        let allowed = match command {
            AccountCommand::Update { .. } => actor.may_access(self.id),
            AccountCommand::ChangeRole(_) | AccountCommand::Delete => actor.is_admin(),
        };
        if !allowed {
            return Err(AccountRefusal::Forbidden);
        }
        let last_admin = self.role == Role::Admin && other_admins == 0;
        match command {
            AccountCommand::Update { name, email } => Ok(AccountChange::Keep(Self {
                name: name.clone().unwrap_or_else(|| self.name.clone()),
                email: email.clone().unwrap_or_else(|| self.email.clone()),
                ..self.clone()
            })),
            AccountCommand::ChangeRole(change) => {
                let role = change.applied_to(self.role);
                if last_admin && role != Role::Admin {
                    return Err(AccountRefusal::LastAdmin);
                }
                Ok(AccountChange::Keep(Self { role, ..self.clone() }))
            }
            AccountCommand::Delete if last_admin => Err(AccountRefusal::LastAdmin),
            AccountCommand::Delete => Ok(AccountChange::Erase),
        }
    }
}

#[cfg(test)]
mod tests;
