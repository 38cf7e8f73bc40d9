//! The settings of the mail server and the sender, and their parsed form.

use lettre::{
    message::Mailbox,
    transport::smtp::{
        SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
        authentication::Credentials,
        client::{CertificateStore, TlsParameters},
        extension::ClientId,
    },
};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::timeouts::SmtpTimeouts;

/// The mail server, the sender, and the time limits.
#[derive(Clone)]
pub struct SmtpSettings {
    /// The server's URL. `smtps://user:password@host:port` uses implicit TLS (default port 465).
    /// `smtp://…` is not encrypted (25), with `?tls=required` encrypted by STARTTLS (587), with
    /// `?tls=opportunistic` encrypted if the server offers STARTTLS (587). User and password are
    /// optional, and percent-encoded.
    pub url: String,
    /// The sender, for example `Shop <shop@example.com>`.
    pub from: String,
    /// How long the server may take at each stage.
    pub timeouts: SmtpTimeouts,
}

impl SmtpSettings {
    /// Checks the settings without making a mailer.
    ///
    /// # Errors
    /// [`SmtpSettingsError`] if a setting is invalid.
    pub fn check(&self) -> Result<(), SmtpSettingsError> {
        SmtpServer::parse(&self.url, &parse_sender(&self.from)?).map(drop)
    }
}

/// Why the settings are invalid. No variant quotes the URL, which may contain a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpSettingsError {
    /// The URL cannot be parsed.
    #[error("must be a URL such as smtps://user:password@mail.example.com")]
    NotAUrl,
    /// The scheme is neither `smtp` nor `smtps`.
    #[error("must begin with smtp:// or smtps://")]
    UnknownScheme,
    /// The URL has no host.
    #[error("must name the mail server")]
    NoHost,
    /// The URL has a path, a fragment or an unknown parameter.
    #[error(
        "may have nothing behind the host but its port and ?tls=required or ?tls=opportunistic"
    )]
    UnexpectedPart,
    /// Only one of user and password is present, or they are not UTF-8.
    #[error("must name a user and a password, percent-encoded, or neither")]
    Credentials,
    /// The server's name cannot be checked against a certificate.
    #[error("names a server that cannot be checked against a certificate")]
    Certificate,
    /// The sender cannot be parsed.
    #[error("must be an address, such as shop@example.com or Shop <shop@example.com>")]
    From,
}

/// Whether a connection is encrypted.
#[derive(Clone)]
pub(crate) enum Encryption {
    Never,
    /// By STARTTLS, if the server offers it.
    IfOffered(TlsParameters),
    /// By STARTTLS, otherwise the connection fails.
    Required(TlsParameters),
    /// Implicit TLS.
    Always(TlsParameters),
}

/// A mail server with its credentials.
pub(crate) struct SmtpServer {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    pub(crate) credentials: Option<Credentials>,
    /// The name that `EHLO` announces.
    pub(crate) client_id: ClientId,
}

impl SmtpServer {
    /// Parses a URL. The client id is the domain of the sender.
    pub(crate) fn parse(raw: &str, from: &Mailbox) -> Result<Self, SmtpSettingsError> {
        let url = Url::parse(raw).map_err(|_invalid| SmtpSettingsError::NotAUrl)?;
        let tls = match url.query() {
            None => None,
            Some(query) => {
                Some(query.strip_prefix("tls=").ok_or(SmtpSettingsError::UnexpectedPart)?)
            }
        };
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(SmtpSettingsError::UnknownScheme);
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        // Only URLs write an IPv6 address in brackets.
        let host = host.ok_or(SmtpSettingsError::NoHost)?.trim_matches(['[', ']']).to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpSettingsError::UnexpectedPart);
        }
        let (encryption, port) = match (url.scheme(), tls) {
            ("smtps", None) => (Encryption::Always(tls_parameters(&host)?), SUBMISSIONS_PORT),
            ("smtp", None) => (Encryption::Never, SMTP_PORT),
            ("smtp", Some("required")) => {
                (Encryption::Required(tls_parameters(&host)?), SUBMISSION_PORT)
            }
            ("smtp", Some("opportunistic")) => {
                (Encryption::IfOffered(tls_parameters(&host)?), SUBMISSION_PORT)
            }
            _ => return Err(SmtpSettingsError::UnexpectedPart),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            encryption,
            credentials: credentials(&url)?,
            client_id: ClientId::Domain(from.email.domain().to_owned()),
        })
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SmtpSettingsError> {
    let decode = |raw| {
        let text = percent_decode_str(raw).decode_utf8();
        text.map(String::from).map_err(|_not_utf8| SmtpSettingsError::Credentials)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(SmtpSettingsError::Credentials),
        (user, Some(password)) => Ok(Some(Credentials::new(decode(user)?, decode(password)?))),
    }
}

/// TLS with the root certificates of this machine, or with those of Mozilla if it has none.
fn tls_parameters(host: &str) -> Result<TlsParameters, SmtpSettingsError> {
    let roots = if rustls_native_certs::load_native_certs().certs.is_empty() {
        CertificateStore::WebpkiRoots
    } else {
        CertificateStore::Default
    };
    let parameters = TlsParameters::builder(host.to_owned()).certificate_store(roots);
    parameters.build().map_err(|_unusable| SmtpSettingsError::Certificate)
}

pub(crate) fn parse_sender(raw: &str) -> Result<Mailbox, SmtpSettingsError> {
    let mailbox: Mailbox = raw.trim().parse().map_err(|_malformed| SmtpSettingsError::From)?;
    let email = address_with_ascii_domain(mailbox.email.user(), mailbox.email.domain());
    if raw.chars().any(char::is_control) {
        return Err(SmtpSettingsError::From);
    }
    Ok(Mailbox::new(mailbox.name, email.ok_or(SmtpSettingsError::From)?))
}

/// An address whose domain is in ASCII: internationalized labels as Punycode (`xn--…`).
fn address_with_ascii_domain(user: &str, domain: &str) -> Option<lettre::Address> {
    let domain = match Host::parse(domain).ok()? {
        Host::Domain(domain) => domain,
        Host::Ipv4(_) | Host::Ipv6(_) => domain.to_owned(),
    };
    lettre::Address::new(user, domain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<SmtpServer, SmtpSettingsError> {
        SmtpServer::parse(url, &parse_sender("Shop <shop@example.com>").unwrap())
    }

    fn error(url: &str) -> SmtpSettingsError {
        match parse(url) {
            Ok(_server) => panic!("{url} is accepted"),
            Err(error) => error,
        }
    }

    #[test]
    fn the_default_port_depends_on_the_encryption() {
        for (url, port) in [
            ("smtp://mail.example.com", 25),
            ("smtp://mail.example.com/", 25),
            ("smtp://mail.example.com?tls=required", 587),
            ("smtp://mail.example.com?tls=opportunistic", 587),
            ("smtps://mail.example.com", 465),
            ("smtps://mail.example.com:2465", 2465),
            ("smtp://[::1]:2525", 2525),
        ] {
            assert_eq!(parse(url).unwrap().port, port, "{url}");
        }
        assert_eq!(parse("smtp://[::1]:2525").unwrap().host, "::1");
    }

    #[test]
    fn the_url_determines_the_encryption() {
        assert!(matches!(parse("smtp://a.example").unwrap().encryption, Encryption::Never));
        let encryption = |url| parse(url).unwrap().encryption;
        assert!(matches!(encryption("smtp://a.example?tls=required"), Encryption::Required(_)));
        let offered = encryption("smtp://a.example?tls=opportunistic");
        assert!(matches!(offered, Encryption::IfOffered(_)));
        assert!(matches!(encryption("smtps://a.example"), Encryption::Always(_)));
    }

    #[test]
    fn user_and_password_are_percent_decoded() {
        let server = parse("smtp://shop%40example.com:p%40ss%2Fw%C3%B6rd@a.example").unwrap();
        let expected = Credentials::new("shop@example.com".to_owned(), "p@ss/wörd".to_owned());
        assert_eq!(server.credentials, Some(expected));
        assert_eq!(parse("smtp://a.example").unwrap().credentials, None);
    }

    #[test]
    fn errors_do_not_show_the_url() {
        for (url, expected) in [
            ("mail.example.com", SmtpSettingsError::NotAUrl),
            ("http://mail.example.com", SmtpSettingsError::UnknownScheme),
            ("smtp:", SmtpSettingsError::NoHost),
            ("smtp://user@a.example", SmtpSettingsError::Credentials),
            ("smtp://:secret@a.example", SmtpSettingsError::Credentials),
            ("smtp://user:%ff@a.example", SmtpSettingsError::Credentials),
            ("smtp://user:secret@a.example?tls=perhaps", SmtpSettingsError::UnexpectedPart),
            ("smtp://user:secret@a.example?ssl=required", SmtpSettingsError::UnexpectedPart),
            ("smtps://user:secret@a.example?tls=required", SmtpSettingsError::UnexpectedPart),
            ("smtp://user:secret@a.example/inbox", SmtpSettingsError::UnexpectedPart),
        ] {
            assert_eq!(error(url), expected, "{url}");
            assert!(!expected.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_sender_may_have_a_display_name() {
        let named = parse_sender("Käthe's Shop <shop@bücher.example>").unwrap();
        assert_eq!(named.name.as_deref(), Some("Käthe's Shop"));
        assert_eq!(named.email.to_string(), "shop@xn--bcher-kva.example");
        assert_eq!(parse_sender("shop@example.com").unwrap().name, None);
        for wrong in ["", "Shop", "Shop <shop>", "shop@example.com\r\nBcc: all@example.com"] {
            assert_eq!(parse_sender(wrong), Err(SmtpSettingsError::From), "{wrong}");
        }
    }
}
