//! Creates the first admin when a server starts.

use domain::{
    UserId,
    account::{
        Actor, Role,
        service::{AccountService, RegisterError, Registration},
    },
};

use super::error::CommandError;
use crate::config::FirstAdmin;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AdminState {
    /// An admin existed before this start.
    Present,
    /// An admin with this email address was created just now.
    Created(String),
    /// There is no admin, and none is configured.
    Missing,
}

/// Creates the configured admin unless there is an admin already.
pub(super) async fn ensure(
    configured: Option<&FirstAdmin>,
    accounts: &AccountService,
) -> Result<AdminState, CommandError> {
    // Checked first, so that a start does not hash the password in vain.
    if accounts.has_admin().await? {
        return Ok(AdminState::Present);
    }
    let Some(FirstAdmin { email, password }) = configured else {
        return Ok(AdminState::Missing);
    };
    let registration =
        Registration { name: None, email: email.clone(), password: password.clone(), trace: None };
    match accounts.create_first_admin(registration).await {
        Ok(Some(account)) => {
            tracing::info!(user_id = account.id.get(), "created the first admin");
            Ok(AdminState::Created(email.to_string()))
        }
        Ok(None) => Ok(AdminState::Present),
        Err(RegisterError::EmailTaken) => Err(CommandError::Refused(format!(
            "ADMIN_EMAIL: {email} belongs to a customer's account already; choose another address"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// The operator who runs the program, as an actor: without an account, with access to everything.
/// For reads only, because writes record their actor's id.
pub(super) fn operator_actor() -> Actor {
    Actor::new(UserId::new(0), Role::Admin)
}
