//! Accounts: a person's identity and rights, and the commands on an account.
//!
//! A deleted account is not an [`Account`]: stores keep its row, without personal data, for the
//! orders that refer to it, and answer reads as if it did not exist.

mod account_token;
mod actor;
mod command;
mod confirmation;
mod decide;
mod email;
mod login_network;
mod open_orders;
mod password;
pub mod port;
mod pseudonym;
mod refusal;
mod role;
pub mod service;
mod session;
mod session_id;
mod token;

pub use account_token::{
    AccountToken, AccountTokenClaims, AccountTokenPurpose, InvalidAccountToken,
};
pub use actor::Actor;
pub use command::{AccountChange, AccountCommand, AccountUpdate, ChangedAccount, RevokedSessions};
pub use confirmation::{AddressConfirmation, UnknownVerifiedEmailPolicy, VerifiedEmailPolicy};
pub use email::{EmailAddress, EmailError};
pub use login_network::NetworkHash;
pub use open_orders::{OpenOrders, UnknownOpenOrders};
pub use password::{NewPassword, PasswordAttempt, PasswordError, PasswordHash, PasswordPolicy};
pub use pseudonym::Pseudonym;
pub use refusal::AccountRefusal;
pub use role::{Role, RoleChange, UnknownRole};
pub use session::{Caller, NewSession, RefreshRefusal, Session, SessionLifetimes};
pub use session_id::SessionId;
pub use token::{AccessClaims, AccessToken, InvalidToken, RefreshToken, TokenHash};

use crate::{
    FOLDED_SEPARATOR, PersonName, Timestamp, TraceParent, UserId,
    events::{AccountMail, Event, NewEvent},
    text::search_form,
};

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The identifier of the account.
    pub id: UserId,
    /// The person's name.
    pub name: PersonName,
    /// The address for mails and logins. No two live accounts share one.
    pub email: EmailAddress,
    /// The time from which the address counts as confirmed: that of the click on a link that was
    /// mailed to it, or that of the creation of an account whose address is trusted. `None` if it
    /// was never confirmed.
    pub email_verified_at: Option<Timestamp>,
    /// The address that replaces [`Self::email`] once it is confirmed. Only an account whose
    /// present address is confirmed has one.
    pub pending_email: Option<EmailAddress>,
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
    /// Whether the address counts as confirmed, and whether a mail asks for it.
    pub email_status: EmailStatus,
    /// The hash of the password.
    pub password: PasswordHash,
    /// The account's rights.
    pub role: Role,
    /// The time of registration.
    pub created_at: Timestamp,
    /// The trace of the request that creates it, if there is one.
    pub trace: Option<TraceParent>,
}

/// The state of a new account's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailStatus {
    /// It counts as confirmed, because an operator entered it.
    Verified,
    /// It is not confirmed, and no mail asks for it.
    Unverified,
    /// It is not confirmed, and a mail asks for it.
    Asked,
}

impl NewAccount {
    /// The account with this identifier, and the events of its registration.
    pub fn create(&self, id: UserId) -> (Account, Vec<NewEvent>) {
        let verified = self.email_status == EmailStatus::Verified;
        let account = Account {
            id,
            name: self.name.clone(),
            email: self.email.clone(),
            email_verified_at: verified.then_some(self.created_at),
            pending_email: None,
            role: self.role,
            created_at: self.created_at,
        };
        let actor = account.actor().in_trace(self.trace);
        let at = self.created_at;
        let mut events = vec![NewEvent::of_account(Event::AccountRegistered, id, actor, at)];
        if self.email_status == EmailStatus::Asked {
            events.push(account.mail_event(AccountMail::ConfirmAddress, actor, at));
        }
        (account, events)
    }
}

/// An account with the hash of its password: what a login attempt is checked against, and what a
/// command on the account is [decided](Self::decide) from.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub account: Account,
    /// The hash of the account's password.
    pub password: PasswordHash,
}

/// The text that searches for accounts compare: the name and then the address, both case-folded,
/// with a [`FOLDED_SEPARATOR`] between them. No search term contains that, so none matches across
/// the two.
pub fn search_text(name: &str, email: &str) -> String {
    format!("{}{FOLDED_SEPARATOR}{}", search_form(name), search_form(email))
}

impl Account {
    /// The account's owner, as an actor.
    pub fn actor(&self) -> Actor {
        Actor::new(self.id, self.role)
    }

    /// The [`search_text`] of the account.
    pub fn search_text(&self) -> String {
        search_text(self.name.as_str(), self.email.as_str())
    }

    /// The address that a confirmation confirms: the pending one, or else the present one unless it
    /// is confirmed. `None` if there is nothing to confirm.
    pub fn address_to_confirm(&self) -> Option<&EmailAddress> {
        let unverified = self.email_verified_at.is_none().then_some(&self.email);
        self.pending_email.as_ref().or(unverified)
    }

    /// The event that orders a mail to this account. Notices go to the address of now, even if the
    /// account has another one when they are sent.
    fn mail_event(&self, mail: AccountMail, actor: Actor, at: Timestamp) -> NewEvent {
        let is_notice = match mail {
            AccountMail::AddressChangeNotice | AccountMail::PasswordChanged => true,
            AccountMail::ConfirmAddress | AccountMail::ResetPassword => false,
        };
        NewEvent {
            recipient: is_notice.then(|| self.email.clone()),
            ..NewEvent::of_account(Event::AccountMailRequested(mail), self.id, actor, at)
        }
    }
}

#[cfg(test)]
mod tests;
