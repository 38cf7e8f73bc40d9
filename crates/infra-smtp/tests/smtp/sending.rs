//! Mails that servers accept.

use std::collections::HashSet;

use domain::{
    EventId, PersonName,
    mail::{Mail, Mailer as _},
    shop::ShopId,
};
use infra_smtp::SmtpMailer;
use test_services::{MailServer, MailSettings};

use crate::mailers::{mail, mailer, settings};

/// The `Message-ID` of the mail about an event of [`SHOP`](crate::mailers::SHOP).
fn message_id(event: u32) -> String {
    format!("<oms-{event}-{}@example.com>", "07".repeat(16))
}

#[tokio::test]
async fn a_mail_arrives_with_its_envelope_headers_and_text() {
    let mut server = MailServer::start().await;
    mailer(&server.url()).send(&mail("ada@example.com")).await.unwrap();
    let received = server.next_mail().await;
    assert_eq!(received.envelope_from, "shop@example.com");
    assert_eq!(received.envelope_to, ["ada@example.com"]);
    assert_eq!(received.from_name, "Käthe's Shop");
    assert_eq!(received.from_address, "shop@example.com");
    assert_eq!(received.to_name, "Ada Lovelace");
    assert_eq!(received.to_address, "ada@example.com");
    assert_eq!(received.header("subject"), "Your order 3 was placed");
    assert_eq!(received.text, "Dear Ada Lovelace,\n");
    assert_eq!(received.header("message-id"), message_id(17));
    assert_eq!(received.header("mime-version"), "1.0");
    assert_eq!(received.header("auto-submitted"), "auto-generated");
    received.header("date");
}

#[tokio::test]
async fn non_ascii_texts_and_names_arrive_unchanged() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    for name in ["Zoë Ångström, geb. Müller", "山田 太郎", "Анна \"Аня\" О'Нил", "😀"]
    {
        let mail = Mail {
            name: PersonName::parse(name).ok(),
            subject: format!("Grüße an {name} — {}", "viele ".repeat(40)),
            text: format!("Liebe {name},\n\n€ 12,50 für 10 × Tee\n"),
            ..mail("zoe@example.com")
        };
        mailer.send(&mail).await.unwrap();
        let received = server.next_mail().await;
        assert_eq!(received.to_name, name);
        assert_eq!(received.header("subject"), mail.subject);
        assert_eq!(received.text, mail.text);
    }
}

#[tokio::test]
async fn no_line_ends_the_content_early_or_is_lost() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    for text in [
        ".\n..\n.hidden\n\nQUIT\n.\nthe end\n".to_owned(),
        format!("{}\n{}\n", "long ".repeat(1_000), "x".repeat(5_000)),
        "From here on\n  two spaces, a trailing one \n\ttab = 1\n".to_owned(),
        "\n\n\n".to_owned(),
    ] {
        let mail = Mail { text, ..mail("ada@example.com") };
        mailer.send(&mail).await.unwrap();
        assert_eq!(server.next_mail().await.text, mail.text);
    }
}

fn header_names(mail: &test_services::Mail) -> Vec<String> {
    mail.headers.iter().map(|(name, _value)| name.clone()).collect()
}

#[tokio::test]
async fn a_name_or_subject_cannot_inject_headers() {
    let mut server = MailServer::start().await;
    let plain = mail("ada@example.com");
    mailer(&server.url()).send(&plain).await.unwrap();
    let expected = header_names(&server.next_mail().await);
    let mail = Mail {
        name: PersonName::restore("Ada\r\nBcc: all@example.com").ok(),
        subject: "Your order\r\nReply-To: me@example.com\r\n\r\nis mine".to_owned(),
        ..plain
    };
    mailer(&server.url()).send(&mail).await.unwrap();
    let received = server.next_mail().await;
    assert_eq!(received.envelope_to, ["ada@example.com"]);
    assert_eq!(header_names(&received), expected);
    assert_eq!(received.text, "Dear Ada Lovelace,\n");
}

#[tokio::test]
async fn a_mail_that_is_sent_twice_has_the_same_message_id_both_times() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    let other = Mail { event: EventId::new(18), ..mail("ada@example.com") };
    for (mail, id) in [(&mail("ada@example.com"), 17), (&mail("ada@example.com"), 17), (&other, 18)]
    {
        mailer.send(mail).await.unwrap();
        assert_eq!(server.next_mail().await.header("message-id"), message_id(id));
    }
}

#[tokio::test]
async fn another_shop_has_other_message_ids() {
    let mut server = MailServer::start().await;
    let staging = ShopId::from_random([8; 16]);
    let mailer = SmtpMailer::new(&settings(&server.url()), staging).unwrap();
    mailer.send(&mail("ada@example.com")).await.unwrap();
    let id = format!("<oms-17-{}@example.com>", "08".repeat(16));
    assert_eq!(server.next_mail().await.header("message-id"), id);
}

#[tokio::test]
async fn a_non_ascii_domain_is_sent_as_punycode() {
    let mut server =
        MailServer::start_with(&MailSettings { utf8: false, ..MailSettings::default() }).await;
    mailer(&server.url()).send(&mail("ada@bücher.example")).await.unwrap();
    assert_eq!(server.next_mail().await.envelope_to, ["ada@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn a_non_ascii_address_is_deliverable_with_smtputf8() {
    let mut server = MailServer::start().await;
    mailer(&server.url()).send(&mail("zoë@example.com")).await.unwrap();
    assert_eq!(server.next_mail().await.envelope_to, ["zoë@example.com"]);
}

#[tokio::test]
async fn consecutive_mails_use_one_connection() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    for _ in 0..5 {
        mailer.send(&mail("ada@example.com")).await.unwrap();
        server.next_mail().await;
    }
    assert_eq!(server.connections(), 1);
    mailer.close().await;
    server.until_disconnected().await;
}

#[tokio::test]
async fn concurrent_mails_all_arrive() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    let mails: Vec<_> =
        (0..20).map(|id| Mail { event: EventId::new(id), ..mail("ada@example.com") }).collect();
    // All are sent at the same time, so that most connections exceed the pool and close after their
    // mail.
    let sent = mails.iter().map(|mail| mailer.send(mail));
    for sent in futures::future::join_all(sent).await {
        sent.unwrap();
    }
    let mut arrived = HashSet::new();
    for _ in 0..20 {
        arrived.insert(server.next_mail().await.header("message-id").to_owned());
    }
    assert_eq!(arrived.len(), 20);
    drop(mailer);
    server.until_disconnected().await;
}

#[tokio::test]
async fn no_mail_is_sent_after_closing() {
    let server = MailServer::start().await;
    let mailer = mailer(&server.url());
    mailer.close().await;
    mailer.close().await;
    assert!(mailer.send(&mail("ada@example.com")).await.is_err());
}

#[tokio::test]
async fn a_mail_is_accepted_after_authentication() {
    let mut server =
        MailServer::start_with(&MailSettings { require_auth: true, ..MailSettings::default() })
            .await;
    let url = format!("smtp://shop%40example.com:p%C3%A4ssword@127.0.0.1:{}", server.port());
    mailer(&url).send(&mail("ada@example.com")).await.unwrap();
    assert_eq!(server.next_mail().await.to_address, "ada@example.com");
}
