//! What the cases of addresses and passwords have in common.

use domain::{
    account::{
        Account, AccountCommand, AccountRefusal, AccountUpdate, Actor, AddressConfirmation,
        PasswordHash, port::ChangeAccountError,
    },
    events::{AccountMail, Event, EventRecord, EventType},
};

use crate::{
    ShopFixture, Stores,
    builders::{self, email, password_hash, session_id, timestamp},
    event_store::all_events,
};

/// The hash of the password of every account that a builder makes.
pub(super) fn current() -> PasswordHash {
    password_hash("ada")
}

/// A customer whose address is confirmed.
pub(super) async fn confirmed(shop: &ShopFixture, address: &str) -> Account {
    builders::account(address).verified().create(shop.stores.accounts.as_ref()).await
}

/// The command with which an owner asks for another address, with the current password.
pub(super) fn new_address(address: &str) -> AccountCommand {
    AccountCommand::Update(AccountUpdate {
        email: Some(email(address)),
        current_password: Some(current()),
        session: Some(session_id(1)),
        confirmation: AddressConfirmation::Always,
        ..AccountUpdate::default()
    })
}

/// The command that confirms an address of this account as it is. Session 1 makes the request.
pub(super) fn confirm(account: &Account, address: &str) -> AccountCommand {
    AccountCommand::ConfirmAddress {
        address: email(address),
        current: account.email.clone(),
        session: Some(session_id(1)),
    }
}

/// The command that resets the password of this account as it is.
pub(super) fn reset(account: &Account, new: &str) -> AccountCommand {
    AccountCommand::ResetPassword {
        current: current(),
        email: account.email.clone(),
        new: password_hash(new),
    }
}

/// Executes a command at the [`timestamp`] 10.
pub(super) async fn execute(
    shop: &ShopFixture,
    account: &Account,
    command: &AccountCommand,
    actor: Actor,
) -> Result<Account, ChangeAccountError> {
    let executed = shop.stores.accounts.execute(account.id, command, actor, timestamp(10)).await;
    executed.map(|kept| kept.account.expect("the account stays"))
}

/// Executes a command as the owner.
pub(super) async fn by_owner(
    shop: &ShopFixture,
    account: &Account,
    command: &AccountCommand,
) -> Result<Account, ChangeAccountError> {
    execute(shop, account, command, account.actor()).await
}

/// The reason with which the decision refused the command; `None` if it did not.
pub(super) fn refusal_of<T>(result: &Result<T, ChangeAccountError>) -> Option<&AccountRefusal> {
    match result {
        Err(ChangeAccountError::Refused(why)) => Some(why),
        _ => None,
    }
}

/// The account as the store has it.
pub(super) async fn found(shop: &ShopFixture, account: &Account) -> Account {
    shop.stores.accounts.find(account.id).await.unwrap().expect("the account is live")
}

/// The hash that the store has for the account's password.
pub(super) async fn hash_of(shop: &ShopFixture, account: &Account) -> PasswordHash {
    let found = shop.stores.accounts.credentials_of(account.id).await.unwrap();
    found.expect("the account is live").password
}

/// The mails that were ordered for the account, in their order.
pub(super) async fn ordered_mails(stores: &Stores, account: &Account) -> Vec<AccountMail> {
    requests_for_mails(stores, account).await.into_iter().map(|(mail, _event)| mail).collect()
}

/// The mails that were ordered for the account, with their events, in their order.
pub(super) async fn requests_for_mails(
    stores: &Stores,
    account: &Account,
) -> Vec<(AccountMail, EventRecord)> {
    let requested = EventType::AccountMailRequested;
    let mail = |event: EventRecord| match Event::read(requested, &event.data) {
        Ok(Event::AccountMailRequested(mail)) => Some((mail, event)),
        _ => None,
    };
    all_events(stores)
        .await
        .into_iter()
        .filter(|event| event.account == Some(account.id))
        .filter(|event| event.event_type == requested.as_str())
        .filter_map(mail)
        .collect()
}

/// Opens the sessions 1 and 2 of the account.
pub(super) async fn open_sessions(shop: &ShopFixture, account: &Account) {
    for number in [1, 2] {
        let session = crate::session_store::session(number, account.id, 0);
        shop.stores.sessions.open(session).await.unwrap();
    }
}

/// Which of the sessions 1 and 2 are open.
pub(super) async fn open_after(shop: &ShopFixture) -> [bool; 2] {
    let is_open = async |number| {
        let caller = shop.stores.sessions.caller(session_id(number), timestamp(20)).await;
        caller.unwrap().is_some()
    };
    [is_open(1).await, is_open(2).await]
}
