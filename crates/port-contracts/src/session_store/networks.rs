//! The networks from which an account has logged in.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use chrono::TimeDelta;
use domain::account::{Account, AccountCommand, NetworkHash, NewSession};

use super::session;
use crate::{
    ShopFixture,
    builders::{email, password_hash, timestamp},
    race,
};

const DAY: i64 = 86_400;

fn network(number: u8) -> NetworkHash {
    NetworkHash::from_bytes([number; 32])
}

/// A login from a network, by a session of that number.
fn login(number: u64, account: &Account, from: NetworkHash, seconds: i64) -> NewSession {
    NewSession { network: Some(from), ..session(number, account.id, seconds) }
}

async fn log_in(shop: &ShopFixture, number: u64, from: NetworkHash, seconds: i64) {
    let login = login(number, &shop.customer, from, seconds);
    shop.stores.sessions.open(login).await.unwrap();
}

async fn knows(shop: &ShopFixture, account: &Account, from: NetworkHash) -> bool {
    shop.stores.sessions.has_logged_in_from(&account.email, &from).await.unwrap()
}

pub async fn a_login_makes_its_network_known_to_that_account_alone(shop: ShopFixture) {
    assert!(!knows(&shop, &shop.customer, network(1)).await);
    log_in(&shop, 1, network(1), 0).await;
    log_in(&shop, 2, network(1), 1).await;
    assert!(knows(&shop, &shop.customer, network(1)).await);
    assert!(!knows(&shop, &shop.customer, network(2)).await);
    assert!(!knows(&shop, &shop.admin, network(1)).await);
    let unknown = email("unknown@example.com");
    let found = shop.stores.sessions.has_logged_in_from(&unknown, &network(1)).await;
    assert!(!found.unwrap(), "no account has the address");
}

pub async fn only_the_networks_of_the_last_logins_are_kept(shop: ShopFixture) {
    let most = u8::try_from(NetworkHash::MAX_PER_ACCOUNT).unwrap();
    for number in 1..=most {
        log_in(&shop, number.into(), network(number), i64::from(number)).await;
    }
    // The first network is seen again more than a day later, so the second is the oldest.
    log_in(&shop, 100, network(1), 2 * DAY).await;
    for number in 1..=most {
        assert!(knows(&shop, &shop.customer, network(number)).await, "network {number}");
    }
    log_in(&shop, 101, network(101), 2 * DAY + 1).await;
    log_in(&shop, 102, network(102), 2 * DAY + 2).await;
    for (number, is_kept) in
        [(1, true), (2, false), (3, false), (4, true), (101, true), (102, true)]
    {
        assert_eq!(knows(&shop, &shop.customer, network(number)).await, is_kept, "{number}");
    }
    assert!(!knows(&shop, &shop.admin, network(4)).await);
}

pub async fn a_purge_removes_networks_without_a_recent_login(shop: ShopFixture) {
    let sessions = &shop.stores.sessions;
    for number in 1..=5 {
        log_in(&shop, number.into(), network(number), 0).await;
    }
    // Seen again after a day; a login within the same day is not recorded again.
    log_in(&shop, 11, network(1), DAY).await;
    log_in(&shop, 12, network(2), DAY - 1).await;
    let (seen, later) = (timestamp(0), timestamp(0) + TimeDelta::microseconds(1));
    assert_eq!(sessions.purge_networks(seen, 100).await.unwrap(), 0);
    assert_eq!(sessions.purge_networks(later, 3).await.unwrap(), 3);
    assert_eq!(sessions.purge_networks(later, 3).await.unwrap(), 1);
    assert_eq!(sessions.purge_networks(later, 3).await.unwrap(), 0);
    assert!(knows(&shop, &shop.customer, network(1)).await);
    assert!(!knows(&shop, &shop.customer, network(2)).await);
    assert_eq!(sessions.purge_networks(timestamp(DAY + 1), 3).await.unwrap(), 1);
}

pub async fn deleting_an_account_erases_its_networks(shop: ShopFixture) {
    log_in(&shop, 1, network(1), 0).await;
    let admin = login(2, &shop.admin, network(1), 0);
    shop.stores.sessions.open(admin).await.unwrap();
    shop.delete_account(shop.customer.id).await;
    let successor = shop.register(shop.customer.email.as_str()).await;
    assert!(!knows(&shop, &successor, network(1)).await);
    assert!(knows(&shop, &shop.admin, network(1)).await);
    let purged = shop.stores.sessions.purge_networks(timestamp(DAY), 10).await.unwrap();
    assert_eq!(purged, 1, "the admin's is the only one");
}

pub async fn a_reset_of_the_password_erases_the_networks(shop: ShopFixture) {
    log_in(&shop, 1, network(1), 0).await;
    let reset = AccountCommand::SetPassword { new: password_hash("another") };
    let owner = shop.customer.actor();
    shop.stores.accounts.execute(shop.customer.id, &reset, owner, timestamp(1)).await.unwrap();
    assert!(!knows(&shop, &shop.customer, network(1)).await);
}

pub async fn racing_logins_from_new_and_known_networks_all_succeed(shop: ShopFixture) {
    let most = u8::try_from(NetworkHash::MAX_PER_ACCOUNT).unwrap();
    for number in 1..=most {
        log_in(&shop, number.into(), network(number), i64::from(number)).await;
    }
    let opened = race(24, |racer| {
        let sessions = shop.stores.sessions.clone();
        // Half of them from one new network, the others from networks that are recorded again or
        // removed meanwhile.
        let from = if racer % 2 == 0 { 200 } else { u8::try_from(racer).unwrap() };
        let number = 1_000 + u64::try_from(racer).unwrap();
        let login = login(number, &shop.customer, network(from), 2 * DAY);
        async move { sessions.open(login).await }
    })
    .await;
    for result in opened {
        result.unwrap();
    }
    assert!(knows(&shop, &shop.customer, network(200)).await);
    for racer in (1..24).step_by(2) {
        assert!(knows(&shop, &shop.customer, network(racer)).await, "{racer}");
    }
}
