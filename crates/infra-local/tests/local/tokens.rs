//! JWTs: every forgery that RFC 8725 warns of, and the edge of their time.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
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
fn a_token_without_a_signature_is_refused() {
    let payload = BASE64_URL_SAFE_NO_PAD.encode(good().to_string());
    for algorithm in ["none", "None", "NONE", "HS256"] {
        let header = json!({ "alg": algorithm, "typ": "JWT" }).to_string();
        let header = BASE64_URL_SAFE_NO_PAD.encode(header);
        assert!(refused(&format!("{header}.{payload}.")), "{algorithm}");
        assert!(refused(&format!("{header}.{payload}")), "{algorithm}");
    }
}

#[test]
fn a_token_under_another_secret_is_refused() {
    assert!(!refused(&signed(Algorithm::HS256, SECRET, &good())));
    assert!(refused(&signed(
        Algorithm::HS256,
        b"another secret of the same sort of length",
        &good()
    )));
    assert!(refused(&signed(Algorithm::HS256, b"", &good())));
}

#[test]
fn a_token_that_was_changed_anywhere_is_refused() {
    let token = tokens().issue(&claims()).unwrap().expose().to_owned();
    for place in 0..token.len() {
        let mut forged: Vec<char> = token.chars().collect();
        // Two letters whose six bits differ in the upper ones, which a last, cut digit keeps.
        forged[place] = if forged[place] == 'A' { '_' } else { 'A' };
        let forged: String = forged.into_iter().collect();
        if forged != token {
            assert!(refused(&forged), "at {place}: {forged}");
        }
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
fn what_is_no_token_is_refused() {
    for raw in ["", ".", "..", "...", "a.b.c", "\0", "Bearer x", &"x".repeat(100_000)] {
        assert!(refused(raw), "{}", raw.len());
    }
}

#[test]
fn a_token_is_good_until_the_moment_it_expires_by_the_clock_that_is_given() {
    let token = tokens().issue(&claims()).unwrap();
    let verify = |at| tokens().verify(token.expose(), at);
    let end = claims().expires_at;
    assert_eq!(verify(end - TimeDelta::microseconds(1)), Ok(claims()));
    assert_eq!(verify(end), Err(InvalidToken::Expired));
    assert_eq!(verify(end + TimeDelta::days(365)), Err(InvalidToken::Expired));
    // The system's clock has no say: by that one the token is long over.
    assert_eq!(verify(now()), Ok(claims()));
}

#[test]
fn a_forged_token_is_not_called_expired() {
    let mut old = good();
    old["exp"] = json!(1);
    let forged = signed(Algorithm::HS256, b"another secret of the same sort of length", &old);
    assert!(refused(&forged));
    let ours = signed(Algorithm::HS256, SECRET, &old);
    assert_eq!(tokens().verify(&ours, now()), Err(InvalidToken::Expired));
}

#[test]
fn moments_out_of_this_world_are_refused() {
    for exp in [json!(i64::MAX), json!(i64::MIN), json!(u64::MAX)] {
        let mut wild = good();
        wild["exp"] = exp.clone();
        assert!(refused(&signed(Algorithm::HS256, SECRET, &wild)), "{exp}");
    }
}
