//! Mails that are taken.

use std::collections::HashSet;

use domain::{
    OutboxEventId, PersonName,
    mail::{Mail, Mailer as _},
};
use test_services::{MailServer, MailSettings};

use crate::mailers::{mail, mailer};

#[tokio::test]
async fn a_mail_arrives_with_all_that_a_reader_needs() {
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
    assert_eq!(received.header("message-id"), "<oms-17@example.com>");
    assert_eq!(received.header("auto-submitted"), "auto-generated");
    received.header("date");
}

#[tokio::test]
async fn texts_and_names_beyond_ascii_arrive_as_they_are() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    for name in ["Zoë Ångström, geb. Müller", "山田 太郎", "Анна \"Аня\" О'Нил", "😀"]
    {
        let mail = Mail {
            name: PersonName::parse(name).unwrap(),
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
async fn no_line_of_a_text_ends_it_or_is_lost() {
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

fn names_of_headers(mail: &test_services::Mail) -> Vec<String> {
    mail.headers.iter().map(|(name, _value)| name.clone()).collect()
}

#[tokio::test]
async fn a_name_cannot_make_a_header_of_its_own() {
    let mut server = MailServer::start().await;
    let plain = mail("ada@example.com");
    mailer(&server.url()).send(&plain).await.unwrap();
    let usual = names_of_headers(&server.next_mail().await);
    let mail = Mail {
        name: PersonName::parse("Ada\r\nBcc: all@example.com").unwrap(),
        subject: "Your order\r\nReply-To: me@example.com\r\n\r\nis mine".to_owned(),
        ..plain
    };
    mailer(&server.url()).send(&mail).await.unwrap();
    let received = server.next_mail().await;
    assert_eq!(received.envelope_to, ["ada@example.com"]);
    assert_eq!(names_of_headers(&received), usual);
    assert_eq!(received.text, "Dear Ada Lovelace,\n");
}

#[tokio::test]
async fn a_mail_that_is_sent_twice_has_the_same_number_both_times() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    let other = Mail { event: OutboxEventId::new(18), ..mail("ada@example.com") };
    for (mail, number) in
        [(&mail("ada@example.com"), 17), (&mail("ada@example.com"), 17), (&other, 18)]
    {
        mailer.send(mail).await.unwrap();
        assert_eq!(
            server.next_mail().await.header("message-id"),
            format!("<oms-{number}@example.com>")
        );
    }
}

#[tokio::test]
async fn a_domain_beyond_ascii_is_written_as_the_network_knows_it() {
    let mut server =
        MailServer::start_with(&MailSettings { utf8: false, ..MailSettings::default() }).await;
    mailer(&server.url()).send(&mail("ada@bücher.example")).await.unwrap();
    assert_eq!(server.next_mail().await.envelope_to, ["ada@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn an_address_beyond_ascii_is_reached_where_servers_know_such() {
    let mut server = MailServer::start().await;
    mailer(&server.url()).send(&mail("zoë@example.com")).await.unwrap();
    assert_eq!(server.next_mail().await.envelope_to, ["zoë@example.com"]);
}

#[tokio::test]
async fn one_mail_after_the_other_goes_through_one_connection() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    for _ in 0..5 {
        mailer.send(&mail("ada@example.com")).await.unwrap();
        server.next_mail().await;
    }
    assert_eq!(server.connections(), 1);
    mailer.close().await;
    server.until_left().await;
}

#[tokio::test]
async fn many_mails_at_once_all_arrive() {
    let mut server = MailServer::start().await;
    let mailer = mailer(&server.url());
    let mails: Vec<_> = (0..20)
        .map(|number| Mail { event: OutboxEventId::new(number), ..mail("ada@example.com") })
        .collect();
    // All are under way at the same time, so that most connections are closed again at the end of their mail.
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
    server.until_left().await;
}

#[tokio::test]
async fn nothing_is_sent_after_the_end() {
    let server = MailServer::start().await;
    let mailer = mailer(&server.url());
    mailer.close().await;
    mailer.close().await;
    assert!(mailer.send(&mail("ada@example.com")).await.is_err());
}

#[tokio::test]
async fn who_signs_in_as_the_server_wants_may_send() {
    let mut server =
        MailServer::start_with(&MailSettings { sign_in: true, ..MailSettings::default() }).await;
    let url = format!("smtp://shop%40example.com:p%C3%A4ssword@127.0.0.1:{}", server.port());
    mailer(&url).send(&mail("ada@example.com")).await.unwrap();
    assert_eq!(server.next_mail().await.to_address, "ada@example.com");
}
