//! Commands on accounts: the rights they need, and that an admin always remains.

use super::*;

fn account(role: Role) -> Account {
    Account {
        id: UserId::new(7),
        name: PersonName::parse("Ada").unwrap(),
        email: EmailAddress::parse("ada@example.com").unwrap(),
        email_verified_at: None,
        pending_email: None,
        role,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);
const STRANGER: Actor = Actor::new(UserId::new(8), Role::User);

/// The decision on a command of this account.
fn decide(
    account: &Account,
    command: &AccountCommand,
    actor: Actor,
    other_admins: u64,
) -> Result<AccountChange, AccountRefusal> {
    let known = Credentials { account: account.clone(), password: PasswordHash::new("hash") };
    known.decide(command, actor, other_admins, Timestamp::UNIX_EPOCH)
}

/// The change to this account, and nothing else.
fn keep(account: &Account) -> AccountChange {
    AccountChange::Keep(Box::new(ChangedAccount {
        account: account.clone(),
        password: None,
        revoked: RevokedSessions::None,
        events: Vec::new(),
    }))
}

fn rename(name: &str) -> AccountCommand {
    AccountCommand::update(Some(PersonName::parse(name).unwrap()), None)
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let ada = account(Role::User);
    let change = decide(&ada, &rename("Countess"), ada.actor(), 1);
    let renamed = Account { name: PersonName::parse("Countess").unwrap(), ..ada.clone() };
    assert_eq!(change, Ok(keep(&renamed)));

    let email = EmailAddress::parse("countess@example.com").unwrap();
    let change_email = AccountCommand::update(None, Some(email.clone()));
    let changed = Account { email, ..ada.clone() };
    assert_eq!(decide(&ada, &change_email, ada.actor(), 1), Ok(keep(&changed)));

    let nothing = AccountCommand::update(None, None);
    assert_eq!(decide(&ada, &nothing, ada.actor(), 1), Ok(keep(&ada)));
}

#[test]
fn only_its_owner_and_staff_may_update_an_account() {
    let ada = account(Role::User);
    assert!(decide(&ada, &rename("Countess"), STAFF, 0).is_ok());
    let refused = decide(&ada, &rename("Eve"), STRANGER, 1);
    assert_eq!(refused, Err(AccountRefusal::Forbidden));
}

#[test]
fn only_staff_may_change_a_role_or_delete_an_account() {
    let ada = account(Role::User);
    let promote = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    for command in [promote.clone(), AccountCommand::Delete] {
        for actor in [ada.actor(), STRANGER] {
            assert_eq!(decide(&ada, &command, actor, 1), Err(AccountRefusal::Forbidden));
        }
    }
    let promoted = Account { role: Role::Admin, ..ada.clone() };
    assert_eq!(decide(&ada, &promote, STAFF, 1), Ok(keep(&promoted)));
    assert_eq!(decide(&ada, &AccountCommand::Delete, STAFF, 1), Ok(AccountChange::Erase));
}

#[test]
fn the_last_admin_cannot_be_demoted_or_deleted() {
    let last = account(Role::Admin);
    let demotions = [
        AccountCommand::ChangeRole(RoleChange::Toggle),
        AccountCommand::ChangeRole(RoleChange::Set(Role::User)),
        AccountCommand::Delete,
    ];
    for command in &demotions {
        assert_eq!(decide(&last, command, last.actor(), 0), Err(AccountRefusal::LastAdmin));
        assert!(decide(&last, command, last.actor(), 1).is_ok());
    }
}

#[test]
fn the_last_admin_can_be_set_to_admin_and_renamed() {
    let last = account(Role::Admin);
    let set_admin = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    assert_eq!(decide(&last, &set_admin, last.actor(), 0), Ok(keep(&last)));
    assert!(decide(&last, &rename("Countess"), last.actor(), 0).is_ok());
}

#[test]
fn a_customer_can_be_deleted_without_other_admins() {
    let ada = account(Role::User);
    assert_eq!(decide(&ada, &AccountCommand::Delete, STAFF, 0), Ok(AccountChange::Erase));
}

#[test]
fn actors_may_access_their_own_account_and_staff_every_account() {
    let ada = account(Role::User);
    assert!(ada.actor().may_access(ada.id));
    assert!(STAFF.may_access(ada.id));
    assert!(!STRANGER.may_access(ada.id));
    assert!(STAFF.is_admin() && !STRANGER.is_admin());
}
