//! The contract of [`AccessTokens`]: JWTs (RFC 7519) signed by an HMAC.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

mod forgery;

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{
    Timestamp, UserId,
    account::{AccessClaims, InvalidToken, RefreshToken, SessionId, port::AccessTokens},
};

use self::forgery::{Algorithm, Parts};
use crate::builders::session_id;

const SECRET: &[u8] = b"a secret of these cases, with as many bytes as an HMAC with SHA-512 wants";

/// The timestamp that many seconds after the tests' start, in whole seconds, as tokens store them.
fn second(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp_secs(1_713_170_096 + seconds).unwrap()
}

/// Claims of account 42 that are valid for an hour from the start.
fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId::new(42),
        session: session_id(7),
        issued_at: second(0),
        expires_at: second(3_600),
    }
}

/// Asserts that a token is rejected as [`InvalidToken::NotOurs`].
fn assert_not_ours(tokens: &dyn AccessTokens, token: &str) {
    assert_eq!(tokens.verify(token, second(1)), Err(InvalidToken::NotOurs), "{token}");
}

pub fn verifying_a_token_returns_its_claims(signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let tokens = signer(SECRET);
    let extremes = [
        claims(),
        AccessClaims { user: UserId::new(i64::MAX), ..claims() },
        AccessClaims { user: UserId::new(i64::MIN), ..claims() },
        AccessClaims { session: SessionId::from_random([0x00; 16]), ..claims() },
        AccessClaims { session: SessionId::from_random([0xFF; 16]), ..claims() },
        AccessClaims { expires_at: second(250_000_000_000), ..claims() },
    ];
    for claims in extremes {
        let token = tokens.issue(&claims).unwrap();
        assert_eq!(tokens.verify(token.expose(), second(1)), Ok(claims));
    }
}

pub fn a_token_fits_an_http_header(signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let token = signer(SECRET).issue(&claims()).unwrap();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    assert!(token.expose().bytes().all(fits), "{}", token.expose());
}

pub fn a_token_is_valid_for_every_verifier_with_the_same_secret(
    signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>,
) {
    let token = signer(SECRET).issue(&claims()).unwrap();
    assert_eq!(signer(SECRET).verify(token.expose(), second(1)), Ok(claims()));
}

pub fn a_token_expires_exactly_at_its_expiry_time(signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let tokens = signer(SECRET);
    let token = tokens.issue(&claims()).unwrap();
    let end = claims().expires_at;
    let shortest = TimeDelta::microseconds(1);
    assert_eq!(tokens.verify(token.expose(), end - shortest), Ok(claims()));
    for late in [end, end + shortest, end + TimeDelta::seconds(1), end + TimeDelta::days(1_000)] {
        assert_eq!(tokens.verify(token.expose(), late), Err(InvalidToken::Expired), "{late}");
    }
}

pub fn a_token_signed_with_another_secret_is_not_ours(
    signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>,
) {
    let tokens = signer(SECRET);
    let token = tokens.issue(&claims()).unwrap();
    let mut close = SECRET.to_vec();
    close[SECRET.len() - 1] ^= 1;
    for secret in [&close[..], b"something else altogether, of a decent length", b""] {
        let other = signer(secret);
        assert_not_ours(other.as_ref(), token.expose());
        let foreign = other.issue(&claims()).unwrap();
        assert_not_ours(tokens.as_ref(), foreign.expose());
        // The error does not reveal to a forger that the token has expired as well.
        let late = tokens.verify(foreign.expose(), second(9_999));
        assert_eq!(late, Err(InvalidToken::NotOurs));
    }
}

pub fn a_modified_token_is_not_ours(signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let tokens = signer(SECRET);
    let token = tokens.issue(&claims()).unwrap();
    let token = token.expose();
    for (place, byte) in token.bytes().enumerate() {
        // The two Base64 digits differ in their upper bits, as the lower bits of a part's last
        // digit are ignored.
        let other = if byte == b'A' { "_" } else { "A" };
        let mut changed = token.to_owned();
        changed.replace_range(place..=place, other);
        assert_not_ours(tokens.as_ref(), &changed);
    }
    for start in [1, token.len() / 2] {
        assert_not_ours(tokens.as_ref(), &token[start..]);
        assert_not_ours(tokens.as_ref(), &token[..token.len() - start]);
    }
    for changed in
        [format!("{token}A"), format!("{token}."), format!("{token}.AAAA"), format!(".{token}")]
    {
        assert_not_ours(tokens.as_ref(), &changed);
    }
}

pub fn a_token_with_another_tokens_payload_is_not_ours(
    signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>,
) {
    let tokens = signer(SECRET);
    let own = tokens.issue(&claims()).unwrap();
    let other = tokens.issue(&AccessClaims { user: UserId::new(43), ..claims() }).unwrap();
    let (own, other) = (Parts::of(own.expose()), Parts::of(other.expose()));
    let mixed = Parts { payload: other.payload, ..own };
    assert_not_ours(tokens.as_ref(), &mixed.token());
}

pub fn a_token_without_a_signature_is_not_ours(signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let tokens = signer(SECRET);
    let issued = tokens.issue(&claims()).unwrap();
    let parts = Parts::of(issued.expose());
    let unsigned = Parts { signature: String::new(), ..parts.clone() };
    assert_not_ours(tokens.as_ref(), &unsigned.token());
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = format!(r#"{{"typ":"JWT","alg":"{none}"}}"#);
        assert_not_ours(tokens.as_ref(), &unsigned.with_header(&header).token());
        assert_not_ours(tokens.as_ref(), &parts.with_header(&header).token());
    }
    let two_parts = format!("{}.{}", parts.header, parts.payload);
    assert_not_ours(tokens.as_ref(), &two_parts);
}

pub fn a_token_with_another_algorithm_is_not_ours(signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let tokens = signer(SECRET);
    let issued = tokens.issue(&claims()).unwrap();
    let parts = Parts::of(issued.expose());
    let configured = Algorithm::of(&parts);
    // Signing again yields the same token, so the tokens below have correct signatures.
    assert_eq!(parts.signed(configured, SECRET).token(), issued.expose());
    for other in Algorithm::ALL {
        if other != configured {
            let header = format!(r#"{{"typ":"JWT","alg":"{}"}}"#, other.name());
            let genuine = parts.with_header(&header).signed(other, SECRET);
            assert_not_ours(tokens.as_ref(), &genuine.token());
            let disguised = parts.signed(other, SECRET);
            assert_not_ours(tokens.as_ref(), &disguised.token());
        }
    }
    for unsupported in ["RS256", "ES256", "PS256", "EdDSA", "HS1"] {
        let header = format!(r#"{{"typ":"JWT","alg":"{unsupported}"}}"#);
        let renamed = parts.with_header(&header).signed(configured, SECRET);
        assert_not_ours(tokens.as_ref(), &renamed.token());
    }
}

pub fn a_token_with_critical_extensions_is_not_ours(
    signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>,
) {
    let tokens = signer(SECRET);
    let issued = tokens.issue(&claims()).unwrap();
    let parts = Parts::of(issued.expose());
    let configured = Algorithm::of(&parts);
    let with = |member: &str| {
        let header = format!(r#"{{"typ":"JWT","alg":"{}"{member}}}"#, configured.name());
        parts.with_header(&header).signed(configured, SECRET).token()
    };
    // A member that no recipient has to understand is ignored (RFC 7515, section 4).
    assert_eq!(tokens.verify(&with(r#","x-shop":1"#), second(1)), Ok(claims()));
    for member in [
        r#","crit":["x-shop"],"x-shop":1"#,
        r#","crit":["exp"],"exp":9999999999"#,
        r#","crit":["alg"]"#,
        r#","crit":["b64"],"b64":false"#,
        r#","crit":["b64"],"b64":true"#,
        r#","b64":false"#,
        r#","crit":[]"#,
        r#","crit":"x-shop""#,
        r#","crit":[1]"#,
        r#","crit":["x-shop"]"#,
    ] {
        assert_not_ours(tokens.as_ref(), &with(member));
    }
}

pub fn a_signed_token_with_other_claims_is_not_ours(
    signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>,
) {
    let tokens = signer(SECRET);
    let issued = tokens.issue(&claims()).unwrap();
    let parts = Parts::of(issued.expose());
    let configured = Algorithm::of(&parts);
    let others = [
        r"{}",
        r"[]",
        r"42",
        r#""42""#,
        r#"{"sub":"42","exp":9999999999}"#,
        r#"{"sub":"ada@example.com","role":"admin","exp":9999999999}"#,
        r#"{"sub":"42","type":"refresh","iat":1713170096,"exp":9999999999}"#,
        r#"{"sub":"42","typ":"refresh","iat":1713170096,"exp":9999999999}"#,
        r#"{"sub":"42","iat":1713170096,"exp":1e300}"#,
    ];
    for payload in others {
        let other = parts.with_payload(payload).signed(configured, SECRET);
        assert_not_ours(tokens.as_ref(), &other.token());
    }
    let refresh = RefreshToken::from_random([7; 32]);
    assert_not_ours(tokens.as_ref(), refresh.expose());
}

pub fn malformed_tokens_are_not_ours(signer: impl Fn(&[u8]) -> Arc<dyn AccessTokens>) {
    let tokens = signer(SECRET);
    let (dots, long) = (".".repeat(10_000), "x".repeat(100_000));
    let garbage = [
        "",
        " ",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "é.é.é",
        "\0.\0.\0",
        "null",
        "Bearer",
        "eyJhbGciOiJIUzI1NiJ9..",
        "=.=.=",
        "🔑",
        &dots,
        &long,
    ];
    for token in garbage {
        assert_not_ours(tokens.as_ref(), token);
    }
    let issued = tokens.issue(&claims()).unwrap();
    for surrounded in [format!(" {}", issued.expose()), format!("{}\n", issued.expose())] {
        assert_not_ours(tokens.as_ref(), &surrounded);
    }
}
