//! Random commands on accounts always leave an admin, and a refresh token that was replaced stops
//! working.

use chrono::TimeDelta;
use domain::{
    PersonName, Timestamp, UserId,
    account::{
        Account, AccountChange, AccountCommand, Credentials, EmailAddress, OpenOrders,
        PasswordHash, RefreshRefusal, Role, RoleChange, Session, SessionId, SessionLifetimes,
        TokenHash,
    },
};
use proptest::{collection::vec, prelude::*, sample::select};

fn command() -> impl Strategy<Value = AccountCommand> {
    prop_oneof![
        3 => select(&[RoleChange::Toggle, RoleChange::Set(Role::User), RoleChange::Set(Role::Admin)][..])
            .prop_map(AccountCommand::ChangeRole),
        2 => select(&OpenOrders::ALL[..])
            .prop_map(|open_orders| AccountCommand::Delete { open_orders }),
        1 => "[a-z]{1,9}"
            .prop_map(|name| AccountCommand::update(PersonName::parse(name).ok(), None)),
    ]
}

/// This many accounts, of which the first is an admin.
fn accounts(count: i64) -> Vec<Account> {
    let account = |id| {
        Some(Account {
            id: UserId::new(id),
            name: PersonName::parse("Ada").ok()?,
            email: EmailAddress::parse(&format!("ada{id}@example.com")).ok()?,
            email_verified_at: None,
            pending_email: None,
            role: if id == 1 { Role::Admin } else { Role::User },
            created_at: Timestamp::UNIX_EPOCH,
        })
    };
    (1..=count).filter_map(account).collect()
}

fn admins(accounts: &[Account]) -> usize {
    accounts.iter().filter(|account| account.role == Role::Admin).count()
}

proptest! {
    #[test]
    fn an_admin_always_remains(
        commands in vec((0..4_usize, 0..4_usize, command()), 1..40),
    ) {
        let mut accounts = accounts(4);
        prop_assert_eq!(accounts.len(), 4);
        for (actor, target, command) in commands {
            let Some(actor) = accounts.get(actor).map(Account::actor) else { continue };
            let Some(account) = accounts.get(target).cloned() else { continue };
            let others = admins(&accounts) - usize::from(account.role == Role::Admin);
            let others = u64::try_from(others).unwrap_or(u64::MAX);
            let rest = accounts.iter().filter(|other| other.id != account.id).cloned();
            let known = Credentials { account: account.clone(), password: PasswordHash::new("hash") };
            let decided = known.decide(&command, actor, others, Timestamp::UNIX_EPOCH);
            let touched_own_name =
                actor.user == account.id && matches!(command, AccountCommand::Update(_));
            prop_assert!(decided.is_err() || actor.is_admin() || touched_own_name);
            accounts = match decided {
                Ok(AccountChange::Keep(changed)) => {
                    let changed = changed.account;
                    prop_assert_eq!((changed.id, &changed.email), (account.id, &account.email));
                    rest.chain([changed]).collect()
                }
                Ok(AccountChange::Erase { .. }) => rest.collect(),
                Err(_) => accounts,
            };
            accounts.sort_by_key(|account| account.id);
            prop_assert!(admins(&accounts) >= 1, "the shop has no admin");
        }
    }

    #[test]
    fn a_rotated_refresh_token_works_for_the_grace_period_and_then_revokes_its_session(
        attempts in vec((any::<bool>(), 0..200_i64), 1..30),
    ) {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut session = session_with(token(0), now);
        let mut issued = 0;
        for (latest, seconds) in attempts {
            now += TimeDelta::seconds(seconds);
            // A store finds a session by the current token and by the one before it.
            let presented = if latest || issued == 0 { issued } else { issued - 1 };
            let in_grace = session.rotated_at.is_some_and(|at| now - at <= Session::ROTATION_GRACE);
            let works = !session.revoked
                && now < session.refresh_expires_at
                && (presented == issued || in_grace);
            let successor = Some(token(presented + 1));
            let decided = session.decide_refresh(&token(presented), successor, LIFETIMES, now);
            prop_assert_eq!(decided.is_ok(), works);
            match decided {
                Ok(renewed) => {
                    prop_assert_eq!(Some(renewed.refresh), successor);
                    prop_assert!(renewed.ends_at >= renewed.refresh_expires_at);
                    prop_assert!(renewed.ends_at >= LIFETIMES.access_end(now));
                    issued = presented + 1;
                    session = renewed;
                }
                Err(RefreshRefusal::Replayed) => session.revoked = true,
                Err(_) => {}
            }
        }
    }

    #[test]
    fn a_refresh_token_that_is_not_rotated_works_until_it_expires(
        attempts in vec(0..200_i64, 1..30),
    ) {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut session = session_with(token(0), now);
        let last = session.refresh_expires_at;
        for seconds in attempts {
            now += TimeDelta::seconds(seconds);
            let decided = session.decide_refresh(&token(0), None, LIFETIMES, now);
            prop_assert_eq!(decided.is_ok(), now < last);
            if let Ok(renewed) = decided {
                prop_assert_eq!((renewed.refresh, renewed.refresh_expires_at), (token(0), last));
                prop_assert!(renewed.ends_at >= LIFETIMES.access_end(now));
                session = renewed;
            }
        }
    }
}

const LIFETIMES: SessionLifetimes =
    SessionLifetimes { access: TimeDelta::minutes(1), refresh: TimeDelta::seconds(150) };

fn token(number: u8) -> TokenHash {
    TokenHash::from_bytes([number; 32])
}

/// A session with this refresh token, opened at this time.
fn session_with(refresh: TokenHash, opened_at: Timestamp) -> Session {
    Session {
        id: SessionId::from_random([0; 16]),
        user: UserId::new(7),
        refresh,
        previous_refresh: None,
        refresh_expires_at: LIFETIMES.refresh_end(opened_at),
        rotated_at: None,
        ends_at: LIFETIMES.session_end(opened_at),
        revoked: false,
    }
}
