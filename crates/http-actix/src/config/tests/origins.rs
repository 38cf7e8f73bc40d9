//! `ALLOWED_ORIGINS`, and the default on a loopback address.

use super::*;

#[test]
fn origins_are_normalized_as_browsers_send_them() {
    let origins = |list: &str| good("ALLOWED_ORIGINS", list).cors;
    assert_eq!(origins("*"), AllowedOrigins::Any);
    assert_eq!(
        origins("HTTPS://Shop.Example.com:443, http://localhost:3000,"),
        AllowedOrigins::Only(vec![
            "https://shop.example.com".to_owned(),
            "http://localhost:3000".to_owned()
        ])
    );
}

#[test]
fn pages_from_this_machine_may_call_a_server_that_only_this_machine_reaches() {
    for host in ["127.0.0.1", "127.0.0.2", "[::1]", "localhost", "::ffff:127.0.0.1"] {
        assert_eq!(good("HOST", host).cors, AllowedOrigins::Loopback, "{host}");
    }
    for host in ["0.0.0.0", "::", "192.0.2.7", "shop.example.com", "localhost.example.com"] {
        assert_eq!(good("HOST", host).cors, AllowedOrigins::Only(Vec::new()), "{host}");
    }
    let set = config(&[("HOST", "127.0.0.1"), ("ALLOWED_ORIGINS", "https://a.example")]).unwrap();
    assert_eq!(set.cors, AllowedOrigins::Only(vec!["https://a.example".to_owned()]));
    for origin in [
        "http://localhost",
        "https://localhost",
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "https://[::1]",
    ] {
        assert!(AllowedOrigins::Loopback.allows(origin), "{origin}");
        assert!(!set.cors.allows(origin), "{origin}");
    }
    for origin in [
        "null",
        "",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.2",
        "http://example.com:80@localhost",
        "http://192.0.2.7",
        "file://localhost",
        "chrome-extension://localhost",
        "http://localhost:99999",
        "http://localhost/x",
    ] {
        assert!(!AllowedOrigins::Loopback.allows(origin), "{origin}");
    }
}

#[test]
fn an_invalid_origin_is_refused() {
    let bad = ["shop.example.com", "ftp://a.example", "https://a.example/", "https://a.example/x"];
    for value in bad.into_iter().chain(["https://", "https://*.example", "*,https://a.example"]) {
        refusal("ALLOWED_ORIGINS", value);
    }
}
