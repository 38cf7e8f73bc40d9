//! What a signer of access tokens has to do.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::sync::Arc;

use domain::{
    Timestamp, UserId,
    account::{AccessClaims, port::AccessTokens},
};

use crate::builders::session_id;

const SECRET: &[u8] = b"a secret of the contract's tests, 48 bytes long!";

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp_secs(1_713_170_096 + seconds).unwrap()
}

fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId::new(42),
        session: session_id(7),
        issued_at: second(0),
        expires_at: second(3_600),
    }
}

pub fn a_token_says_what_it_was_issued_for(tokens: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let tokens = tokens(SECRET);
    let token = tokens.issue(&claims()).unwrap();
    assert_eq!(tokens.verify(token.expose(), second(1)), Ok(claims()));
}
