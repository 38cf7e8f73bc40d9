//! The commands on an account, and what they change.

use super::{
    Account, AddressConfirmation, EmailAddress, OpenOrders, PasswordHash, RoleChange, SessionId,
};
use crate::{
    PersonName,
    events::{AccountMail, NewEvent},
};

/// A command on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Changes the name, the address or both.
    Update(AccountUpdate),
    /// Changes the account's rights.
    ChangeRole(RoleChange),
    /// Deletes the account and erases its personal data.
    Delete {
        /// What happens to its open orders with product lines.
        open_orders: OpenOrders,
    },
    /// Replaces the owner's password, after the current one was checked.
    ChangePassword {
        /// The hash that the current password was checked against.
        current: PasswordHash,
        /// The hash of the new password.
        new: PasswordHash,
        /// The session of the request, which stays open; all others are revoked.
        session: Option<SessionId>,
    },
    /// Replaces a forgotten password, after a token that was mailed was checked.
    ResetPassword {
        /// The hash that the token is bound to.
        current: PasswordHash,
        /// The address that the token is bound to, and was mailed to. It counts as confirmed.
        email: EmailAddress,
        /// The hash of the new password.
        new: PasswordHash,
    },
    /// Replaces the password on behalf of an operator, without a check of the current one.
    SetPassword {
        /// The hash of the new password.
        new: PasswordHash,
    },
    /// Confirms an address, after a token that was mailed to it was checked.
    ConfirmAddress {
        /// The address that is confirmed.
        address: EmailAddress,
        /// The account's address when the token was made.
        current: EmailAddress,
        /// The session of the request, if there is one: it stays open.
        session: Option<SessionId>,
    },
    /// Orders the mail that confirms an address, if there is one to confirm.
    RequestConfirmation,
    /// Orders the mail that resets the password.
    RequestPasswordReset,
}

impl AccountCommand {
    /// The command that changes the name, the address or both, without the current password.
    pub fn update(name: Option<PersonName>, email: Option<EmailAddress>) -> Self {
        Self::Update(AccountUpdate { name, email, ..AccountUpdate::default() })
    }
}

/// What an update changes. Absent members stay unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountUpdate {
    /// The new name.
    pub name: Option<PersonName>,
    /// The new address.
    pub email: Option<EmailAddress>,
    /// The hash that the owner's current password was checked against, if the request has the
    /// password.
    pub current_password: Option<PasswordHash>,
    /// The session of the request, which stays open where others are revoked.
    pub session: Option<SessionId>,
    /// How the shop confirms addresses.
    pub confirmation: AddressConfirmation,
}

/// The result of a command on an account: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// The account stays, changed.
    Keep(Box<ChangedAccount>),
    /// The account is deleted: its personal data is erased, its sessions are revoked, and its name
    /// on orders that took it from the account becomes
    /// [`PersonName::of_deleted_account`](crate::PersonName::of_deleted_account). In the same
    /// transaction, [`OpenOrders::decide`] decides about its open orders.
    Erase {
        /// What happens to its open orders with product lines.
        open_orders: OpenOrders,
        /// The event to append to the journal.
        event: Box<NewEvent>,
    },
}

/// An account in its new state, and what follows from the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedAccount {
    /// The account in its new state.
    pub account: Account,
    /// The hash of the new password; `None` keeps the current one.
    pub password: Option<PasswordHash>,
    /// The sessions that are revoked with the change.
    pub revoked: RevokedSessions,
    /// The mails that the change orders.
    pub mails: Vec<AccountMail>,
    /// The events to append to the journal, those that order the mails included.
    pub events: Vec<NewEvent>,
}

/// The sessions of an account that a change revokes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RevokedSessions {
    /// None.
    #[default]
    None,
    /// All but this one, if it is a session of the account.
    AllBut(SessionId),
    /// All.
    All,
}

impl RevokedSessions {
    /// All sessions but that of the request, if there is one.
    pub fn all_but(session: Option<SessionId>) -> Self {
        session.map_or(Self::All, Self::AllBut)
    }
}
