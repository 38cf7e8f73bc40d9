//! Whatever people do to each other's accounts and sessions, somebody can still manage the shop, and a
//! used refresh token opens nothing.

use chrono::TimeDelta;
use domain::{
    PersonName, Timestamp, UserId,
    account::{
        Account, AccountChange, AccountCommand, EmailAddress, RefreshRefusal, Role, RoleChange,
        Session, SessionId, SessionLifetimes, TokenHash,
    },
};
use proptest::{collection::vec, prelude::*, sample::select};

fn command() -> impl Strategy<Value = AccountCommand> {
    prop_oneof![
        3 => select(&[RoleChange::Toggle, RoleChange::Set(Role::User), RoleChange::Set(Role::Admin)][..])
            .prop_map(AccountCommand::ChangeRole),
        2 => Just(AccountCommand::Delete),
        1 => "[a-z]{1,9}".prop_map(|name| AccountCommand::Update {
            name: PersonName::parse(name).ok(),
            email: None,
        }),
    ]
}

/// So many accounts; the first is an admin's.
fn accounts(count: i64) -> Vec<Account> {
    let account = |id| {
        Some(Account {
            id: UserId::new(id),
            name: PersonName::parse("Ada").ok()?,
            email: EmailAddress::parse(&format!("ada{id}@example.com")).ok()?,
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
    fn an_admin_is_always_left(
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
            let decided = account.decide(&command, actor, others);
            let touched_own_name =
                actor.user == account.id && matches!(command, AccountCommand::Update { .. });
            prop_assert!(decided.is_err() || actor.is_admin() || touched_own_name);
            accounts = match decided {
                Ok(AccountChange::Keep(changed)) => {
                    prop_assert_eq!((changed.id, &changed.email), (account.id, &account.email));
                    rest.chain([changed]).collect()
                }
                Ok(AccountChange::Erase) => rest.collect(),
                Err(_) => accounts,
            };
            accounts.sort_by_key(|account| account.id);
            prop_assert!(admins(&accounts) >= 1, "nobody can manage the shop");
        }
    }

    #[test]
    fn a_refresh_token_renews_its_session_once(
        attempts in vec((any::<bool>(), 0..200_i64), 1..30),
    ) {
        let lifetimes =
            SessionLifetimes { access: TimeDelta::minutes(1), refresh: TimeDelta::seconds(150) };
        let hash = |number: u8| TokenHash::from_bytes([number; 32]);
        let mut now = Timestamp::UNIX_EPOCH;
        let mut session = Session {
            id: SessionId::from_random([0; 16]),
            user: UserId::new(7),
            refresh: hash(0),
            refresh_expires_at: lifetimes.refresh_end(now),
            refreshed_at: None,
            revoked: false,
        };
        let mut issued = 0;
        for (latest, seconds) in attempts {
            now += TimeDelta::seconds(seconds);
            // A store finds a session by the token that works and by the one before it.
            let presented = if latest || issued == 0 { issued } else { issued - 1 };
            let in_time = now < session.refresh_expires_at;
            let decided =
                session.decide_refresh(&hash(presented), hash(issued + 1), lifetimes, now);
            let expected_to_work = presented == issued && in_time && !session.revoked;
            prop_assert_eq!(decided.is_ok(), expected_to_work);
            match decided {
                Ok(change) => {
                    issued += 1;
                    session.refresh = change.refresh;
                    session.refresh_expires_at = change.refresh_expires_at;
                    session.refreshed_at = Some(change.refreshed_at);
                    prop_assert!(change.ends_at >= change.refresh_expires_at);
                }
                Err(RefreshRefusal::Replayed) => session.revoked = true,
                Err(_) => {}
            }
        }
    }
}
