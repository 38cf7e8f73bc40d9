//! The mails to accounts: to whom they go, what they contain, and when there is nothing to send.

use super::*;
use crate::{
    EventId, PersonName, Timestamp, UserId,
    account::{Account, AccountTokenClaims, EmailAddress, PasswordHash, Role},
    events::{Event, EventRecord, NewEvent},
};

struct Secrets;

impl AccountTokenKey for Secrets {
    fn account_token_mac(&self, _message: &[u8]) -> [u8; 32] {
        [7; 32]
    }
}

struct At;

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

fn settings(public_url: Option<&str>) -> MailSettings {
    MailSettings {
        secrets: Arc::new(Secrets),
        clock: Arc::new(At),
        policy: VerifiedEmailPolicy::Mail,
        public_url: public_url.map(str::to_owned),
    }
}

fn recipient(verified: bool, pending: Option<&str>) -> Credentials {
    let email = |raw| EmailAddress::parse(raw).unwrap();
    Credentials {
        account: Account {
            id: UserId::new(7),
            name: PersonName::parse("Win at https://evil.example").unwrap(),
            email: email("ada@example.com"),
            email_verified_at: verified.then_some(Timestamp::UNIX_EPOCH),
            pending_email: pending.map(email),
            role: Role::User,
            created_at: Timestamp::UNIX_EPOCH,
        },
        password: PasswordHash::new("hash"),
    }
}

fn composed(mail: AccountMail, recipient: &Credentials, url: Option<&str>) -> Option<Mail> {
    let (account, event) = (&recipient.account, Event::AccountMailRequested(mail));
    let new = NewEvent {
        // As the change that ordered it does.
        recipient: Some(account.email.clone()).filter(|_| account.email_verified_at.is_some()),
        ..NewEvent::of_account(event.clone(), account.id, account.actor(), Timestamp::UNIX_EPOCH)
    };
    let event = JournalEvent { event, record: EventRecord::of(EventId::new(11), &new) };
    compose(&event, mail, recipient, &settings(url))
}

fn unverified() -> Credentials {
    recipient(false, None)
}

fn verified() -> Credentials {
    recipient(true, None)
}

fn pending() -> Credentials {
    recipient(true, Some("new@example.com"))
}

const MAILS: [AccountMail; 4] = [
    AccountMail::ConfirmAddress,
    AccountMail::AddressChangeNotice,
    AccountMail::ResetPassword,
    AccountMail::PasswordChanged,
];

#[test]
fn a_confirmation_goes_to_the_address_that_is_to_be_confirmed_and_the_others_to_the_present_one() {
    let to = |mail, recipient: &Credentials| {
        composed(mail, recipient, None).map(|mail| mail.to.as_str().to_owned())
    };
    let (present, new) = (Some("ada@example.com".to_owned()), Some("new@example.com".to_owned()));
    let expected = [
        (unverified(), [present.clone(), None, present.clone(), None]),
        (verified(), [None, present.clone(), present.clone(), present.clone()]),
        (pending(), [new, present.clone(), present.clone(), present]),
    ];
    for (recipient, addresses) in expected {
        assert_eq!(MAILS.map(|mail| to(mail, &recipient)), addresses);
    }
}

#[test]
fn no_mail_to_an_account_contains_what_a_person_typed() {
    for recipient in [unverified(), verified(), pending()] {
        for mail in MAILS.into_iter().filter_map(|mail| composed(mail, &recipient, None)) {
            assert!(mail.name.is_none());
            let content = format!("{}\n{}", mail.subject, mail.text);
            for typed in ["Win", "evil", "ada@", "new@"] {
                assert!(!content.contains(typed), "{content}");
            }
        }
    }
}

#[test]
fn a_mail_has_a_link_with_the_token_or_the_bare_token() {
    for (mail, page) in
        [(AccountMail::ConfirmAddress, "verify"), (AccountMail::ResetPassword, "reset")]
    {
        let bare = composed(mail, &unverified(), None).unwrap().text;
        let token = bare.lines().find(|line| AccountTokenClaims::parse(line).is_ok()).unwrap();
        let url = "https://shop.example/oms";
        let linked = composed(mail, &unverified(), Some(url)).unwrap().text;
        let link = format!("{url}/account/{page}?token={token}");
        assert!(linked.lines().any(|line| line == link), "{linked}");
    }
}

#[test]
fn a_notice_contains_no_token() {
    for mail in [AccountMail::AddressChangeNotice, AccountMail::PasswordChanged] {
        let text = composed(mail, &pending(), None).unwrap().text;
        assert!(text.lines().all(|line| AccountTokenClaims::parse(line).is_err()), "{text}");
    }
}
