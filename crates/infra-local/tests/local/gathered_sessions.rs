//! Those who come while a question is under way go together, and each hears of their own session.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{
    StoreError, Timestamp, UserId,
    account::{
        Account, Caller, NewSession, Role, Session, SessionId, SessionLifetimes, TokenHash,
        port::{OpenSessionError, RefreshError, SessionReads, SessionWrites},
    },
};
use futures::{FutureExt as _, future::join_all};
use infra_local::GatheredSessions;
use port_contracts::builders::{email, moment, person, session_id};
use tokio::sync::Semaphore;

/// A store in which sessions with even numbers are open, whose answers wait at a gate, and which takes down what it
/// was asked.
struct Gated {
    gate: Semaphore,
    asked: Mutex<Vec<Vec<SessionId>>>,
}

/// The session at which the store breaks.
const BREAKS: u64 = 1_313;

impl Gated {
    fn closed() -> Arc<Self> {
        Arc::new(Self { gate: Semaphore::new(0), asked: Mutex::default() })
    }

    fn open(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    fn asked(&self) -> Vec<usize> {
        self.asked.lock().unwrap().iter().map(Vec::len).collect()
    }
}

fn caller_of(session: SessionId) -> Option<Caller> {
    let open = (0..100).step_by(2).any(|number| session_id(number) == session);
    let account = || Account {
        id: UserId::new(1),
        name: person("Ann"),
        email: email("ann@example.com"),
        role: Role::User,
        created_at: moment(0),
    };
    open.then(|| Caller { account: account(), session })
}

#[async_trait]
impl SessionReads for Gated {
    async fn callers(
        &self,
        sessions: &[SessionId],
        _now: Timestamp,
    ) -> Vec<Result<Option<Caller>, StoreError>> {
        self.asked.lock().unwrap().push(sessions.to_vec());
        self.gate.acquire().await.unwrap().forget();
        assert!(!sessions.contains(&session_id(BREAKS)), "the disk is on fire");
        sessions.iter().map(|session| Ok(caller_of(*session))).collect()
    }
}

#[async_trait]
impl SessionWrites for Gated {
    async fn open(&self, _session: NewSession) -> Result<(), OpenSessionError> {
        unreachable!("nobody opens one here")
    }

    async fn refresh(
        &self,
        _presented: &TokenHash,
        _successor: Option<TokenHash>,
        _lifetimes: SessionLifetimes,
        _now: Timestamp,
    ) -> Result<Session, RefreshError> {
        unreachable!("nobody refreshes one here")
    }

    async fn revoke(&self, _session: SessionId, _now: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn purge(&self, _now: Timestamp, _limit: u32) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Lets everybody else go on until nobody can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_comes_while_questions_are_under_way_goes_with_the_next() {
    let store = Gated::closed();
    let sessions = GatheredSessions::new(Arc::clone(&store));
    let mut everybody = Box::pin(join_all((0..40).map(|number| {
        let answer = sessions.caller(session_id(number), moment(1));
        answer.map(move |found| (number, found.unwrap().map(|caller| caller.session)))
    })));
    assert!((&mut everybody).now_or_never().is_none());
    settle().await;
    store.open();
    for (number, found) in everybody.await {
        assert_eq!(found, (number % 2 == 0).then(|| session_id(number)), "{number}");
    }
    let asked = store.asked();
    assert_eq!(asked.iter().sum::<usize>(), 40, "{asked:?}");
    assert!(asked.len() <= 3, "two at once, and what waited behind them: {asked:?}");
}

#[tokio::test]
async fn who_comes_after_an_answer_gets_a_new_one() {
    let store = Gated::closed();
    store.open();
    let sessions = GatheredSessions::new(Arc::clone(&store));
    for _ in 0..3 {
        assert!(sessions.caller(session_id(2), moment(1)).await.unwrap().is_some());
    }
    assert_eq!(store.asked(), [1, 1, 1], "nothing is remembered");
}

#[tokio::test]
async fn who_goes_away_is_in_nobody_elses_way() {
    let store = Gated::closed();
    let sessions = GatheredSessions::new(Arc::clone(&store));
    for number in 0..6 {
        assert!(sessions.caller(session_id(number), moment(1)).now_or_never().is_none());
    }
    store.open();
    assert!(sessions.caller(session_id(8), moment(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_that_breaks_is_told_to_those_who_asked_and_asked_again_by_others() {
    let store = Gated::closed();
    store.open();
    let sessions = GatheredSessions::new(Arc::clone(&store));
    for _ in 0..5 {
        let broken = sessions.caller(session_id(BREAKS), moment(1)).await;
        assert!(matches!(broken, Err(StoreError::Broken(_))), "{broken:?}");
    }
    assert!(sessions.caller(session_id(2), moment(1)).await.unwrap().is_some());
}
