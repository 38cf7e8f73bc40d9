//! Access tokens that were checked before.

use std::{
    hash::BuildHasher as _,
    sync::{Mutex, TryLockError},
};

use domain::{
    Timestamp,
    account::{
        AccessClaims, AccessToken, InvalidToken,
        port::{AccessTokens, SigningError},
    },
};
use foldhash::quality::RandomState;

/// How many tokens are remembered at the most. They have some 250 bytes each, so that all together take about one and
/// a half megabytes.
const PLACES: usize = 4_096;
/// The longest token that is remembered, in bytes.
const LONGEST: usize = 512;

/// Checks a token's signature and reads what it says once, however often it comes.
///
/// What a token says never changes, nor does the secret while the process lives, so what was found out stays true.
/// The rest is looked at each time: whether the token's time is over, here, and whether its session is still open,
/// by whoever asked. Only a token that was found good is remembered, as a whole, and only the very same one is
/// recognised: nobody can make another one pass, or fill the places with what is no token.
///
/// Each token has one place, by a hash with a key of this process, and a newcomer takes the place of whoever was
/// there. Nobody waits: who finds a place in use checks the token as if it were new. A token may stay in memory
/// beyond its time, until another one takes its place.
pub struct RememberedTokens<T> {
    tokens: T,
    hasher: RandomState,
    places: Box<[Mutex<Option<Good>>]>,
}

/// A token that was found good.
struct Good {
    hash: u64,
    token: Box<str>,
    claims: AccessClaims,
}

impl<T: AccessTokens> RememberedTokens<T> {
    /// Remembers what these tokens say.
    pub fn new(tokens: T) -> Self {
        Self::with_places(tokens, PLACES)
    }

    fn with_places(tokens: T, places: usize) -> Self {
        let places = (0..places).map(|_place| Mutex::default()).collect();
        Self { tokens, hasher: RandomState::default(), places }
    }

    /// The place of a token with that hash, for a moment; `None` if somebody is there, or nothing is remembered.
    fn with_place<R>(&self, hash: u64, act: impl FnOnce(&mut Option<Good>) -> R) -> Option<R> {
        let count = u64::try_from(self.places.len()).ok()?;
        let index = usize::try_from(hash.checked_rem(count)?).ok()?;
        match self.places.get(index)?.try_lock() {
            Ok(mut place) => Some(act(&mut place)),
            Err(TryLockError::Poisoned(place)) => Some(act(&mut place.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// What that token says, if it is remembered.
    ///
    /// Texts are compared only if their hashes, whose key nobody knows, are equal: how long that takes tells a
    /// stranger nothing about the tokens of others.
    fn recall(&self, hash: u64, token: &str) -> Option<AccessClaims> {
        self.with_place(hash, |place| {
            let good = place.as_ref()?;
            (good.hash == hash && *good.token == *token).then_some(good.claims)
        })?
    }
}

impl<T: AccessTokens> AccessTokens for RememberedTokens<T> {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, SigningError> {
        self.tokens.issue(claims)
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        if token.len() > LONGEST {
            return self.tokens.verify(token, now);
        }
        let hash = self.hasher.hash_one(token);
        if let Some(claims) = self.recall(hash, token) {
            return claims.unless_expired(now);
        }
        let claims = self.tokens.verify(token, now)?;
        self.with_place(hash, |place| *place = Some(Good { hash, token: token.into(), claims }));
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use chrono::TimeDelta;
    use domain::{UserId, account::SessionId};

    use super::*;

    thread_local! {
        /// How many tokens were checked.
        static CHECKED: Cell<usize> = const { Cell::new(0) };
    }

    /// Finds every token good that is a number, of the account with that number.
    struct Numbers;

    impl AccessTokens for Numbers {
        fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, SigningError> {
            Ok(AccessToken::new(claims.user.to_string()))
        }

        fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
            CHECKED.set(CHECKED.get() + 1);
            let user =
                token.parse().map(UserId::new).map_err(|_no_number| InvalidToken::NotOurs)?;
            claims_of(user).unless_expired(now)
        }
    }

    fn claims_of(user: UserId) -> AccessClaims {
        AccessClaims {
            user,
            session: SessionId::from_random([7; 16]),
            issued_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH + TimeDelta::hours(1),
        }
    }

    /// What these tokens say now, and how many of them had to be checked for it.
    fn ask(tokens: &RememberedTokens<Numbers>, asked: &[&str]) -> (Vec<Option<i64>>, usize) {
        let before = CHECKED.get();
        let say = |token: &&str| {
            tokens.verify(token, Timestamp::UNIX_EPOCH).ok().map(|claims| claims.user.get())
        };
        let said = asked.iter().map(say).collect();
        (said, CHECKED.get() - before)
    }

    #[test]
    fn a_token_is_checked_once() {
        let tokens = RememberedTokens::new(Numbers);
        assert_eq!(ask(&tokens, &["42", "42", "42"]), (vec![Some(42); 3], 1));
    }

    #[test]
    fn a_token_that_was_refused_is_checked_again() {
        let tokens = RememberedTokens::new(Numbers);
        assert_eq!(ask(&tokens, &["tea", "tea", "", ""]), (vec![None; 4], 4));
    }

    #[test]
    fn a_remembered_token_expires_all_the_same() {
        let tokens = RememberedTokens::new(Numbers);
        let claims = claims_of(UserId::new(42));
        let just_before = claims.expires_at - TimeDelta::microseconds(1);
        assert_eq!(tokens.verify("42", just_before), Ok(claims));
        assert_eq!(tokens.verify("42", claims.expires_at), Err(InvalidToken::Expired));
        assert_eq!(tokens.verify("42", just_before), Ok(claims));
    }

    #[test]
    fn tokens_that_share_a_place_are_not_taken_for_each_other() {
        let tokens = RememberedTokens::with_places(Numbers, 1);
        let said = vec![Some(1), Some(2), Some(2), Some(1)];
        assert_eq!(ask(&tokens, &["1", "2", "2", "1"]), (said, 3));
    }

    #[test]
    fn equal_hashes_make_no_equal_tokens() {
        let tokens = RememberedTokens::with_places(Numbers, 1);
        assert_eq!(ask(&tokens, &["1"]).1, 1);
        let hash = tokens.hasher.hash_one("1");
        assert_eq!(tokens.recall(hash, "2"), None);
        assert_eq!(tokens.recall(hash, "1"), Some(claims_of(UserId::new(1))));
    }

    #[test]
    fn nobody_waits_for_a_place() {
        let tokens = RememberedTokens::with_places(Numbers, 1);
        assert_eq!(ask(&tokens, &["1"]).1, 1);
        let taken = tokens.places[0].lock().unwrap();
        assert_eq!(ask(&tokens, &["1", "2"]), (vec![Some(1), Some(2)], 2));
        drop(taken);
        assert_eq!(ask(&tokens, &["1"]).1, 0);
    }

    #[test]
    fn a_token_of_any_length_is_checked_and_a_long_one_each_time() {
        let tokens = RememberedTokens::new(Numbers);
        let longest = format!("{:0>LONGEST$}", 42);
        assert_eq!(ask(&tokens, &[&longest, &longest]), (vec![Some(42); 2], 1));
        let longer = format!("0{longest}");
        assert_eq!(ask(&tokens, &[&longer, &longer]), (vec![Some(42); 2], 2));
    }
}
