//! JWTs, beyond the contract of their port: algorithms and claims.

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

/// The claims of a valid token, as JSON.
fn valid_claims() -> Value {
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
fn every_algorithm_verifies_its_own_tokens_only() {
    let all = [JwtAlgorithm::Hs256, JwtAlgorithm::Hs384, JwtAlgorithm::Hs512];
    for signer in all {
        let token = JwtTokens::new(SECRET, signer).issue(&claims()).unwrap();
        for verifier in all {
            let verified = JwtTokens::new(SECRET, verifier).verify(token.expose(), now());
            let expected =
                if verifier == signer { Ok(claims()) } else { Err(InvalidToken::NotOurs) };
            assert_eq!(verified, expected, "{signer} verified as {verifier}");
        }
    }
}

#[test]
fn algorithm_names_are_case_insensitive() {
    assert_eq!("hs512".parse(), Ok(JwtAlgorithm::Hs512));
    assert_eq!(JwtAlgorithm::Hs384.to_string(), "HS384");
    for name in ["none", "RS256", "HS1", ""] {
        assert_eq!(name.parse::<JwtAlgorithm>(), Err(UnknownAlgorithm), "{name}");
    }
}

#[test]
fn every_claim_is_required_with_its_type() {
    for claim in ["sub", "sid", "typ", "iat", "exp"] {
        let mut without = valid_claims();
        without.as_object_mut().unwrap().remove(claim);
        assert!(refused(&signed(Algorithm::HS256, SECRET, &without)), "no {claim}");
        for value in [Value::Null, json!({}), json!(1.5), json!("x"), json!(true)] {
            let mut wrong = valid_claims();
            wrong[claim] = value.clone();
            assert!(refused(&signed(Algorithm::HS256, SECRET, &wrong)), "{claim}: {value}");
        }
    }
}

#[test]
fn tokens_of_another_kind_are_refused() {
    for kind in ["refresh", "ACCESS", "Access", ""] {
        let mut other = valid_claims();
        other["typ"] = json!(kind);
        assert!(refused(&signed(Algorithm::HS256, SECRET, &other)), "{kind:?}");
    }
}

#[test]
fn timestamps_out_of_range_are_refused() {
    for exp in [json!(i64::MAX), json!(i64::MIN), json!(u64::MAX)] {
        let mut claims = valid_claims();
        claims["exp"] = exp.clone();
        assert!(refused(&signed(Algorithm::HS256, SECRET, &claims)), "{exp}");
    }
}
