//! Requests about accounts that both surfaces, or a page, have in common: what is limited, and by
//! what it is counted.
//!
//! Mails that anyone can have sent are counted by mailbox, whichever request has them sent.

use domain::{
    TraceParent,
    account::{
        Account, AddressConfirmation, EmailAddress, NewPassword, PasswordAttempt,
        service::{LoginError, LoginTokens, PasswordCheckError, ProfileUpdate, Registration},
    },
    rate_limit::{LimitedAction, RateLimitSubject},
    with_causes,
};
use http_request::{AuthenticatedCaller, ClientAddress, Services, TraceContext};

use crate::problem::Problem;

/// Creates a customer's account. Where the shop asks to confirm the address, a mail is sent.
///
/// # Errors
/// [`Problem`] if the address is in use, or the client or the mailbox is over its limit.
pub(crate) async fn register(
    services: &Services,
    client: ClientAddress,
    registration: Registration,
) -> Result<Account, Problem> {
    let Services { accounts, rate_limiter, .. } = services;
    rate_limiter.check(LimitedAction::Register, client.subject()).await?;
    if accounts.confirmation() != AddressConfirmation::Always {
        return Ok(accounts.register(registration).await?);
    }
    let mailbox = accounts.mailbox(&registration.email);
    rate_limiter.check(LimitedAction::AccountMail, mailbox).await?;
    let registered = accounts.register(registration).await;
    if registered.is_err() {
        // No mail is sent. It must not count, or others could use up the mails of a mailbox.
        rate_limiter.forgive(LimitedAction::AccountMail, mailbox).await;
    }
    Ok(registered?)
}

/// Logs an account in. A refused attempt is logged under the pseudonyms of the address and of the
/// client's network, so that attacks on one account or from one network can be counted.
///
/// # Errors
/// [`Problem`] if the credentials are wrong, or a limit is exceeded.
pub(crate) async fn log_in(
    services: &Services,
    client: ClientAddress,
    email: &str,
    attempt: PasswordAttempt,
    trace: TraceContext,
) -> Result<LoginTokens, Problem> {
    let logged_in = async {
        services.rate_limiter.check(LimitedAction::Login, client.subject()).await?;
        services.accounts.log_in(email, attempt, client.0).await
    };
    logged_in.await.map_err(|error| {
        let reason = match &error {
            LoginError::InvalidCredentials => Some("invalid_credentials"),
            LoginError::RateLimited(_) => Some("rate_limited"),
            // The client is not to blame. The log line of the request has the cause.
            LoginError::Hasher(_) | LoginError::Signing(_) | LoginError::Store(_) => None,
        };
        if let Some(reason) = reason {
            tracing::info!(
                target: "oms::login",
                trace_id = trace.0.map(TraceParent::trace_hex),
                account = %services.accounts.address_pseudonym(email),
                network = %services.accounts.network_pseudonym(client.0),
                reason,
                "login failed"
            );
        }
        error.into()
    })
}

/// Requests a mail with which the password of the account with this address can be reset.
///
/// Returns before the account is looked up, so that neither the response nor its time depend on
/// whether there is one. For the same reason, requests beyond the limit of the mailbox succeed and
/// send no mail.
///
/// # Errors
/// [`Problem`] if the client has sent too many requests, or too many are in progress.
pub(crate) async fn request_password_reset(
    services: &Services,
    client: ClientAddress,
    email: EmailAddress,
    trace: TraceContext,
) -> Result<(), Problem> {
    services.rate_limiter.check(LimitedAction::Register, client.subject()).await?;
    let (accounts, rate_limiter) = (services.accounts.clone(), services.rate_limiter.clone());
    let request = async move {
        let mailbox = accounts.mailbox(&email);
        if rate_limiter.check(LimitedAction::AccountMail, mailbox).await.is_err() {
            return;
        }
        if let Err(error) = accounts.request_password_reset(&email, trace.0).await {
            tracing::error!(error = with_causes(&error), "a password reset could not be requested");
        }
    };
    Ok(services.detached.start_in_background(request)?)
}

/// Requests another mail with which the caller can confirm an address. If there is none to confirm,
/// does nothing.
///
/// # Errors
/// [`Problem`] if the mailbox is over its limit.
pub(crate) async fn request_confirmation(
    services: &Services,
    caller: &AuthenticatedCaller,
) -> Result<(), Problem> {
    let Some(address) = caller.account().address_to_confirm() else { return Ok(()) };
    let mailbox = services.accounts.mailbox(address);
    services.rate_limiter.check(LimitedAction::AccountMail, mailbox).await?;
    services.accounts.request_confirmation(caller.account().id, caller.actor()).await?;
    Ok(())
}

/// Replaces the caller's own password.
///
/// # Errors
/// [`Problem`] if the current password is wrong, or was wrong too often.
pub(crate) async fn change_password(
    services: &Services,
    caller: &AuthenticatedCaller,
    current: PasswordAttempt,
    new: NewPassword,
) -> Result<(), Problem> {
    let session = Some(caller.session());
    let change = services.accounts.change_password(caller.actor(), session, current, new);
    limit_wrong_passwords(services, caller, change).await?;
    Ok(())
}

/// Changes the caller's own name or address. The changes of an account's address are limited, and
/// so are the mails to the new one.
///
/// # Errors
/// [`Problem`] if the current password is missing or wrong, the address is in use, or a limit is
/// exceeded.
pub(crate) async fn update_own(
    services: &Services,
    caller: &AuthenticatedCaller,
    update: ProfileUpdate,
) -> Result<Account, Problem> {
    let Services { accounts, rate_limiter, .. } = services;
    let account = caller.account();
    let address = update.email.as_ref().filter(|address| **address != account.email);
    let limits = address.map(|address| {
        [
            (LimitedAction::EmailChange, RateLimitSubject::Account(account.id)),
            (LimitedAction::AccountMail, accounts.mailbox(address)),
        ]
    });
    let has_password = update.current_password.is_some();
    if let Some([change, mail]) = limits {
        rate_limiter.check(change.0, change.1).await?;
        if let Err(limited) = rate_limiter.check(mail.0, mail.1).await {
            // No address is changed.
            rate_limiter.forgive(change.0, change.1).await;
            return Err(limited.into());
        }
    }
    let change = accounts.update(account.id, update, caller.actor(), Some(caller.session()));
    let changed = if has_password {
        limit_wrong_passwords(services, caller, change).await
    } else {
        change.await.map_err(Problem::from)
    };
    if changed.is_err() {
        for (action, subject) in limits.into_iter().flatten() {
            rate_limiter.forgive(action, subject).await;
        }
    }
    changed
}

/// Makes a change that checks the caller's password. Wrong passwords are limited, since a stolen
/// access token must not be a way to guess the password.
async fn limit_wrong_passwords<T>(
    services: &Services,
    caller: &AuthenticatedCaller,
    change: impl Future<Output = Result<T, PasswordCheckError>>,
) -> Result<T, Problem> {
    let limiter = &services.rate_limiter;
    let (action, subject) =
        (LimitedAction::AccountLogin, RateLimitSubject::Account(caller.account().id));
    limiter.check(action, subject).await?;
    let changed = change.await;
    if !matches!(changed, Err(PasswordCheckError::WrongPassword)) {
        limiter.forgive(action, subject).await;
    }
    Ok(changed?)
}
