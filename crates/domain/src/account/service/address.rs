//! The use cases of addresses: changing one's own, and confirming it.

use super::{AccountService, AccountTokenError, PasswordCheckError};
use crate::{
    PersonName, TraceParent, UserId,
    account::{
        Account, AccountCommand, AccountTokenPurpose, AccountUpdate, Actor, EmailAddress,
        PasswordAttempt, SessionId, port::ChangeAccountError,
    },
};

/// A change of a name or an address. Absent members stay unchanged.
#[derive(Debug, Default)]
pub struct ProfileUpdate {
    /// The new name.
    pub name: Option<PersonName>,
    /// The new address.
    pub email: Option<EmailAddress>,
    /// The owner's current password. It is checked if there is a new address and the actor is the
    /// owner, and ignored otherwise.
    pub current_password: Option<PasswordAttempt>,
}

impl AccountService {
    /// Changes the name or the address of an account, for its owner or staff. Returns the account
    /// in its new state, with the new address either in force or pending.
    ///
    /// An owner whose address is confirmed needs the current password for another one, which stays
    /// pending until it is confirmed. Where an address is replaced at once for other reasons than
    /// that it was never confirmed, all sessions but `session` end.
    ///
    /// # Errors
    /// [`PasswordCheckError`]; nothing is changed then, except perhaps on
    /// [`StoreError::CommitUnknown`](crate::StoreError::CommitUnknown). For actors other than owner
    /// and staff it does not depend on whether the account exists.
    pub async fn update(
        &self,
        id: UserId,
        update: ProfileUpdate,
        actor: Actor,
        session: Option<SessionId>,
    ) -> Result<Account, PasswordCheckError> {
        let ProfileUpdate { name, email, current_password } = update;
        let attempt = current_password.filter(|_| email.is_some() && actor.user == id);
        let current_password = match attempt {
            Some(attempt) => Some(self.check_password(id, attempt).await?),
            None => None,
        };
        let confirmation = self.confirmation;
        let update = AccountUpdate { name, email, current_password, session, confirmation };
        self.change(id, &AccountCommand::Update(update), actor).await
    }

    /// Orders the mail that confirms the address of an account, for its owner or staff. If there is
    /// nothing to confirm, does nothing.
    ///
    /// # Errors
    /// [`ChangeAccountError`]; no mail is ordered then.
    pub async fn request_confirmation(
        &self,
        id: UserId,
        actor: Actor,
    ) -> Result<(), ChangeAccountError> {
        self.execute(id, &AccountCommand::RequestConfirmation, actor).await?;
        Ok(())
    }

    /// Confirms the address that a token was mailed to. A pending address replaces the present one,
    /// and ends all sessions but `session`. Returns the account in its new state.
    ///
    /// # Errors
    /// [`AccountTokenError`]; nothing is confirmed then, except perhaps on
    /// [`StoreError::CommitUnknown`](crate::StoreError::CommitUnknown).
    pub async fn confirm_address(
        &self,
        token: &str,
        session: Option<SessionId>,
        trace: Option<TraceParent>,
    ) -> Result<Account, AccountTokenError> {
        let known = self.check_token(token, AccountTokenPurpose::ConfirmAddress).await?;
        let account = known.account;
        let address = account.address_to_confirm().ok_or(AccountTokenError::Invalid)?.clone();
        let actor = account.actor().in_trace(trace);
        let current = account.email;
        let command = AccountCommand::ConfirmAddress { address, current, session };
        self.change(account.id, &command, actor).await
    }

    /// Executes a command that keeps the account.
    pub(super) async fn change<E: From<ChangeAccountError>>(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
    ) -> Result<Account, E> {
        let kept = self.execute(id, command, actor).await.map_err(E::from)?;
        kept.ok_or_else(|| E::from(ChangeAccountError::NotFound))
    }
}
