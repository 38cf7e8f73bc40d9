//! A mail as a MIME message with its envelope (RFC 5322, RFC 2045).

use domain::{account::EmailAddress, mail::Mail, shop::ShopId};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
};

use crate::error::SendError;

const CRLF: &[u8] = b"\r\n";

/// The header `Auto-Submitted: auto-generated`, which suppresses automatic replies (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_raw: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// A mail, ready to be submitted.
pub(crate) struct MimeMessage {
    pub(crate) envelope: Envelope,
    /// Whether the sender's local part is not ASCII, which needs SMTPUTF8 (RFC 6531).
    pub(crate) sender_needs_smtputf8: bool,
    /// The same of the recipient's.
    pub(crate) recipient_needs_smtputf8: bool,
    pub(crate) bytes: Vec<u8>,
}

impl MimeMessage {
    /// Formats a mail. The same mail has the same `Message-ID` each time, so that receivers can
    /// detect duplicates; another shop with the same sender has other ones.
    pub(crate) fn new(mail: &Mail, from: &Mailbox, shop: ShopId) -> Result<Self, SendError> {
        let to = Mailbox::new(
            mail.name.as_ref().map(|name| one_line(name.as_str())),
            recipient(&mail.to)?,
        );
        let message = Message::builder()
            .from(from.clone())
            .to(to)
            .subject(one_line(&mail.subject))
            .message_id(Some(format!("<oms-{}-{shop}@{}>", mail.event, from.email.domain())))
            .date_now()
            .header(AutoSubmitted)
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|_incomplete| SendError::InvalidAddress)?;
        let mut bytes = message.formatted();
        // The client library writes the last line end, with the dot that ends the content.
        if bytes.ends_with(CRLF) {
            bytes.truncate(bytes.len() - CRLF.len());
        }
        Ok(Self {
            envelope: message.envelope().clone(),
            sender_needs_smtputf8: !from.email.user().is_ascii(),
            recipient_needs_smtputf8: !mail.to.local_part().is_ascii(),
            bytes,
        })
    }

    /// Whether an address needs SMTPUTF8.
    pub(crate) const fn needs_smtputf8(&self) -> bool {
        self.sender_needs_smtputf8 || self.recipient_needs_smtputf8
    }
}

/// The address as mail servers read it. Every address that the domain parses has one; an account
/// that is older than its rules may have one that no mail can be sent to.
fn recipient(to: &EmailAddress) -> Result<Address, SendError> {
    let domain = to.ascii_domain().ok_or(SendError::InvalidAddress)?;
    Address::new(to.local_part(), domain).map_err(|_invalid| SendError::InvalidAddress)
}

/// The text without control characters, so that it cannot inject header fields.
fn one_line(text: &str) -> String {
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use domain::EventId;
    use proptest::prelude::*;

    use super::*;

    fn message(to: EmailAddress) -> Result<MimeMessage, SendError> {
        let mail = Mail {
            event: EventId::new(17),
            name: Some(to.person_name()),
            to,
            subject: "Your order 3 was placed".to_owned(),
            text: "Dear customer,\n".to_owned(),
        };
        let shop = ShopId::from_random([7; 16]);
        MimeMessage::new(&mail, &"shop@example.com".parse().unwrap(), shop)
    }

    /// Asserts that a mail can be made for an address, with a domain that every server reads.
    fn assert_can_be_sent_to(to: EmailAddress) {
        let text = to.as_str().to_owned();
        let message = message(to).unwrap_or_else(|error| panic!("{text}: {error}"));
        let [recipient] = message.envelope.to() else { panic!("{text} is one recipient") };
        assert!(recipient.domain().is_ascii(), "{text}: {recipient}");
    }

    #[test]
    fn a_mail_can_be_sent_to_every_form_of_address_that_an_account_can_have() {
        for address in [
            "a@b.co",
            "o'neil!#$%&*+/=?^_`{|}~-@example.ie",
            "jürgen@bücher.example",
            "a@straße.example",
            "a@r3---sn.example",
            "1@1.2.3.example",
            "用户@例子.广告",
            "पता@उदाहरण.भारत",
            "تجربة@مثال.إختبار",
        ] {
            assert_can_be_sent_to(EmailAddress::parse(address).unwrap());
        }
    }

    #[test]
    fn a_mail_to_an_address_of_an_old_account_that_cannot_be_sent_is_refused() {
        for old in ["x@xn--a.example", "x@127.0.0.1", "a b@example.com"] {
            let address = EmailAddress::restore(old).unwrap();
            assert_eq!(message(address).map(|_made| ()), Err(SendError::InvalidAddress), "{old}");
        }
    }

    proptest! {
        #[test]
        fn a_mail_can_be_sent_to_every_address_that_is_accepted(
            local in prop_oneof!["[!-~]{1,12}", "[a-zß-ÿἀ-ῼа-я가-힣ก-์\u{300}-\u{310}]{1,12}"],
            domain in prop_oneof![
                "[a-zA-Z0-9.-]{1,20}\\.[a-z0-9]{1,5}",
                "(xn--)?[a-z0-9-]{1,12}\\.example",
                "[a-zß-ÿἀ-ῼа-я가-힣ก-์א-ת\u{300}-\u{310}]{1,12}\\.[a-zа-я]{2,4}",
            ],
        ) {
            if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}")) {
                assert_can_be_sent_to(address);
            }
        }
    }
}
