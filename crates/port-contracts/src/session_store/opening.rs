//! Opening sessions, and who calls through them.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use chrono::TimeDelta;
use domain::account::{NewSession, SessionLifetimes};

use crate::{
    Stores,
    builders::{self, moment, session_id, token_hash},
};

pub async fn an_open_session_tells_who_calls(stores: Stores) {
    let account = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
    let lifetimes = SessionLifetimes { access: TimeDelta::hours(1), refresh: TimeDelta::days(7) };
    let opened = stores
        .sessions
        .open(NewSession {
            id: session_id(1),
            user: account.id,
            refresh: token_hash(1),
            opened_at: moment(0),
            refresh_expires_at: moment(0) + lifetimes.refresh,
            ends_at: lifetimes.session_end(moment(0)),
        })
        .await;
    opened.unwrap();
    let caller = stores.sessions.caller(session_id(1), moment(1)).await.unwrap().unwrap();
    assert_eq!(caller.account, account);
    assert_eq!(caller.session, session_id(1));
}
