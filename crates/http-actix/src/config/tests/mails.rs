//! The mail server, links in mails, confirmed addresses, and who delivers events.

use super::*;

#[test]
fn a_mail_server_needs_a_sender() {
    let url = ("SMTP_URL", "smtp://ann:hunter2@mail.example.com:587");
    let mail = config(&[url, ("MAIL_FROM", "Shop <shop@example.com>")]).unwrap().mail.unwrap();
    assert_eq!(
        (mail.url.redacted(), mail.from.as_str()),
        ("mail.example.com:587", "Shop <shop@example.com>")
    );
    let line = config(&[url]).unwrap_err().to_string();
    assert!(line.starts_with("MAIL_FROM: must be set together"), "{line}");
    refusal("SMTP_URL", "mail.example.com");
}

#[test]
fn the_mail_server_may_take_as_long_as_rfc_5321_allows_unless_set_otherwise() {
    let server = [("SMTP_URL", "smtp://mail.example.com"), ("MAIL_FROM", "shop@example.com")];
    let timeouts = |more: &[(&str, &str)]| {
        let mail = config(&[&server, more].concat()).unwrap().mail.unwrap();
        assert_eq!(mail.settings().timeouts, mail.timeouts);
        mail.timeouts
    };
    assert_eq!(timeouts(&[]), SmtpTimeouts::default());
    let seconds = Duration::from_secs;
    let limits = timeouts(&[("SMTP_TIMEOUT_SECONDS", "9")]);
    assert_eq!(
        (limits.greeting, limits.data, limits.reply),
        (seconds(300), seconds(120), seconds(9))
    );
    let limits = timeouts(&[("SMTP_COMMAND_TIMEOUT_SECONDS", "7")]);
    assert_eq!((limits.greeting, limits.mail, limits.rcpt), (seconds(7), seconds(7), seconds(7)));
    assert_eq!((limits.data, limits.block, limits.reply), (seconds(7), seconds(7), seconds(600)));
    let limits = timeouts(&[("SMTP_COMMAND_TIMEOUT_SECONDS", "3600")]);
    assert_eq!(
        (limits.rcpt, limits.data, limits.block),
        (seconds(3_600), seconds(120), seconds(180))
    );
    let limits = timeouts(&[("SMTP_CONNECT_TIMEOUT_SECONDS", "8")]);
    assert_eq!(limits, SmtpTimeouts { connect: seconds(8), ..SmtpTimeouts::default() });
    for (name, too_long) in [
        ("SMTP_CONNECT_TIMEOUT_SECONDS", "301"),
        ("SMTP_COMMAND_TIMEOUT_SECONDS", "3601"),
        ("SMTP_TIMEOUT_SECONDS", "3601"),
    ] {
        for wrong in ["0", too_long, "10s", "-1", "1.5"] {
            refusal(name, wrong);
        }
    }
}

#[test]
fn links_in_mails_begin_with_the_public_url_and_a_url_with_a_password_is_not_quoted() {
    assert_eq!(config(&[]).unwrap().public_url, None);
    let shop = good("PUBLIC_URL", "https://shop.example.com/oms/").public_url;
    assert_eq!(shop.as_deref(), Some("https://shop.example.com/oms"));
    refusal("PUBLIC_URL", "shop.example.com");
    let line = refusal("PUBLIC_URL", "https://ann:hunter2@shop.example.com");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn a_shop_that_sends_mails_sends_them_to_confirmed_addresses_unless_told_otherwise() {
    let server = [("SMTP_URL", "smtp://mail.example.com"), ("MAIL_FROM", "shop@example.com")];
    let with_server = |more: &[(&str, &str)]| config(&[&server, more].concat()).unwrap();
    assert_eq!(config(&[]).unwrap().verified_email, VerifiedEmailPolicy::Off);
    assert_eq!(with_server(&[]).verified_email, VerifiedEmailPolicy::Mail);
    for (value, policy) in [
        ("off", VerifiedEmailPolicy::Off),
        ("mail", VerifiedEmailPolicy::Mail),
        ("Order", VerifiedEmailPolicy::Order),
    ] {
        let config = with_server(&[("REQUIRE_VERIFIED_EMAIL", value)]);
        assert_eq!(config.verified_email, policy, "{value}");
    }
    assert_eq!(good("REQUIRE_VERIFIED_EMAIL", "off").verified_email, VerifiedEmailPolicy::Off);
    for value in ["mail", "order"] {
        let line = refusal("REQUIRE_VERIFIED_EMAIL", value);
        assert!(line.contains("SMTP_URL"), "{line}");
    }
    for slip in ["on", "orders", "mail,order", "true"] {
        refusal("REQUIRE_VERIFIED_EMAIL", slip);
    }
}

#[test]
fn a_server_delivers_events_by_default() {
    let outbox = config(&[]).unwrap().outbox;
    assert!(outbox.in_server);
    assert_eq!(outbox.poll_interval, Duration::from_secs(1));
    assert_eq!(outbox.relay, domain::events::RelaySettings::default());
    assert!(!good("OUTBOX_WORKER", "off").outbox.in_server);
    assert_eq!(
        good("OUTBOX_RETRY_MS", "50").outbox.relay.retry.event.initial,
        Duration::from_millis(50)
    );
    assert!(good("OUTBOX_MAX_ATTEMPTS", "3").outbox.names_max_attempts);
    assert!(!outbox.names_max_attempts);
    for (value, seconds) in [("45s", 45), ("30m", 1_800), ("12h", 43_200), ("5d", 432_000)] {
        let given_up = good("OUTBOX_GIVE_UP_AFTER", value).outbox.relay.retry.give_up_after;
        assert_eq!(given_up, Duration::from_secs(seconds), "{value}");
    }
    for slip in ["5", "d", "0d", "5 days", "1.5h", "-1d", "400d", "5D"] {
        refusal("OUTBOX_GIVE_UP_AFTER", slip);
    }
    assert_eq!(good("OUTBOX_LEASE_SECONDS", "9").outbox.relay.lease, Duration::from_secs(9));
    refusal("OUTBOX_WORKER", "perhaps");
    refusal("OUTBOX_POLL_MS", "0");
}
