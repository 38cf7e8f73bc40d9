//! JWTs, beyond what the port asks for: their algorithms, and each claim of theirs.

use chrono::TimeDelta;
use domain::{
    Timestamp, UserId,
    account::{AccessClaims, InvalidToken, SessionId, port::AccessTokens},
};
use infra_local::{JwtAlgorithm, JwtTokens, UnknownAlgorithm};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const SECRET: &[u8] = b"a secret of forty-eight bytes, for all the tests";

fn tokens() -> JwtTokens {
    JwtTokens::new(SECRET, JwtAlgorithm::Hs256)
}

fn now() -> Timestamp {
    "2025-06-15T16:00:00Z".parse().unwrap()
}

fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId::new(42),
        session: SessionId::from_random([7; 16]),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(60),
    }
}

fn signed(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret);
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
}

/// The claims of a good token, as JSON.
fn good() -> Value {
    json!({
        "sub": "42",
        "sid": claims().session.to_string(),
        "typ": "access",
        "iat": now().timestamp(),
        "exp": claims().expires_at.timestamp(),
    })
}

fn refused(token: &str) -> bool {
    tokens().verify(token, now()) == Err(InvalidToken::NotOurs)
}

#[test]
fn every_algorithm_reads_its_own_tokens_and_no_other() {
    let all = [JwtAlgorithm::Hs256, JwtAlgorithm::Hs384, JwtAlgorithm::Hs512];
    for signer in all {
        let token = JwtTokens::new(SECRET, signer).issue(&claims()).unwrap();
        for reader in all {
            let read = JwtTokens::new(SECRET, reader).verify(token.expose(), now());
            let expected = if reader == signer { Ok(claims()) } else { Err(InvalidToken::NotOurs) };
            assert_eq!(read, expected, "{signer} read as {reader}");
        }
    }
}

#[test]
fn an_algorithm_is_known_by_its_name_in_any_case() {
    assert_eq!("hs512".parse(), Ok(JwtAlgorithm::Hs512));
    assert_eq!(JwtAlgorithm::Hs384.to_string(), "HS384");
    for name in ["none", "RS256", "HS1", ""] {
        assert_eq!(name.parse::<JwtAlgorithm>(), Err(UnknownAlgorithm), "{name}");
    }
}

#[test]
fn every_claim_is_needed_in_its_own_type() {
    for claim in ["sub", "sid", "typ", "iat", "exp"] {
        let mut without = good();
        without.as_object_mut().unwrap().remove(claim);
        assert!(refused(&signed(Algorithm::HS256, SECRET, &without)), "no {claim}");
        for value in [Value::Null, json!({}), json!(1.5), json!("x"), json!(true)] {
            let mut wrong = good();
            wrong[claim] = value.clone();
            assert!(refused(&signed(Algorithm::HS256, SECRET, &wrong)), "{claim}: {value}");
        }
    }
}

#[test]
fn another_kind_of_token_is_no_access_token() {
    for kind in ["refresh", "ACCESS", "Access", ""] {
        let mut other = good();
        other["typ"] = json!(kind);
        assert!(refused(&signed(Algorithm::HS256, SECRET, &other)), "{kind:?}");
    }
}

#[test]
fn moments_out_of_this_world_are_refused() {
    for exp in [json!(i64::MAX), json!(i64::MIN), json!(u64::MAX)] {
        let mut wild = good();
        wild["exp"] = exp.clone();
        assert!(refused(&signed(Algorithm::HS256, SECRET, &wild)), "{exp}");
    }
}
