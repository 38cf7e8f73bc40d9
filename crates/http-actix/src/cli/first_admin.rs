//! Seeing to it that somebody can manage the shop.

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
    /// Somebody who was there before.
    Present,
    /// Somebody who was made just now, with this address.
    Made(String),
    Missing,
}

pub(super) async fn ensure(
    configured: Option<&FirstAdmin>,
    accounts: &AccountService,
) -> Result<AdminState, CommandError> {
    // Looking first saves a start the time that hashing the password takes.
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
            tracing::info!(user_id = account.id.get(), "made the first admin");
            Ok(AdminState::Made(email.to_string()))
        }
        Ok(None) => Ok(AdminState::Present),
        Err(RegisterError::EmailTaken) => Err(CommandError::Refused(format!(
            "ADMIN_EMAIL: {email} belongs to a customer's account already; choose another address"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Whoever starts the program: has no account, may see everything. For reads alone, since what is written
/// names its actor.
pub(super) fn the_operator() -> Actor {
    Actor::new(UserId::new(0), Role::Admin)
}
