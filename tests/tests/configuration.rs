//! Invalid configuration: each invalid variable stops the start with one line that names it.

use crate::harness::{PASSWORD, Program, Store};

#[test]
fn an_invalid_value_stops_the_start_with_one_line_that_names_the_variable() {
    let store = Store::fresh();
    for (name, value) in [
        ("PORT", "abc"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("DATABASE_URL", "ftp://example.com/shop"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "shop.db"),
        ("DATABASE_URL", "postgres://db/shop?sslmode=requird"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://password@localhost"),
        ("ALGORITHM", "RS256"),
        ("ALGORITHM", "none"),
        ("JWT_ALGORITHM", "HS1024"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "0"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "-5"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "an hour"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "99999999999999999999"),
        ("ALLOWED_ORIGINS", "shop.example"),
        ("ALLOWED_ORIGINS", "https://shop.example/path"),
        ("ALLOWED_ORIGINS", "https://a.example,,nonsense"),
        ("RATE_LIMIT_LOGIN", "often"),
        ("RATE_LIMIT_LOGIN", "0/minute"),
        ("RATE_LIMIT_LOGIN", "5/fortnight"),
        ("RATE_LIMIT_REGISTER", "-3/minute"),
        ("RATE_LIMIT_ACCOUNT_LOGIN", "10"),
        ("RATE_LIMIT_ACCOUNT_MAIL", "5/week"),
        ("RATE_LIMIT_EMAIL_CHANGE", "on"),
        ("RATE_LIMIT_ORDERS", "none"),
        ("BCRYPT_COST", "3"),
        ("BCRYPT_COST", "32"),
        ("BCRYPT_COST", "high"),
        ("CURRENCY", "euro"),
        ("CURRENCY", "JPY"),
        ("TRUSTED_PROXIES", "nonsense"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("TRUSTED_PROXIES", "10.1.2.3/8"),
        ("RUST_LOG", "warning"),
        ("RUST_LOG", "omz=debug"),
        ("LOG_LEVEL", "warning"),
        ("MAIL_FROM", "shop@example.com"),
        ("METRICS_HOST", "0.0.0.0"),
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("SHUTDOWN_TIMEOUT_SECONDS", "soon"),
        ("SHUTDOWN_DELAY_SECONDS", "a while"),
        ("METRICS_PORT", "ninety"),
        ("METRICS_HOST", "http://localhost"),
        ("METRICS_TOKEN", "too short"),
        ("MIGRATE_ON_START", "perhaps"),
        ("REQUIRE_VERIFIED_EMAIL", "yes"),
        ("REQUIRE_VERIFIED_EMAIL", "mail"),
        ("PUBLIC_URL", "shop.example.com"),
        ("PUBLIC_URL", "https://shop.example.com/?a=b"),
        ("LOG_FORMAT", "xml"),
        ("ENV_FILE", "/nowhere/at/all.env"),
    ] {
        let output = Program::new(&store, &["serve"]).var("PORT", "0").var(name, value).run();
        let line = output.assert_failure(2);
        assert!(line.contains(name), "{name}={value}: {line}");
    }
    assert!(!store.data_dir().exists(), "a failed start creates nothing");
}

#[test]
fn admin_email_and_admin_password_must_be_set_together() {
    let store = Store::fresh();
    for (email, password, named) in [
        ("admin@example.com", "", "ADMIN_PASSWORD"),
        ("", PASSWORD, "ADMIN_EMAIL"),
        ("no-address", PASSWORD, "ADMIN_EMAIL"),
        ("admin@example.com", "brief", "ADMIN_PASSWORD"),
    ] {
        let output = Program::new(&store, &["serve"])
            .var("PORT", "0")
            .var("ADMIN_EMAIL", email)
            .var("ADMIN_PASSWORD", password)
            .run();
        let line = output.assert_failure(2);
        assert!(line.contains(named), "{line}");
        assert!(password.is_empty() || !output.stderr.contains(password), "{line}");
    }
}

#[test]
fn a_data_directory_that_cannot_be_created_stops_the_start() {
    let store = Store::fresh();
    let file = store.working_dir().join("occupied");
    std::fs::write(&file, "a file").unwrap();
    let inside = file.join("data").display().to_string();
    let output = Program::new(&store, &["serve"]).var("PORT", "0").var("DATA_DIR", &inside).run();
    let code = output.code.unwrap_or_default();
    assert!([1, 2].contains(&code), "{output}");
    assert!(output.assert_failure(code).contains("occupied"), "{output}");
}
