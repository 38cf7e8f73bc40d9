//! The decisions on commands on an account.

use super::{
    Account, AccountChange, AccountCommand, AccountRefusal, AccountUpdate, Actor,
    AddressConfirmation, ChangedAccount, Credentials, EmailAddress, PasswordHash, RevokedSessions,
    Role,
};
use crate::{
    Timestamp,
    events::{AccountField, AccountMail, Event, NewEvent},
};

impl Credentials {
    /// Decides a command on this account. `other_admins` is the number of other admin accounts.
    /// Both are read under the locks that the store holds.
    ///
    /// The current password of a command was checked against a hash before those locks were taken:
    /// if the account has another hash by now, the check counts for nothing. The same holds for a
    /// token and the state of the account that it is bound to.
    ///
    /// # Errors
    /// [`AccountRefusal`]; the account stays as it is then.
    pub fn decide(
        &self,
        command: &AccountCommand,
        actor: Actor,
        other_admins: u64,
        now: Timestamp,
    ) -> Result<AccountChange, AccountRefusal> {
        let Self { account, password } = self;
        if !account.may_be_changed_by(actor, command) {
            return Err(AccountRefusal::Forbidden);
        }
        let last_admin = account.role == Role::Admin && other_admins == 0;
        let changed = match command {
            AccountCommand::Delete { .. } if last_admin => return Err(AccountRefusal::LastAdmin),
            AccountCommand::Delete { open_orders } => {
                let event = NewEvent::of_account(Event::AccountClosed, account.id, actor, now);
                return Ok(AccountChange::Erase {
                    open_orders: *open_orders,
                    event: Box::new(event),
                });
            }
            AccountCommand::Update(update) => self.update(update, actor)?,
            AccountCommand::ChangeRole(change) => {
                let role = change.applied_to(account.role);
                if last_admin && role != Role::Admin {
                    return Err(AccountRefusal::LastAdmin);
                }
                Account { role, ..account.clone() }.changed()
            }
            AccountCommand::ChangePassword { current, .. } if current != password => {
                return Err(AccountRefusal::WrongPassword);
            }
            AccountCommand::ChangePassword { current: _, new, session } => {
                self.with_password(new, RevokedSessions::all_but(*session), None)
            }
            AccountCommand::ResetPassword { current, email, .. }
                if current != password || *email != account.email =>
            {
                return Err(AccountRefusal::StaleToken);
            }
            AccountCommand::ResetPassword { current: _, email: _, new } => {
                self.with_password(new, RevokedSessions::All, Some(now))
            }
            AccountCommand::SetPassword { new } => {
                self.with_password(new, RevokedSessions::All, None)
            }
            AccountCommand::ConfirmAddress { address, current, session } => {
                if *current != account.email || account.address_to_confirm() != Some(address) {
                    return Err(AccountRefusal::StaleToken);
                }
                account.confirmed(address, RevokedSessions::all_but(*session), now)
            }
            AccountCommand::RequestConfirmation => {
                let to_confirm = account.address_to_confirm().is_some();
                account.clone().changed().with_mails(to_confirm, &[AccountMail::ConfirmAddress])
            }
            AccountCommand::RequestPasswordReset => {
                account.clone().changed().with_mails(true, &[AccountMail::ResetPassword])
            }
        };
        Ok(AccountChange::Keep(Box::new(changed.with_events(account, actor, now))))
    }

    /// The account with what an update names.
    ///
    /// The owner of a confirmed address needs the current password to change it, and keeps it until
    /// the new one is confirmed, where the shop can send the mail for that. Every other new address
    /// takes force at once, unconfirmed.
    fn update(
        &self,
        update: &AccountUpdate,
        actor: Actor,
    ) -> Result<ChangedAccount, AccountRefusal> {
        let mut account = self.account.clone();
        if let Some(name) = &update.name {
            account.name.clone_from(name);
        }
        let Some(email) = &update.email else { return Ok(account.changed()) };
        let is_owner = actor.user == account.id;
        let checked = is_owner && update.current_password.is_some();
        if checked && update.current_password.as_ref() != Some(&self.password) {
            return Err(AccountRefusal::WrongPassword);
        }
        if *email == account.email {
            // Clients send back the address that they got, so only one who also gives the password
            // withdraws a change of address with it.
            if checked {
                account.pending_email = None;
            }
            return Ok(account.changed());
        }
        let ask = update.confirmation == AddressConfirmation::Always;
        if !is_owner {
            let changed = account.with_unconfirmed(email).revoking(RevokedSessions::All);
            return Ok(changed.with_mails(ask, &[AccountMail::ConfirmAddress]));
        }
        if account.email_verified_at.is_none() {
            let changed = account.with_unconfirmed(email);
            return Ok(changed.with_mails(ask, &[AccountMail::ConfirmAddress]));
        }
        if !checked {
            return Err(AccountRefusal::PasswordRequired);
        }
        if update.confirmation == AddressConfirmation::Unavailable {
            let others = RevokedSessions::all_but(update.session);
            return Ok(account.with_unconfirmed(email).revoking(others));
        }
        account.pending_email = Some(email.clone());
        let mails = [AccountMail::ConfirmAddress, AccountMail::AddressChangeNotice];
        Ok(account.changed().with_mails(true, &mails))
    }

    /// The account with a new password. A pending change of address is withdrawn: an attacker who
    /// had the old password may have asked for it. `proven_at` is when the owner proved to read the
    /// mails to the address, if the password is changed for that.
    fn with_password(
        &self,
        new: &PasswordHash,
        revoked: RevokedSessions,
        proven_at: Option<Timestamp>,
    ) -> ChangedAccount {
        let email_verified_at = self.account.email_verified_at.or(proven_at);
        let account = Account { email_verified_at, pending_email: None, ..self.account.clone() };
        let changed = ChangedAccount { password: Some(new.clone()), ..account.changed() };
        changed
            .revoking(revoked)
            .with_mails(email_verified_at.is_some(), &[AccountMail::PasswordChanged])
    }
}

impl Account {
    fn may_be_changed_by(&self, actor: Actor, command: &AccountCommand) -> bool {
        match command {
            AccountCommand::Update(_)
            | AccountCommand::RequestConfirmation
            | AccountCommand::RequestPasswordReset => actor.may_access(self.id),
            AccountCommand::ChangeRole(_) | AccountCommand::Delete { .. } => actor.is_admin(),
            AccountCommand::ChangePassword { .. }
            | AccountCommand::ResetPassword { .. }
            | AccountCommand::SetPassword { .. }
            | AccountCommand::ConfirmAddress { .. } => actor.user == self.id,
        }
    }

    /// This account, as the result of a command from which nothing else follows.
    const fn changed(self) -> ChangedAccount {
        ChangedAccount {
            account: self,
            password: None,
            revoked: RevokedSessions::None,
            mails: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The account with another address, which is not confirmed.
    fn with_unconfirmed(self, email: &EmailAddress) -> ChangedAccount {
        let email = email.clone();
        Self { email, email_verified_at: None, pending_email: None, ..self }.changed()
    }

    /// The account with this address, confirmed. If the address replaces another one, sessions are
    /// revoked.
    fn confirmed(
        &self,
        address: &EmailAddress,
        revoked: RevokedSessions,
        now: Timestamp,
    ) -> ChangedAccount {
        let revoked = if *address == self.email { RevokedSessions::None } else { revoked };
        let account = Self {
            email: address.clone(),
            email_verified_at: Some(now),
            pending_email: None,
            ..self.clone()
        };
        account.changed().revoking(revoked)
    }
}

impl ChangedAccount {
    fn revoking(self, revoked: RevokedSessions) -> Self {
        Self { revoked, ..self }
    }

    /// Orders these mails, on that condition.
    fn with_mails(mut self, condition: bool, mails: &[AccountMail]) -> Self {
        if condition {
            self.mails.extend(mails);
        }
        self
    }

    /// Adds the events of what is different now, and after them those of the ordered mails.
    fn with_events(mut self, before: &Account, actor: Actor, now: Timestamp) -> Self {
        let after = &self.account;
        let mut changed = Vec::new();
        if after.name != before.name {
            changed.push(AccountField::Name);
        }
        if self.password.is_some() {
            changed.push(AccountField::Password);
        }
        let mut events = Vec::new();
        if !changed.is_empty() {
            events.push(Event::AccountChanged(changed));
        }
        if after.email != before.email {
            events.push(Event::AccountAddressChanged);
        }
        if after.role != before.role {
            events.push(Event::AccountRoleChanged(after.role.as_str().to_owned()));
        }
        let events =
            events.into_iter().map(|event| NewEvent::of_account(event, after.id, actor, now));
        let mails = self.mails.iter().map(|mail| after.mail_event(*mail, actor, now));
        self.events = events.chain(mails).collect();
        self
    }
}

#[cfg(test)]
mod tests;
