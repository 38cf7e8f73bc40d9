//! Seeing to it that somebody can manage the shop.

use domain::{
    Cursor, PageLimit, PageNumber, PageRequest, StoreError, UserId,
    account::{
        Actor, Role,
        service::{AccountService, RegisterError, Registration, ViewAccountError},
    },
};

use super::CommandError;
use crate::config::FirstAdmin;

/// Who manages the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AdminState {
    /// Somebody who was there before.
    Present,
    /// Somebody who was made just now, with this address.
    Made(String),
    /// Nobody.
    Missing,
}

/// Makes the configured admin if there is none.
pub(super) async fn ensure(
    configured: Option<&FirstAdmin>,
    accounts: &AccountService,
) -> Result<AdminState, CommandError> {
    // Looking first saves a start the time that hashing the password takes.
    if has_admin(accounts).await? {
        return Ok(AdminState::Present);
    }
    let Some(FirstAdmin { email, password }) = configured else {
        return Ok(AdminState::Missing);
    };
    let registration =
        Registration { name: None, email: email.clone(), password: password.clone() };
    match accounts.create_first_admin(registration).await {
        Ok(Some(account)) => {
            tracing::info!(user_id = account.id.get(), "made the first admin {}", account.id);
            Ok(AdminState::Made(email.to_string()))
        }
        Ok(None) => Ok(AdminState::Present),
        Err(RegisterError::EmailTaken) => Err(CommandError::Refused(format!(
            "ADMIN_EMAIL: {email} belongs to a customer's account already; choose another address"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Whether there is an admin. The first ones to have an account are looked at; a shop with so many accounts
/// is taken to have one.
async fn has_admin(accounts: &AccountService) -> Result<bool, StoreError> {
    /// 10,000 accounts: a fraction of a second.
    const PAGES: usize = 100;
    let limit = PageLimit::clamped(PageLimit::MAX);
    let mut page = PageRequest::number(PageNumber::FIRST, limit);
    for _ in 0..PAGES {
        let listed = match accounts.list(page, the_operator()).await {
            Ok(listed) => listed,
            Err(ViewAccountError::Store(error)) => return Err(error),
            // The operator may see all accounts.
            Err(ViewAccountError::Forbidden | ViewAccountError::NotFound) => return Ok(false),
        };
        if listed.items.iter().any(|account| account.role == Role::Admin) {
            return Ok(true);
        }
        let Some(next) = listed.next.map(Cursor::id) else { return Ok(false) };
        page = PageRequest::after(Cursor::after(next), limit);
    }
    Ok(true)
}

/// Whoever starts the program: has no account, may see everything. For reads alone, since what is written
/// names its actor.
pub(super) fn the_operator() -> Actor {
    Actor { user: UserId::new(0), role: Role::Admin }
}
