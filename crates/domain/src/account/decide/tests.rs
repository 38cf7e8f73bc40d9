//! Passwords, confirmations and changes of addresses: what is required, and what follows.

use super::{super::*, *};
use crate::{PersonName, UserId};

const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);
const SESSION: SessionId = SessionId::from_random([7; 16]);

fn email(raw: &str) -> EmailAddress {
    EmailAddress::parse(raw).unwrap()
}

fn hash(mark: &str) -> PasswordHash {
    PasswordHash::new(mark)
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + chrono::TimeDelta::days(1)
}

fn unverified() -> Credentials {
    Credentials {
        account: Account {
            id: UserId::new(7),
            name: PersonName::parse("Ada").unwrap(),
            email: email("ada@example.com"),
            email_verified_at: None,
            pending_email: None,
            role: Role::User,
            created_at: Timestamp::UNIX_EPOCH,
        },
        password: hash("current"),
    }
}

fn verified() -> Credentials {
    let account =
        Account { email_verified_at: Some(Timestamp::UNIX_EPOCH), ..unverified().account };
    Credentials { account, ..unverified() }
}

fn pending() -> Credentials {
    let account = Account { pending_email: Some(email("new@example.com")), ..verified().account };
    Credentials { account, ..verified() }
}

fn decide(
    known: &Credentials,
    command: &AccountCommand,
    actor: Actor,
) -> Result<ChangedAccount, AccountRefusal> {
    match known.decide(command, actor, 1, now())? {
        AccountChange::Keep(changed) => Ok(*changed),
        AccountChange::Erase { .. } => panic!("the account stays"),
    }
}

fn by_owner(
    known: &Credentials,
    command: &AccountCommand,
) -> Result<ChangedAccount, AccountRefusal> {
    decide(known, command, known.account.actor())
}

fn new_address(password: Option<&str>, confirmation: AddressConfirmation) -> AccountCommand {
    AccountCommand::Update(AccountUpdate {
        name: None,
        email: Some(email("new@example.com")),
        current_password: password.map(hash),
        session: Some(SESSION),
        confirmation,
    })
}

/// The events of a change, those that order its mails included.
fn events(changed: &ChangedAccount) -> Vec<Event> {
    changed.events.iter().map(|event| event.event.clone()).collect()
}

const EVERY_WAY: [AddressConfirmation; 3] =
    [AddressConfirmation::Unavailable, AddressConfirmation::OnRequest, AddressConfirmation::Always];

#[test]
fn an_address_that_was_never_confirmed_is_replaced_at_once_without_a_password() {
    for confirmation in EVERY_WAY {
        let changed = by_owner(&unverified(), &new_address(None, confirmation)).unwrap();
        let account = Account { email: email("new@example.com"), ..unverified().account };
        assert_eq!((changed.account, changed.password), (account, None));
        assert_eq!(changed.revoked, RevokedSessions::None);
        let asked = confirmation == AddressConfirmation::Always;
        let expected = if asked { vec![AccountMail::ConfirmAddress] } else { vec![] };
        assert_eq!(changed.mails, expected, "{confirmation:?}");
    }
}

#[test]
fn a_confirmed_address_is_replaced_by_its_owner_only_with_the_current_password() {
    for confirmation in EVERY_WAY {
        for known in [verified(), pending()] {
            let refused = by_owner(&known, &new_address(None, confirmation));
            assert_eq!(refused, Err(AccountRefusal::PasswordRequired));
            let refused = by_owner(&known, &new_address(Some("former"), confirmation));
            assert_eq!(refused, Err(AccountRefusal::WrongPassword));
        }
    }
    let staff =
        Credentials { account: Account { role: Role::Admin, ..verified().account }, ..verified() };
    let refused = by_owner(&staff, &new_address(None, AddressConfirmation::Always));
    assert_eq!(refused, Err(AccountRefusal::PasswordRequired), "staff are owners of their own");
}

#[test]
fn a_wrong_password_is_refused_where_none_is_needed_as_well() {
    let command = new_address(Some("former"), AddressConfirmation::Always);
    assert_eq!(by_owner(&unverified(), &command), Err(AccountRefusal::WrongPassword));
}

#[test]
fn the_new_address_of_a_confirmed_account_is_pending_until_it_is_confirmed() {
    for confirmation in [AddressConfirmation::OnRequest, AddressConfirmation::Always] {
        for known in [verified(), pending()] {
            let command = new_address(Some("current"), confirmation);
            let changed = by_owner(&known, &command).unwrap();
            assert_eq!(changed.account, pending().account);
            assert_eq!((changed.password, changed.revoked), (None, RevokedSessions::None));
            let expected = vec![AccountMail::ConfirmAddress, AccountMail::AddressChangeNotice];
            assert_eq!(changed.mails, expected);
        }
    }
}

#[test]
fn a_shop_that_sends_no_mails_replaces_a_confirmed_address_at_once() {
    let command = new_address(Some("current"), AddressConfirmation::Unavailable);
    let changed = by_owner(&verified(), &command).unwrap();
    let account = Account { email: email("new@example.com"), ..unverified().account };
    assert_eq!(changed.account, account);
    assert_eq!(changed.revoked, RevokedSessions::AllBut(SESSION));
    assert_eq!(changed.mails, []);
}

#[test]
fn an_address_that_staff_enter_takes_force_at_once_and_ends_all_sessions() {
    for known in [unverified(), verified(), pending()] {
        let command = new_address(None, AddressConfirmation::Always);
        let changed = decide(&known, &command, STAFF).unwrap();
        let account = Account { email: email("new@example.com"), ..unverified().account };
        assert_eq!((changed.account, changed.revoked), (account, RevokedSessions::All));
        assert_eq!(changed.mails, vec![AccountMail::ConfirmAddress]);
    }
}

#[test]
fn sending_back_the_present_address_changes_nothing_and_with_the_password_withdraws_a_change() {
    let same = |current_password| {
        AccountCommand::Update(AccountUpdate {
            email: Some(email("ada@example.com")),
            current_password,
            ..AccountUpdate::default()
        })
    };
    let unchanged = by_owner(&pending(), &same(None)).unwrap();
    assert_eq!((unchanged.account, unchanged.mails), (pending().account, vec![]));
    let withdrawn = by_owner(&pending(), &same(Some(hash("current")))).unwrap();
    assert_eq!((withdrawn.account, withdrawn.events), (verified().account, vec![]));
    assert_eq!(decide(&pending(), &same(None), STAFF).unwrap().account, pending().account);
}

fn confirm(address: &str, current: &str) -> AccountCommand {
    let (address, current) = (email(address), email(current));
    AccountCommand::ConfirmAddress { address, current, session: Some(SESSION) }
}

#[test]
fn confirming_the_present_address_keeps_the_sessions() {
    let command = confirm("ada@example.com", "ada@example.com");
    let changed = by_owner(&unverified(), &command).unwrap();
    let account = Account { email_verified_at: Some(now()), ..unverified().account };
    assert_eq!((changed.account, changed.revoked), (account, RevokedSessions::None));
    assert_eq!(changed.mails, []);
}

#[test]
fn confirming_a_pending_address_puts_it_in_force_and_ends_the_other_sessions() {
    let command = confirm("new@example.com", "ada@example.com");
    let changed = by_owner(&pending(), &command).unwrap();
    let account = Account {
        email: email("new@example.com"),
        email_verified_at: Some(now()),
        ..unverified().account
    };
    assert_eq!((changed.account, changed.revoked), (account, RevokedSessions::AllBut(SESSION)));
}

#[test]
fn a_confirmation_of_anything_but_the_address_to_confirm_is_stale() {
    let present = confirm("ada@example.com", "ada@example.com");
    let new = confirm("new@example.com", "ada@example.com");
    for (known, stale) in [
        (verified(), &present),
        (pending(), &present),
        (verified(), &new),
        (unverified(), &new),
        (pending(), &confirm("other@example.com", "ada@example.com")),
        (pending(), &confirm("new@example.com", "former@example.com")),
    ] {
        assert_eq!(by_owner(&known, stale), Err(AccountRefusal::StaleToken), "{stale:?}");
    }
}

#[test]
fn a_changed_password_ends_the_other_sessions_and_withdraws_a_change_of_address() {
    let command = |current| AccountCommand::ChangePassword {
        current: hash(current),
        new: hash("new"),
        session: Some(SESSION),
    };
    let changed = by_owner(&pending(), &command("current")).unwrap();
    assert_eq!((changed.account, changed.password), (verified().account, Some(hash("new"))));
    assert_eq!(changed.revoked, RevokedSessions::AllBut(SESSION));
    assert_eq!(changed.mails, vec![AccountMail::PasswordChanged]);
    let changed = by_owner(&unverified(), &command("current")).unwrap();
    assert_eq!(changed.account, unverified().account);
    assert_eq!(changed.mails, [], "an address that was never confirmed gets no notice");
    assert_eq!(by_owner(&verified(), &command("former")), Err(AccountRefusal::WrongPassword));
}

fn reset(current: &str, address: &str) -> AccountCommand {
    let (current, email, new) = (hash(current), email(address), hash("new"));
    AccountCommand::ResetPassword { current, email, new }
}

#[test]
fn a_reset_ends_all_sessions_confirms_the_address_and_withdraws_a_change_of_it() {
    for known in [unverified(), verified(), pending()] {
        let changed = by_owner(&known, &reset("current", "ada@example.com")).unwrap();
        let verified_at = known.account.email_verified_at.or(Some(now()));
        let account = Account { email_verified_at: verified_at, ..unverified().account };
        assert_eq!((changed.account, changed.password), (account, Some(hash("new"))));
        assert_eq!(changed.revoked, RevokedSessions::All);
        assert_eq!(changed.mails, vec![AccountMail::PasswordChanged]);
    }
}

#[test]
fn a_reset_is_stale_once_the_password_or_the_address_has_changed() {
    for command in [reset("former", "ada@example.com"), reset("current", "former@example.com")] {
        assert_eq!(by_owner(&verified(), &command), Err(AccountRefusal::StaleToken));
    }
}

#[test]
fn a_password_that_an_operator_sets_ends_all_sessions_and_confirms_nothing() {
    let changed = by_owner(&unverified(), &AccountCommand::SetPassword { new: hash("new") });
    let changed = changed.unwrap();
    assert_eq!((changed.account, changed.password), (unverified().account, Some(hash("new"))));
    assert_eq!((changed.revoked, changed.mails), (RevokedSessions::All, vec![]));
}

#[test]
fn a_confirmation_is_mailed_only_if_there_is_something_to_confirm() {
    let mails =
        |known: &Credentials, command: &AccountCommand| by_owner(known, command).unwrap().mails;
    let confirmation = vec![AccountMail::ConfirmAddress];
    assert_eq!(mails(&unverified(), &AccountCommand::RequestConfirmation), confirmation);
    assert_eq!(mails(&pending(), &AccountCommand::RequestConfirmation), confirmation);
    assert_eq!(mails(&verified(), &AccountCommand::RequestConfirmation), []);
    let reset = vec![AccountMail::ResetPassword];
    for known in [unverified(), verified(), pending()] {
        assert_eq!(mails(&known, &AccountCommand::RequestPasswordReset), reset);
    }
}

#[test]
fn only_the_owner_may_change_the_password_and_confirm_the_address() {
    let commands = [
        AccountCommand::ChangePassword { current: hash("current"), new: hash("x"), session: None },
        reset("current", "ada@example.com"),
        AccountCommand::SetPassword { new: hash("x") },
        confirm("new@example.com", "ada@example.com"),
    ];
    let stranger = Actor::new(UserId::new(8), Role::User);
    for command in &commands {
        for actor in [STAFF, stranger] {
            let refused = decide(&pending(), command, actor);
            assert_eq!(refused, Err(AccountRefusal::Forbidden), "{command:?}");
        }
    }
    for command in [AccountCommand::RequestConfirmation, AccountCommand::RequestPasswordReset] {
        assert_eq!(decide(&pending(), &command, stranger), Err(AccountRefusal::Forbidden));
        assert!(decide(&pending(), &command, STAFF).is_ok());
    }
}

#[test]
fn every_change_has_an_event_of_its_kind_and_then_those_of_its_mails() {
    let renamed = AccountCommand::update(Some(PersonName::parse("Countess").unwrap()), None);
    let changed = by_owner(&verified(), &renamed).unwrap();
    assert_eq!(events(&changed), [Event::AccountChanged(vec![AccountField::Name])]);

    let password = AccountCommand::SetPassword { new: hash("new") };
    let changed = by_owner(&verified(), &password).unwrap();
    let mail = Event::AccountMailRequested(AccountMail::PasswordChanged);
    assert_eq!(events(&changed), [Event::AccountChanged(vec![AccountField::Password]), mail]);

    let address = new_address(None, AddressConfirmation::Always);
    let changed = by_owner(&unverified(), &address).unwrap();
    let mail = Event::AccountMailRequested(AccountMail::ConfirmAddress);
    assert_eq!(events(&changed), [Event::AccountAddressChanged, mail]);

    let role = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    let changed = decide(&verified(), &role, STAFF).unwrap();
    assert_eq!(events(&changed), [Event::AccountRoleChanged("admin".to_owned())]);
    assert_eq!(changed.events[0].actor, Some(STAFF.user));
    assert_eq!(changed.events[0].account, Some(UserId::new(7)));

    let same = AccountCommand::update(Some(PersonName::parse("Ada").unwrap()), None);
    assert_eq!(events(&by_owner(&verified(), &same).unwrap()), []);
}

#[test]
fn a_notice_goes_to_the_address_of_when_it_was_ordered() {
    let command = new_address(Some("current"), AddressConfirmation::Always);
    let changed = by_owner(&verified(), &command).unwrap();
    let recipients: Vec<_> =
        changed.events.iter().map(|event| (event.event.clone(), event.recipient.clone())).collect();
    let request = Event::AccountMailRequested;
    assert_eq!(
        recipients,
        [
            (request(AccountMail::ConfirmAddress), None),
            (request(AccountMail::AddressChangeNotice), Some(email("ada@example.com"))),
        ]
    );
}
