//! Tokens work once, for their purpose, account and state, until they expire.

use sha2::{Digest as _, Sha256};

use super::{super::*, *};
use crate::PersonName;

/// A source whose code is the SHA-256 of its name and the message: enough to tell messages apart.
struct Secrets(&'static str);

impl AccountTokenKey for Secrets {
    fn account_token_mac(&self, message: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.0).chain_update(message).finalize().into()
    }
}

const SECRETS: Secrets = Secrets("the shop's");
const PURPOSES: [AccountTokenPurpose; 2] =
    [AccountTokenPurpose::ConfirmAddress, AccountTokenPurpose::ResetPassword];

fn email(raw: &str) -> EmailAddress {
    EmailAddress::parse(raw).unwrap()
}

fn ada() -> Credentials {
    Credentials {
        account: Account {
            id: UserId::new(7),
            name: PersonName::parse("Ada").unwrap(),
            email: email("ada@example.com"),
            email_verified_at: None,
            pending_email: None,
            role: Role::User,
            created_at: Timestamp::UNIX_EPOCH,
        },
        password: PasswordHash::new("hash"),
    }
}

fn changed(change: impl FnOnce(&mut Account)) -> Credentials {
    let mut changed = ada();
    change(&mut changed.account);
    changed
}

fn issued(purpose: AccountTokenPurpose, credentials: &Credentials) -> String {
    let token = AccountToken::issue(purpose, credentials, &SECRETS, Timestamp::UNIX_EPOCH);
    token.unwrap().expose().to_owned()
}

fn verified(
    token: &str,
    purpose: AccountTokenPurpose,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), InvalidAccountToken> {
    AccountTokenClaims::parse(token)?.verify(purpose, credentials, &SECRETS, now)
}

fn works(token: &str, purpose: AccountTokenPurpose, credentials: &Credentials) -> bool {
    verified(token, purpose, credentials, Timestamp::UNIX_EPOCH).is_ok()
}

#[test]
fn a_token_is_64_characters_that_need_no_escape_in_a_url() {
    for purpose in PURPOSES {
        let token = issued(purpose, &ada());
        assert_eq!(token.len(), 64);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(AccountTokenClaims::parse(&token).unwrap().user(), UserId::new(7));
        assert!(works(&token, purpose, &ada()));
        assert!(works(&format!(" {token}\r\n"), purpose, &ada()), "as it is pasted from a mail");
    }
}

#[test]
fn a_token_works_until_it_expires() {
    for purpose in PURPOSES {
        let token = issued(purpose, &ada());
        let end = Timestamp::UNIX_EPOCH + purpose.lifetime();
        let last = end - TimeDelta::microseconds(1);
        assert_eq!(verified(&token, purpose, &ada(), last), Ok(()));
        assert_eq!(verified(&token, purpose, &ada(), end), Err(InvalidAccountToken));
    }
}

#[test]
fn a_token_for_one_purpose_is_refused_for_another() {
    for (purpose, other) in PURPOSES.into_iter().zip(PURPOSES.into_iter().rev()) {
        assert!(!works(&issued(purpose, &ada()), other, &ada()));
    }
}

#[test]
fn a_token_with_any_bit_flipped_is_refused() {
    for purpose in PURPOSES {
        let token = URL_SAFE_NO_PAD.decode(issued(purpose, &ada())).unwrap();
        for bit in 0..token.len() * 8 {
            let mut flipped = token.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!works(&URL_SAFE_NO_PAD.encode(flipped), purpose, &ada()), "bit {bit}");
        }
    }
}

#[test]
fn a_token_is_refused_for_another_account_and_by_another_shop() {
    let eve = changed(|account| account.id = UserId::new(8));
    for purpose in PURPOSES {
        let token = issued(purpose, &ada());
        assert!(!works(&token, purpose, &eve));
        let claims = AccountTokenClaims::parse(&token).unwrap();
        let elsewhere = Secrets("another's");
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(claims.verify(purpose, &ada(), &elsewhere, now), Err(InvalidAccountToken));
    }
}

#[test]
fn a_reset_is_refused_after_any_change_of_the_password_or_the_address() {
    let token = issued(AccountTokenPurpose::ResetPassword, &ada());
    let password = Credentials { password: PasswordHash::new("another"), ..ada() };
    let address = changed(|account| account.email = email("new@example.com"));
    for changed in [password, address] {
        assert!(!works(&token, AccountTokenPurpose::ResetPassword, &changed));
    }
    let renamed = changed(|account| account.name = PersonName::parse("Countess").unwrap());
    assert!(works(&token, AccountTokenPurpose::ResetPassword, &renamed));
}

#[test]
fn a_confirmation_is_refused_once_the_address_is_confirmed_or_another_is_to_be() {
    let confirms = AccountTokenPurpose::ConfirmAddress;
    let token = issued(confirms, &ada());
    let confirmed = changed(|account| account.email_verified_at = Some(Timestamp::UNIX_EPOCH));
    let other = changed(|account| account.email = email("new@example.com"));
    let pending = Credentials {
        account: Account {
            pending_email: Some(email("new@example.com")),
            ..confirmed.account.clone()
        },
        ..ada()
    };
    for changed in [&confirmed, &other, &pending] {
        assert!(!works(&token, confirms, changed));
    }
    assert!(AccountToken::issue(confirms, &confirmed, &SECRETS, Timestamp::UNIX_EPOCH).is_none());

    let of_new = issued(confirms, &pending);
    assert!(works(&of_new, confirms, &pending));
    let replaced =
        Account { pending_email: Some(email("newer@example.com")), ..pending.account.clone() };
    let moved = Account { email: email("moved@example.com"), ..pending.account };
    for account in [replaced, moved, confirmed.account] {
        assert!(!works(&of_new, confirms, &Credentials { account, ..ada() }));
    }
}

#[test]
fn the_parts_of_the_bound_state_cannot_be_shifted_into_each_other() {
    // The hash and the address are adjacent in the message.
    let reset = AccountTokenPurpose::ResetPassword;
    let one = Credentials { password: PasswordHash::new("hasha"), ..ada() };
    let other = Credentials {
        password: PasswordHash::new("hash"),
        ..changed(|account| account.email = email("aada@example.com"))
    };
    assert!(!works(&issued(reset, &one), reset, &other));
}

#[test]
fn malformed_tokens_are_refused() {
    let token = issued(AccountTokenPurpose::ResetPassword, &ada());
    for malformed in [
        "",
        "x",
        &token[..63],
        &token[..60],
        &format!("{token}A"),
        &format!("{token}="),
        &format!("{}==", &token[..62]),
        &"ä".repeat(32),
        &"!".repeat(64),
        &"A".repeat(1_000_000),
    ] {
        assert!(AccountTokenClaims::parse(malformed).is_err(), "{malformed:.70}");
    }
}

#[test]
fn no_token_shows_in_a_log() {
    let token = AccountToken::issue(
        AccountTokenPurpose::ResetPassword,
        &ada(),
        &SECRETS,
        Timestamp::UNIX_EPOCH,
    );
    assert_eq!(format!("{token:?}"), "Some(AccountToken(***))");
}
