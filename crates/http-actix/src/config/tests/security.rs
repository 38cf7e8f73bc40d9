//! The secret, tokens, passwords and rate limits.

use super::*;

#[test]
fn the_database_and_the_secret_are_in_the_data_directory_by_default() {
    let config = good("DATA_DIR", "/var/lib/oms");
    assert_eq!(config.store, StoreConfig::Sqlite { path: "/var/lib/oms/oms.db".into() });
    assert_eq!(config.security.secret, SecretConfig::File("/var/lib/oms/secret.key".into()));
}

#[test]
fn the_secret_is_not_trimmed_and_secret_key_overrides_jwt_secret() {
    let value = |text: &str| SecretConfig::Value(Secret::new(text));
    let both = config(&[("SECRET_KEY", " a b "), ("JWT_SECRET", "other")]).unwrap();
    assert_eq!(both.security.secret, value(" a b "));
    assert_eq!(good("JWT_SECRET", "other").security.secret, value("other"));
    assert_eq!(format!("{:?}", value("hunter2")), "Value(Secret(***))");
}

#[test]
fn tokens_are_signed_with_one_of_three_algorithms() {
    assert_eq!(good("ALGORITHM", "HS512").security.algorithm, JwtAlgorithm::Hs512);
    assert_eq!(good("JWT_ALGORITHM", "hs384").security.algorithm, JwtAlgorithm::Hs384);
    let both = config(&[("ALGORITHM", "HS256"), ("JWT_ALGORITHM", "HS512")]).unwrap();
    assert_eq!(both.security.algorithm, JwtAlgorithm::Hs256);
    refusal("ALGORITHM", "none");
    refusal("JWT_ALGORITHM", "RS256");
}

#[test]
fn an_access_token_lasts_from_a_minute_to_a_year() {
    let lifetimes = good("ACCESS_TOKEN_EXPIRE_MINUTES", "15").security.lifetimes;
    assert_eq!(lifetimes.access, TimeDelta::minutes(15));
    good("ACCESS_TOKEN_EXPIRE_MINUTES", "525600");
    refusal("ACCESS_TOKEN_EXPIRE_MINUTES", "0");
    refusal("ACCESS_TOKEN_EXPIRE_MINUTES", "525601");
    refusal("ACCESS_TOKEN_EXPIRE_MINUTES", "1.5");
}

#[test]
fn refresh_tokens_are_not_rotated_by_default() {
    let rotation = |value| good("REFRESH_ROTATION", value).security.rotation;
    assert_eq!(config(&[]).unwrap().security.rotation, RefreshRotation::Off);
    assert_eq!(rotation("off"), RefreshRotation::Off);
    assert_eq!(rotation("on"), RefreshRotation::On);
    refusal("REFRESH_ROTATION", "sometimes");
}

#[test]
fn the_bcrypt_cost_is_bounded() {
    assert_eq!(good("BCRYPT_COST", "4").security.bcrypt_cost.get(), 4);
    refusal("BCRYPT_COST", "3");
    refusal("BCRYPT_COST", "17");
}

#[test]
fn a_rate_limit_is_a_number_per_unit_of_time_or_off() {
    assert_eq!(good("RATE_LIMIT_LOGIN", "10/hour").limits.login, "10/hour".parse().ok());
    assert_eq!(good("RATE_LIMIT_LOGIN", "OFF").limits.login, None);
    assert_eq!(good("RATE_LIMIT_REGISTER", "off").limits.register, None);
    assert_eq!(good("RATE_LIMIT_ACCOUNT_LOGIN", "off").limits.account_login, None);
    assert_eq!(good("RATE_LIMIT_ACCOUNT_MAIL", "1/day").limits.account_mail, "1/day".parse().ok());
    assert_eq!(good("RATE_LIMIT_EMAIL_CHANGE", "off").limits.email_change, None);
    assert_eq!(good("RATE_LIMIT_ORDERS", "9/hour").limits.place_order, "9/hour".parse().ok());
    refusal("RATE_LIMIT_LOGIN", "often");
    refusal("RATE_LIMIT_REGISTER", "0/minute");
    refusal("RATE_LIMIT_ACCOUNT_LOGIN", "10");
    refusal("RATE_LIMIT_ACCOUNT_MAIL", "5/week");
    refusal("RATE_LIMIT_EMAIL_CHANGE", "on");
    refusal("RATE_LIMIT_ORDERS", "none");
}

#[test]
fn everything_but_orders_is_limited_unless_a_setting_says_otherwise() {
    let limit = |raw: &str| raw.parse().ok();
    let expected = RateLimits {
        login: limit("5/minute"),
        register: limit("3/minute"),
        account_login: limit("10/minute"),
        account_mail: limit("5/hour"),
        email_change: limit("5/hour"),
        place_order: None,
    };
    assert_eq!(config(&[]).unwrap().limits, expected);
}
