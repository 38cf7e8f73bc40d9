//! The use cases of passwords: changing and resetting one.

use super::{AccountService, AccountTokenError, PasswordCheckError};
use crate::{
    StoreError, TraceParent, UserId,
    account::{
        Account, AccountCommand, AccountTokenClaims, AccountTokenPurpose, Actor, Credentials,
        EmailAddress, NewPassword, PasswordAttempt, PasswordHash, SessionId,
        port::ChangeAccountError,
    },
};

impl AccountService {
    /// Replaces the actor's own password. All its sessions but `session` end, and a pending change
    /// of address is withdrawn.
    ///
    /// # Errors
    /// [`PasswordCheckError`]; the password stays then, except perhaps on
    /// [`StoreError::CommitUnknown`].
    pub async fn change_password(
        &self,
        actor: Actor,
        session: Option<SessionId>,
        current: PasswordAttempt,
        new: NewPassword,
    ) -> Result<Account, PasswordCheckError> {
        let current = self.check_password(actor.user, current).await?;
        let new = self.ports.hasher.hash(new).await?;
        let command = AccountCommand::ChangePassword { current, new, session };
        self.change(actor.user, &command, actor).await
    }

    /// Orders the mail that resets the password of the account with this address. An address that
    /// no account has is no error.
    ///
    /// That takes longer for an address that an account has, so no caller may be able to measure
    /// it: a server responds first.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn request_password_reset(
        &self,
        email: &EmailAddress,
        trace: Option<TraceParent>,
    ) -> Result<(), StoreError> {
        let Some(known) = self.ports.accounts.credentials(email).await? else { return Ok(()) };
        let actor = known.account.actor().in_trace(trace);
        let command = AccountCommand::RequestPasswordReset;
        match self.execute(known.account.id, &command, actor).await {
            Err(ChangeAccountError::Store(error)) => Err(error),
            // Its owner may do this; if the account is gone by now, there is no one to write to.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Replaces the password of the account that a token was mailed to. All its sessions end, its
    /// address counts as confirmed, and a pending change of address is withdrawn.
    ///
    /// # Errors
    /// [`AccountTokenError`]; the password stays then, except perhaps on
    /// [`StoreError::CommitUnknown`].
    pub async fn reset_password(
        &self,
        token: &str,
        new: NewPassword,
        trace: Option<TraceParent>,
    ) -> Result<Account, AccountTokenError> {
        // Before hashing, which is slow.
        let known = self.check_token(token, AccountTokenPurpose::ResetPassword).await?;
        let Credentials { account, password: current } = known;
        let new = self.ports.hasher.hash(new).await?;
        let actor = account.actor().in_trace(trace);
        let command = AccountCommand::ResetPassword { current, email: account.email, new };
        self.change(account.id, &command, actor).await
    }

    /// Replaces the password of an account on behalf of an operator. All its sessions end, and a
    /// pending change of address is withdrawn.
    ///
    /// # Errors
    /// [`PasswordCheckError`]; the password stays then, except perhaps on
    /// [`StoreError::CommitUnknown`].
    pub async fn set_password(
        &self,
        account: &Account,
        new: NewPassword,
    ) -> Result<Account, PasswordCheckError> {
        let new = self.ports.hasher.hash(new).await?;
        let command = AccountCommand::SetPassword { new };
        self.change(account.id, &command, account.actor()).await
    }

    /// Checks the current password of an account. Returns the hash that it was checked against.
    pub(super) async fn check_password(
        &self,
        id: UserId,
        attempt: PasswordAttempt,
    ) -> Result<PasswordHash, PasswordCheckError> {
        let known = self.ports.accounts.credentials_of(id).await?;
        let hash = known.ok_or(ChangeAccountError::NotFound)?.password;
        if self.ports.hasher.verify(attempt, Some(hash.clone())).await? {
            Ok(hash)
        } else {
            Err(PasswordCheckError::WrongPassword)
        }
    }

    /// Checks a token that was mailed. Returns the account that it is for, as it is.
    pub(super) async fn check_token(
        &self,
        token: &str,
        purpose: AccountTokenPurpose,
    ) -> Result<Credentials, AccountTokenError> {
        let claims = AccountTokenClaims::parse(token)?;
        let known = self.ports.accounts.credentials_of(claims.user()).await?;
        let known = known.ok_or(AccountTokenError::Invalid)?;
        let (secrets, now) = (self.ports.secrets.as_ref(), self.ports.clock.now());
        claims.verify(purpose, &known, secrets, now)?;
        Ok(known)
    }
}
