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

const DELETE: AccountCommand = AccountCommand::Delete { open_orders: OpenOrders::Cancel };

/// The deletion of this account by staff.
fn erase(account: &Account) -> AccountChange {
    let at = Timestamp::UNIX_EPOCH;
    let event = NewEvent::of_account(Event::AccountClosed, account.id, STAFF, at);
    AccountChange::Erase { open_orders: OpenOrders::Cancel, event: Box::new(event) }
}

const STAFF: Actor = Actor::new(UserId::new(1), Role::Admin);
const OTHER_CUSTOMER: Actor = Actor::new(UserId::new(8), Role::User);

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

/// The account after a command from which nothing follows but events.
fn kept(change: Result<AccountChange, AccountRefusal>) -> Result<Account, AccountRefusal> {
    match change? {
        AccountChange::Keep(changed) => {
            let ChangedAccount { account, password, revoked, mails, events: _ } = *changed;
            assert_eq!((password, revoked, mails), (None, RevokedSessions::None, vec![]));
            Ok(account)
        }
        AccountChange::Erase { .. } => panic!("the account stays"),
    }
}

fn rename(name: &str) -> AccountCommand {
    AccountCommand::update(Some(PersonName::parse(name).unwrap()), None)
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let ada = account(Role::User);
    let change = decide(&ada, &rename("Countess"), ada.actor(), 1);
    let renamed = Account { name: PersonName::parse("Countess").unwrap(), ..ada.clone() };
    assert_eq!(kept(change), Ok(renamed.clone()));

    let email = EmailAddress::parse("countess@example.com").unwrap();
    let change_email = AccountCommand::update(None, Some(email.clone()));
    let changed = Account { email, ..ada.clone() };
    assert_eq!(kept(decide(&ada, &change_email, ada.actor(), 1)), Ok(changed.clone()));

    let nothing = AccountCommand::update(None, None);
    assert_eq!(kept(decide(&ada, &nothing, ada.actor(), 1)), Ok(ada.clone()));
}

#[test]
fn only_its_owner_and_staff_may_update_an_account() {
    let ada = account(Role::User);
    assert!(decide(&ada, &rename("Countess"), STAFF, 0).is_ok());
    let refused = decide(&ada, &rename("Eve"), OTHER_CUSTOMER, 1);
    assert_eq!(refused, Err(AccountRefusal::Forbidden));
}

#[test]
fn only_staff_may_change_a_role_or_delete_an_account() {
    let ada = account(Role::User);
    let promote = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    for command in [promote.clone(), DELETE] {
        for actor in [ada.actor(), OTHER_CUSTOMER] {
            assert_eq!(decide(&ada, &command, actor, 1), Err(AccountRefusal::Forbidden));
        }
    }
    let promoted = Account { role: Role::Admin, ..ada.clone() };
    assert_eq!(kept(decide(&ada, &promote, STAFF, 1)), Ok(promoted.clone()));
    assert_eq!(decide(&ada, &DELETE, STAFF, 1), Ok(erase(&ada)));
}

#[test]
fn the_last_admin_cannot_be_demoted_or_deleted() {
    let last = account(Role::Admin);
    let demotions = [
        AccountCommand::ChangeRole(RoleChange::Toggle),
        AccountCommand::ChangeRole(RoleChange::Set(Role::User)),
        DELETE,
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
    assert_eq!(kept(decide(&last, &set_admin, last.actor(), 0)), Ok(last.clone()));
    assert!(decide(&last, &rename("Countess"), last.actor(), 0).is_ok());
}

#[test]
fn a_customer_can_be_deleted_without_other_admins() {
    let ada = account(Role::User);
    assert_eq!(decide(&ada, &DELETE, STAFF, 0), Ok(erase(&ada)));
}

#[test]
fn actors_may_access_their_own_account_and_staff_every_account() {
    let ada = account(Role::User);
    assert!(ada.actor().may_access(ada.id));
    assert!(STAFF.may_access(ada.id));
    assert!(!OTHER_CUSTOMER.may_access(ada.id));
    assert!(STAFF.is_admin() && !OTHER_CUSTOMER.is_admin());
}

#[test]
fn the_search_text_is_the_case_folded_name_and_address() {
    assert_eq!(account(Role::User).search_text(), "ada\u{1f}ada@example.com");
    assert_eq!(
        search_text("Ada B", "Ä@example.com"),
        "ada b\u{1f}".to_owned() + &search_form("Ä@example.com")
    );
}
