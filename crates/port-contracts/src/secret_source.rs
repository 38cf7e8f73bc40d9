//! What a source of secrets has to do.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::collections::HashSet;

use domain::account::port::SecretSource;

const MANY: usize = 10_000;

pub fn no_two_sessions_have_one_identifier(secrets: &dyn SecretSource) {
    let distinct: HashSet<_> = (0..MANY).map(|_| secrets.session_id()).collect();
    assert_eq!(distinct.len(), MANY);
}
