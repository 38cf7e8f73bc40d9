//! The contract of a [`RateLimiter`].
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    UserId,
    rate_limit::{
        LimitedAction, RateLimit, RateLimitSubject, RateLimited, RateLimiter, RateLimits,
        SubjectHash,
    },
};

use crate::race;

const HOUR: Duration = Duration::from_hours(1);

/// That many attempts an hour: no attempt becomes free again while a test runs.
fn per_hour(times: u32) -> RateLimit {
    RateLimit { times: NonZeroU32::new(times).unwrap(), per: HOUR }
}

/// Limits of logins and registrations, and no others.
fn limits(login: Option<RateLimit>, register: Option<RateLimit>) -> RateLimits {
    RateLimits { login, register, ..RateLimits::default() }
}

fn client_at(address: &str) -> RateLimitSubject {
    RateLimitSubject::Client(address.parse().unwrap())
}

async fn check(
    limiter: &dyn RateLimiter,
    action: LimitedAction,
    client: &str,
) -> Result<(), RateLimited> {
    limiter.check(action, client_at(client)).await
}

async fn login(limiter: &dyn RateLimiter, client: &str) -> Result<(), RateLimited> {
    check(limiter, LimitedAction::Login, client).await
}

/// Asserts that the addresses are one client: the first two attempts pass, the third is refused.
async fn assert_one_client(limiter: &dyn RateLimiter, addresses: [&str; 3]) {
    for address in &addresses[..2] {
        login(limiter, address).await.unwrap();
    }
    let refused = login(limiter, addresses[2]).await;
    assert!(refused.is_err(), "{addresses:?} are one client");
}

pub async fn attempts_up_to_the_limit_pass_and_the_next_is_refused(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(3)), Some(per_hour(1)))).await;
    for _ in 0..3 {
        login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    }
    for _ in 0..3 {
        let refused = login(limiter.as_ref(), "192.0.2.1").await.unwrap_err();
        assert!(refused.retry_after > Duration::ZERO && refused.retry_after <= HOUR, "{refused}");
    }
}

pub async fn actions_are_counted_separately(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(2)), Some(per_hour(1)))).await;
    let register = LimitedAction::Register;
    check(limiter.as_ref(), register, "192.0.2.1").await.unwrap();
    check(limiter.as_ref(), register, "192.0.2.1").await.unwrap_err();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap_err();
}

pub async fn an_action_without_a_limit_always_passes(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(None, Some(per_hour(1)))).await;
    for _ in 0..1_000 {
        login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    }
    check(limiter.as_ref(), LimitedAction::Register, "192.0.2.1").await.unwrap();
    check(limiter.as_ref(), LimitedAction::Register, "192.0.2.1").await.unwrap_err();
}

pub async fn client_addresses_are_counted_separately(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(1)), None)).await;
    let addresses = [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.3.1",
        "2001:db8::1",
        "2001:db8:0:1::1",
        "::1",
        "127.0.0.1",
    ];
    for address in addresses {
        login(limiter.as_ref(), address).await.unwrap();
    }
    for address in addresses {
        login(limiter.as_ref(), address).await.unwrap_err();
    }
}

pub async fn an_ipv4_mapped_ipv6_address_is_the_same_client(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(2)), None)).await;
    let one_client = ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"];
    assert_one_client(limiter.as_ref(), one_client).await;
    // Another IPv4 address is another client, though all mapped addresses are in one IPv6 /64
    // network.
    let other = ["::ffff:192.0.2.2", "192.0.2.2", "::ffff:192.0.2.2"];
    assert_one_client(limiter.as_ref(), other).await;
}

pub async fn an_ipv6_network_of_64_bits_is_one_client(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(2)), None)).await;
    let network = ["2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::2"];
    assert_one_client(limiter.as_ref(), network).await;
    login(limiter.as_ref(), "2001:db8:0:2::1").await.unwrap();
}

pub async fn of_concurrent_attempts_exactly_the_limit_passes(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(25)), Some(per_hour(7)))).await;
    let passed = race(100, |racer| {
        let limiter = Arc::clone(&limiter);
        async move {
            let action =
                if racer % 2 == 0 { LimitedAction::Login } else { LimitedAction::Register };
            let result = check(limiter.as_ref(), action, "192.0.2.1").await;
            (action, result.is_ok())
        }
    })
    .await;
    let of = |wanted| passed.iter().filter(|(action, ok)| *action == wanted && *ok).count();
    assert_eq!((of(LimitedAction::Login), of(LimitedAction::Register)), (25, 7));
}

pub async fn a_refused_attempt_does_not_extend_the_wait(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(2)), None)).await;
    for _ in 0..2 {
        login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    }
    let mut wait = login(limiter.as_ref(), "192.0.2.1").await.unwrap_err().retry_after;
    // One of two attempts becomes free after half an hour.
    assert!(wait <= HOUR / 2, "{wait:?}");
    for _ in 0..20 {
        let again = login(limiter.as_ref(), "192.0.2.1").await.unwrap_err().retry_after;
        assert!(again <= wait, "{again:?} after {wait:?}");
        wait = again;
    }
}

pub async fn an_attempt_after_the_retry_delay_passes(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let times = NonZeroU32::new(2).unwrap();
    let limit = RateLimit { times, per: Duration::from_secs(1) };
    let limiter = limiter(limits(Some(limit), None)).await;
    // Attempts without a pause exceed two a second on any machine.
    let mut refused = None;
    for _ in 0..10_000 {
        if let Err(limited) = login(limiter.as_ref(), "192.0.2.1").await {
            refused = Some((limited.retry_after, Instant::now()));
            break;
        }
    }
    let (retry_after, refused_at) = refused.expect("an attempt is refused");
    assert!(retry_after <= limit.per, "{retry_after:?}");
    loop {
        let has_waited = refused_at.elapsed() >= retry_after;
        if login(limiter.as_ref(), "192.0.2.1").await.is_ok() {
            return;
        }
        assert!(!has_waited, "refused later than the announced {retry_after:?}");
        tokio::task::yield_now().await;
    }
}

pub async fn a_limiter_knows_which_actions_are_limited(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let place_order = Some(per_hour(1));
    let limiter = limiter(RateLimits { place_order, ..RateLimits::default() }).await;
    for action in LimitedAction::ALL {
        assert_eq!(limiter.is_limited(action), action == LimitedAction::PlaceOrder, "{action:?}");
    }
}

/// The same limit for every action.
fn everywhere(limit: RateLimit) -> RateLimits {
    RateLimits {
        login: Some(limit),
        register: Some(limit),
        account_login: Some(limit),
        account_mail: Some(limit),
        email_change: Some(limit),
        place_order: Some(limit),
    }
}

pub async fn each_action_and_each_subject_has_its_own_count(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(everywhere(per_hour(1))).await;
    let hash = |byte| SubjectHash::from_bytes([byte; 32]);
    let subjects = [
        client_at("0.0.0.7"),
        client_at("::7"),
        RateLimitSubject::Account(UserId::new(7)),
        RateLimitSubject::Account(UserId::new(8)),
        RateLimitSubject::Login(hash(7)),
        RateLimitSubject::Login(hash(8)),
        RateLimitSubject::Mailbox(hash(7)),
        RateLimitSubject::Mailbox(hash(8)),
    ];
    let all = || LimitedAction::ALL.into_iter().flat_map(|action| subjects.map(|it| (action, it)));
    for (action, subject) in all() {
        limiter.check(action, subject).await.unwrap();
    }
    for (action, subject) in all() {
        assert!(limiter.check(action, subject).await.is_err(), "{action:?} of {subject:?}");
    }
}

pub async fn a_forgiven_attempt_is_available_again_and_no_other(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(everywhere(per_hour(3))).await;
    let (action, typed) = (LimitedAction::AccountLogin, SubjectHash::from_bytes([7; 32]));
    let subject = RateLimitSubject::Login(typed);
    for _ in 0..3 {
        limiter.check(action, subject).await.unwrap();
    }
    // Attempts of others and at other actions are not given back by these.
    limiter.forgive(LimitedAction::Login, subject).await;
    limiter.forgive(action, RateLimitSubject::Mailbox(typed)).await;
    limiter.check(action, subject).await.unwrap_err();
    limiter.forgive(action, subject).await;
    limiter.check(action, subject).await.unwrap();
    limiter.check(action, subject).await.unwrap_err();
}

pub async fn forgiving_makes_no_more_attempts_available_than_the_limit(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(2)), None)).await;
    let client = client_at("192.0.2.1");
    for counted in 0..=2 {
        for _ in 0..counted {
            limiter.check(LimitedAction::Login, client).await.unwrap();
        }
        for _ in 0..5 {
            limiter.forgive(LimitedAction::Login, client).await;
        }
    }
    // Without a limit there is nothing to give back.
    limiter.forgive(LimitedAction::Register, client).await;
    login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap_err();
}

pub async fn racing_attempts_that_are_forgiven_leave_the_whole_limit(
    limiter: impl AsyncFnOnce(RateLimits) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(limits(Some(per_hour(20)), None)).await;
    let passed = race(20, |_| {
        let limiter = Arc::clone(&limiter);
        async move {
            let client = client_at("2001:db8::1");
            limiter.check(LimitedAction::Login, client).await.unwrap();
            // Another address of the same client gives it back.
            limiter.forgive(LimitedAction::Login, client_at("2001:db8::2")).await;
        }
    })
    .await;
    assert_eq!(passed.len(), 20);
    for _ in 0..20 {
        login(limiter.as_ref(), "2001:db8::1").await.unwrap();
    }
    login(limiter.as_ref(), "2001:db8::1").await.unwrap_err();
}
