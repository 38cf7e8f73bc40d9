//! Accounts: a person's identity and rights, and the commands on an account.
//!
//! A deleted account is not an [`Account`]: stores keep its row, without personal data, for the
//! orders that refer to it, and answer reads as if it did not exist.

mod email;
mod login_network;
mod password;
pub mod port;
mod role;
pub mod service;
mod session;
mod session_id;
mod token;

pub use email::{EmailAddress, EmailError};
pub use login_network::NetworkHash;
pub use password::{NewPassword, PasswordAttempt, PasswordError, PasswordHash, PasswordPolicy};
pub use role::{Role, RoleChange, UnknownRole};
pub use session::{Caller, NewSession, RefreshRefusal, Session, SessionLifetimes};
pub use session_id::SessionId;
pub use token::{AccessClaims, AccessToken, InvalidToken, RefreshToken, TokenHash};

use crate::{PersonName, Timestamp, TraceParent, UserId, outbox::OutboxEvent};

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The identifier of the account.
    pub id: UserId,
    /// The person's name.
    pub name: PersonName,
    /// The address for mails and logins. No two live accounts share one.
    pub email: EmailAddress,
    /// The account's rights.
    pub role: Role,
    /// The time of registration.
    pub created_at: Timestamp,
}

/// An account to be created. The store assigns the identifier.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The person's name.
    pub name: PersonName,
    /// The address for mails and logins.
    pub email: EmailAddress,
    /// The hash of the password.
    pub password: PasswordHash,
    /// The account's rights.
    pub role: Role,
    /// The time of registration.
    pub created_at: Timestamp,
    /// The trace of the request that creates it, if there is one.
    pub trace: Option<TraceParent>,
}

impl NewAccount {
    /// The account with this identifier, and the outbox event for its registration.
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

/// An account with the hash that a login attempt is checked against.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub account: Account,
    /// The hash of the account's password.
    pub password: PasswordHash,
}

/// The account that a change is made by. History entries and movements record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user: UserId,
    /// The account's rights.
    pub role: Role,
    /// The trace of the request that asks for the change, if there is one.
    pub trace: Option<TraceParent>,
}

impl Actor {
    /// An actor without a trace.
    pub const fn new(user: UserId, role: Role) -> Self {
        Self { user, role, trace: None }
    }

    /// The same actor, in this trace.
    #[must_use]
    pub const fn in_trace(self, trace: Option<TraceParent>) -> Self {
        Self { trace, ..self }
    }

    /// Whether the actor is staff.
    pub fn is_admin(self) -> bool {
        self.role == Role::Admin
    }

    /// Whether the actor may read and change what belongs to `owner`: staff may always, others only
    /// their own.
    pub fn may_access(self, owner: UserId) -> bool {
        self.is_admin() || self.user == owner
    }
}

/// A command on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Changes the name, the address or both.
    Update {
        /// The new name; `None` keeps the current one.
        name: Option<PersonName>,
        /// The new address; `None` keeps the current one.
        email: Option<EmailAddress>,
    },
    /// Changes the account's rights.
    ChangeRole(RoleChange),
    /// Deletes the account and erases its personal data.
    Delete,
}

/// The result of a command on an account: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// The account in its new state.
    Keep(Account),
    /// The account is deleted: its personal data is erased, its sessions are revoked, and its name
    /// on orders that took it from the account becomes [`PersonName::of_deleted_account`].
    Erase,
}

/// Why a command on an account is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// The actor lacks the right.
    #[error("the actor may not do this to the account")]
    Forbidden,
    /// The shop would be left without an admin.
    #[error("the last admin cannot be demoted or deleted")]
    LastAdmin,
}

impl Account {
    /// The account's owner, as an actor.
    pub fn actor(&self) -> Actor {
        Actor::new(self.id, self.role)
    }

    /// Decides a command on this account. `other_admins` is the number of other admin accounts,
    /// read under the lock that the store holds.
    ///
    /// # Errors
    /// [`AccountRefusal::Forbidden`] if the actor lacks the right, [`AccountRefusal::LastAdmin`] if
    /// no admin would be left.
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
