//! Values that mean something else with a slip: each stops the start.

use super::*;

#[test]
fn a_log_filter_needs_levels_and_knows_the_crates() {
    for raw in ["warning", "oms=inf", "omz=debug", "http-actix=debug", "info;oms=debug", "true"] {
        refusal("RUST_LOG", raw);
    }
    assert_eq!(
        refusal("RUST_LOG", "warning"),
        "RUST_LOG: must be off, error, warn, info, debug or trace, or directives such as \
         info,http_actix=debug, not \"warning\""
    );
    refusal("LOG_LEVEL", "warning");
    let filter = |raw| good("RUST_LOG", raw).logging.filter;
    assert_eq!(filter("info, actix_server=debug"), "info,actix_server=debug");
}

#[test]
fn a_setting_without_the_one_that_it_belongs_to_is_refused() {
    let problem = |name, value| config(&[(name, value)]).unwrap_err().to_string();
    let line = problem("MAIL_FROM", "shop@example.com");
    assert!(line.starts_with("SMTP_URL: must be set together with MAIL_FROM"), "{line}");
    let line = problem("METRICS_HOST", "0.0.0.0");
    assert!(line.starts_with("METRICS_PORT: must be set together with METRICS_HOST"), "{line}");
    refusal("DATABASE_REPLICA_URL", "postgres://copy/shop");
}

#[test]
fn numbers_have_no_units_and_booleans_are_words() {
    for (name, value) in [
        ("SHUTDOWN_TIMEOUT_SECONDS", "30s"),
        ("OUTBOX_POLL_MS", "1s"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "1h"),
        ("DATABASE_POOL_SIZE", "8.0"),
        ("EVENT_STREAM_LENGTH", "100_000"),
        ("EVENT_STREAM_LENGTH", "100,000"),
        ("OUTBOX_WORKER", "disabled"),
        ("MIGRATE_ON_START", "2"),
        ("RATE_LIMIT_LOGIN", "none"),
        ("RATE_LIMIT_LOGIN", "5"),
    ] {
        refusal(name, value);
    }
    for (value, expected) in
        [("ON", true), ("Yes", true), ("1", true), ("FALSE", false), ("0", false)]
    {
        assert_eq!(good("MIGRATE_ON_START", value).migrate_on_start, expected, "{value}");
    }
}

#[test]
fn a_block_of_trusted_proxies_has_no_bits_after_its_prefix() {
    assert_eq!(
        refusal("TRUSTED_PROXIES", "10.1.2.3/8"),
        "TRUSTED_PROXIES: must be CIDR blocks whose bits after the prefix are zero, such as \
         10.0.0.0/8, not \"10.1.2.3/8\""
    );
    refusal("TRUSTED_PROXIES", "192.168.1.7, fd00::1/8");
    good("TRUSTED_PROXIES", "10.1.2.3/32, fd00::1/128, 0.0.0.0/0,");
}

#[test]
fn an_origin_has_a_port_that_exists() {
    refusal("ALLOWED_ORIGINS", "https://a.example:99999");
    refusal("ALLOWED_ORIGINS", "* ,https://a.example");
    let origins =
        AllowedOrigins::Only(vec!["http://[::1]:3000".to_owned(), "http://[::1]".to_owned()]);
    assert_eq!(good("ALLOWED_ORIGINS", "http://[::1]:3000,http://[::1]").cors, origins);
}

#[test]
fn a_path_is_taken_as_it_is() {
    for url in ["sqlite:///./oms.db", "sqlite:///../oms.db", "sqlite://~/oms.db", "sqlite:oms.db"] {
        refusal("DATABASE_URL", url);
    }
    for path in ["~", "~/data"] {
        refusal("DATA_DIR", path);
    }
    good("DATA_DIR", "./~");
}

#[test]
fn a_url_of_redis_has_a_password_where_it_has_a_user_and_no_unknown_parameters() {
    for url in ["redis://hunter2@cache", "redis://cache/shop", "redis://cache?db=1"] {
        assert!(!refusal("REDIS_URL", url).contains("hunter2"), "{url}");
    }
    good("REDIS_URL", "redis://cache:6379/1");
}

#[test]
fn a_url_of_postgresql_has_known_parameters_and_values() {
    for query in [
        "sslmod=require",
        "sslmode=requird",
        "SSLMODE=require",
        "pgbouncer=yes",
        "connect_timeout=5s",
    ] {
        let url = format!("postgres://ann:hunter2@db/shop?{query}");
        let line = config(&[("DATABASE_URL", &url)]).unwrap_err().to_string();
        let (name, _value) = query.split_once('=').unwrap();
        assert!(line.starts_with("DATABASE_URL: ") && line.contains(name), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
    good("DATABASE_URL", "postgres://ann:hunter2@db/shop?sslmode=verify-full&connect_timeout=5");
}

#[test]
fn a_url_of_a_mail_server_has_known_parameters_and_the_sender_is_an_address() {
    let problem = |url, from| {
        let line = config(&[("SMTP_URL", url), ("MAIL_FROM", from)]).unwrap_err().to_string();
        assert!(!line.contains("hunter2") && !line.contains('\n'), "{line}");
        line
    };
    let from = "Shop <shop@example.com>";
    for url in [
        "smtp://ann:hunter2@mail?tsl=required",
        "smtp://ann:hunter2@mail?tls=require",
        "smtps://ann:hunter2@mail?tls=required",
        "smtp://hunter2@mail",
        "smtp://ann:hunter2@mail/path",
    ] {
        assert!(problem(url, from).starts_with("SMTP_URL: "), "{url}");
    }
    assert!(problem("smtp://mail", "Shop").starts_with("MAIL_FROM: must be"), "a name alone");
}

#[test]
fn a_blank_secret_is_refused() {
    for name in ["SECRET_KEY", "JWT_SECRET"] {
        let line = config(&[(name, "   ")]).unwrap_err().to_string();
        assert!(line.starts_with("SECRET_KEY: must be"), "{line}");
    }
}

#[test]
fn a_misspelt_name_in_the_file_is_refused() {
    let file = "PORT=1\nRATE_LIMT_LOGIN=off\nADMIN_PASSWORD=hunter2\n";
    let error = Env::default().with_file("shop.env".as_ref(), file.as_bytes()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "ENV_FILE: shop.env sets RATE_LIMT_LOGIN, which is no setting; is RATE_LIMIT_LOGIN meant?"
    );
}
