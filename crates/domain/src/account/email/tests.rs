//! Which addresses are accepted, and that each has one form.

use super::*;

#[test]
fn addresses_compare_without_case_and_surrounding_space() {
    let address = EmailAddress::parse(" Ada.Lovelace+shop@Example.COM\n").unwrap();
    assert_eq!(address.as_str(), "ada.lovelace+shop@example.com");
    assert_eq!(EmailAddress::parse("ada.lovelace+shop@example.com"), Ok(address));
}

#[test]
fn common_forms_of_addresses_are_accepted() {
    let accepted = [
        "a@b.co",
        "o'neil@example.ie",
        "first_last@sub.example.co.uk",
        "user@xn--bcher-kva.example",
        "jürgen@bücher.example",
        "1@2.example",
        "a@1.2.3.example",
        "a@r3---sn.example",
        "用户@例子.广告",
        "पता@उदाहरण.भारत",
    ];
    for raw in accepted {
        assert!(EmailAddress::parse(raw).is_ok(), "{raw}");
    }
}

#[test]
fn all_spellings_of_a_mailbox_are_one_address() {
    let address = EmailAddress::parse("jürgen@bücher.example").unwrap();
    for spelling in [
        "ju\u{308}rgen@bücher.example",
        "JÜRGEN@BÜCHER.EXAMPLE",
        "jürgen@bu\u{308}cher.example",
        "jürgen@xn--bcher-kva.example",
        "jürgen@XN--BCHER-KVA.example",
        "jürgen@bücher。example",
        "jürgen@ｂücher.example",
        "jürgen@bü\u{ad}cher.example",
    ] {
        assert_eq!(EmailAddress::parse(spelling), Ok(address.clone()), "{spelling}");
    }
    assert_eq!(address.ascii_domain().as_deref(), Some("xn--bcher-kva.example"));
    assert_eq!((address.local_part(), address.domain()), ("jürgen", "bücher.example"));
    // These are two domains since IDNA 2008.
    assert_ne!(EmailAddress::parse("a@straße.example"), EmailAddress::parse("a@strasse.example"));
}

#[test]
fn malformed_addresses_are_refused() {
    let refused = [
        "",
        " ",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@@example.com",
        "ada@example..com",
        "ada@.example.com",
        "ada@example.com.",
        ".ada@example.com",
        "ada.@example.com",
        "ada lovelace@example.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
        "ada@exam\0ple.com",
        "a\0da@example.com",
        "ada\r\nbcc:eve@example.com",
        "ada@exa mple.com",
        "ada@exa_mple.com",
        "ada@-example.com",
        "ada@example-.com",
        "a\u{200b}da@example.com",
        "\u{3164}@example.com",
        "a\u{202e}da@example.com",
    ];
    for raw in refused {
        assert_eq!(EmailAddress::parse(raw), Err(EmailError::Malformed), "{raw:?}");
    }
}

#[test]
fn an_address_that_no_mail_can_be_sent_to_is_refused() {
    let refused = [
        "\"a b\"@example.com",
        "\"ada\"@example.com",
        "x@xn--a.example",
        "x@xn--.example",
        "x@example.xn--0",
        "x@127.0.0.1",
        "x@１２７.0.0.1",
        "x@example.1",
        "x@1.2.3.0x7f",
        "x@::1",
        "x@[IPv6:::1]",
    ];
    for raw in refused {
        assert_eq!(EmailAddress::parse(raw), Err(EmailError::Malformed), "{raw:?}");
    }
}

#[test]
fn an_address_with_a_part_that_is_too_long_is_refused() {
    let local = "a".repeat(64);
    assert!(EmailAddress::parse(&format!("{local}@example.com")).is_ok());
    assert!(EmailAddress::parse(&format!("a{local}@example.com")).is_err());
    let label = "b".repeat(60);
    let domain = format!("{label}.{label}.{label}.com");
    assert!(EmailAddress::parse(&format!("{local}@{domain}")).is_ok());
    assert!(EmailAddress::parse(&format!("{local}@bbbb.{domain}")).is_err());
    assert!(EmailAddress::parse(&format!("a@{}.com", "b".repeat(64))).is_err());
    assert!(EmailAddress::parse(&format!("{}@example.com", "a".repeat(1_000_000))).is_err());
    // The length counts as mail servers see it.
    let wide = "ü".repeat(40);
    assert!(EmailAddress::parse(&format!("a@{wide}.example")).is_ok());
    assert!(EmailAddress::parse(&format!("{local}@{wide}.{wide}.{wide}.{wide}.example")).is_err());
}

#[test]
fn an_address_that_lower_case_makes_invalid_is_refused() {
    // Two bytes become three.
    let address = |letters: usize| format!("{}@example.com", "Ⱥ".repeat(letters));
    let longest = EmailAddress::parse(&address(21)).unwrap();
    assert_eq!(EmailAddress::parse(longest.as_str()), Ok(longest));
    assert_eq!(EmailAddress::parse(&address(22)), Err(EmailError::Malformed));
    // A letter becomes a letter and a dot above it, which no address may have.
    assert_eq!(EmailAddress::parse("İ@example.com"), Err(EmailError::Malformed));
}

#[test]
fn an_address_of_before_is_restored_and_found_by_a_login() {
    for old in ["\"a b\"@example.com", "x@127.0.0.1", "ju\u{308}rgen@example.com"] {
        assert_eq!(EmailAddress::restore(old).unwrap().as_str(), old);
    }
    for none in ["", "ada", "@example.com", "ada@", "a\0da@example.com"] {
        assert_eq!(EmailAddress::restore(none), Err(EmailError::Malformed), "{none:?}");
        assert_eq!(EmailAddress::of_login(none), None, "{none:?}");
    }
    let quoted = EmailAddress::of_login(" \"A b\"@Example.com ").unwrap();
    assert_eq!(quoted.as_str(), "\"a b\"@example.com");
    assert_eq!(
        EmailAddress::of_login("a@xn--bcher-kva.example"),
        EmailAddress::parse("a@bücher.example").ok()
    );
    assert_eq!(EmailAddress::of_login(&format!("{}@example.com", "a".repeat(1_000_000))), None);
}

#[test]
fn the_local_part_of_an_address_is_the_default_name() {
    let address = EmailAddress::parse("Ada.Lovelace@example.com").unwrap();
    assert_eq!(address.person_name().as_str(), "ada.lovelace");
}
