//! Where mails are handed in, and in whose name: as an operator writes it, and as it is used.

use std::time::Duration;

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

/// Where mails are handed in, and in whose name.
#[derive(Clone)]
pub struct SmtpSettings {
    /// `smtps://user:password@host:port` (encrypted from the start, port 465 if none is given), or
    /// `smtp://…`: plain (port 25), with `?tls=required` encrypted by STARTTLS (port 587), with
    /// `?tls=opportunistic` encrypted if the server offers it (port 587). User and password may be left out;
    /// what is special in a URL is percent-encoded in them.
    pub url: String,
    /// The sender, such as `Shop <shop@example.com>`.
    pub from: String,
    /// How long one mail may take in all.
    pub timeout: Duration,
}

impl SmtpSettings {
    /// What one mail may take if nothing else is said.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
}

/// What is wrong with the settings. None of them quotes the URL, as a password may stand in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpSettingsError {
    /// The URL cannot be read.
    #[error("must be a URL such as smtps://user:password@mail.example.com")]
    NoUrl,
    /// The URL is not about mail.
    #[error("must begin with smtp:// or smtps://")]
    Scheme,
    /// The URL names no host.
    #[error("must name the mail server")]
    NoHost,
    /// There is something behind the host that nothing is known about.
    #[error(
        "may have nothing behind the host but its port and ?tls=required or ?tls=opportunistic"
    )]
    Unknown,
    /// Only one of user and password is there, or they are no text.
    #[error("must name a user and a password, percent-encoded, or neither")]
    Credentials,
    /// The server's name cannot be checked against a certificate.
    #[error("names a server that cannot be checked against a certificate")]
    Certificate,
    /// The sender cannot be read.
    #[error("must be an address, such as shop@example.com or Shop <shop@example.com>")]
    From,
}

/// Whether a connection is encrypted.
#[derive(Clone)]
pub(crate) enum Encryption {
    Never,
    /// If the server offers it.
    IfOffered(TlsParameters),
    /// By STARTTLS, or there is no connection.
    Required(TlsParameters),
    Always(TlsParameters),
}

/// A server, and how to get in.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) hello: ClientId,
}

impl Server {
    /// Reads a URL. The server is greeted in the name of that sender's domain.
    pub(crate) fn parse(raw: &str, from: &Mailbox) -> Result<Self, SmtpSettingsError> {
        let url = Url::parse(raw).map_err(|_unreadable| SmtpSettingsError::NoUrl)?;
        let tls = match url.query() {
            None => None,
            Some(query) => Some(query.strip_prefix("tls=").ok_or(SmtpSettingsError::Unknown)?),
        };
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(SmtpSettingsError::Scheme);
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        // An IPv6 address stands in brackets there, and nowhere else.
        let host = host.ok_or(SmtpSettingsError::NoHost)?.trim_matches(['[', ']']).to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpSettingsError::Unknown);
        }
        let (encryption, port) = match (url.scheme(), tls) {
            ("smtps", None) => (Encryption::Always(trusted(&host)?), SUBMISSIONS_PORT),
            ("smtp", None) => (Encryption::Never, SMTP_PORT),
            ("smtp", Some("required")) => (Encryption::Required(trusted(&host)?), SUBMISSION_PORT),
            ("smtp", Some("opportunistic")) => {
                (Encryption::IfOffered(trusted(&host)?), SUBMISSION_PORT)
            }
            _ => return Err(SmtpSettingsError::Unknown),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            encryption,
            credentials: credentials(&url)?,
            hello: ClientId::Domain(from.email.domain().to_owned()),
        })
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SmtpSettingsError> {
    let plain = |raw| {
        let text = percent_decode_str(raw).decode_utf8();
        text.map(String::from).map_err(|_no_text| SmtpSettingsError::Credentials)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(SmtpSettingsError::Credentials),
        (user, Some(password)) => Ok(Some(Credentials::new(plain(user)?, plain(password)?))),
    }
}

/// Encryption for a server whose certificate an authority has signed that this machine trusts; one that has
/// no list of those trusts the authorities that browsers do.
fn trusted(host: &str) -> Result<TlsParameters, SmtpSettingsError> {
    let roots = if rustls_native_certs::load_native_certs().certs.is_empty() {
        CertificateStore::WebpkiRoots
    } else {
        CertificateStore::Default
    };
    let parameters = TlsParameters::builder(host.to_owned()).certificate_store(roots);
    parameters.build().map_err(|_unusable| SmtpSettingsError::Certificate)
}

pub(crate) fn sender(raw: &str) -> Result<Mailbox, SmtpSettingsError> {
    let sender: Mailbox = raw.trim().parse().map_err(|_malformed| SmtpSettingsError::From)?;
    let email = ascii_domain(sender.email.user(), sender.email.domain());
    if raw.chars().any(char::is_control) {
        return Err(SmtpSettingsError::From);
    }
    Ok(Mailbox::new(sender.name, email.ok_or(SmtpSettingsError::From)?))
}

/// An address whose domain is in the form of the domain name system: `xn--…` for what is beyond ASCII.
pub(crate) fn ascii_domain(user: &str, domain: &str) -> Option<lettre::Address> {
    let domain = match Host::parse(domain).ok()? {
        Host::Domain(domain) => domain,
        Host::Ipv4(_) | Host::Ipv6(_) => domain.to_owned(),
    };
    lettre::Address::new(user, domain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Server, SmtpSettingsError> {
        Server::parse(url, &sender("Shop <shop@example.com>").unwrap())
    }

    fn refused(url: &str) -> SmtpSettingsError {
        match read(url) {
            Ok(_server) => panic!("{url} is accepted"),
            Err(error) => error,
        }
    }

    #[test]
    fn the_port_follows_from_how_the_connection_is_protected() {
        for (url, port) in [
            ("smtp://mail.example.com", 25),
            ("smtp://mail.example.com/", 25),
            ("smtp://mail.example.com?tls=required", 587),
            ("smtp://mail.example.com?tls=opportunistic", 587),
            ("smtps://mail.example.com", 465),
            ("smtps://mail.example.com:2465", 2465),
            ("smtp://[::1]:2525", 2525),
        ] {
            assert_eq!(read(url).unwrap().port, port, "{url}");
        }
        assert_eq!(read("smtp://[::1]:2525").unwrap().host, "::1");
    }

    #[test]
    fn encryption_is_what_the_url_says() {
        assert!(matches!(read("smtp://a.example").unwrap().encryption, Encryption::Never));
        let encryption = |url| read(url).unwrap().encryption;
        assert!(matches!(encryption("smtp://a.example?tls=required"), Encryption::Required(_)));
        let offered = encryption("smtp://a.example?tls=opportunistic");
        assert!(matches!(offered, Encryption::IfOffered(_)));
        assert!(matches!(encryption("smtps://a.example"), Encryption::Always(_)));
    }

    #[test]
    fn user_and_password_may_have_any_characters() {
        let server = read("smtp://shop%40example.com:p%40ss%2Fw%C3%B6rd@a.example").unwrap();
        let expected = Credentials::new("shop@example.com".to_owned(), "p@ss/wörd".to_owned());
        assert_eq!(server.credentials, Some(expected));
        assert_eq!(read("smtp://a.example").unwrap().credentials, None);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        for (url, error) in [
            ("mail.example.com", SmtpSettingsError::NoUrl),
            ("http://mail.example.com", SmtpSettingsError::Scheme),
            ("smtp:", SmtpSettingsError::NoHost),
            ("smtp://user@a.example", SmtpSettingsError::Credentials),
            ("smtp://:secret@a.example", SmtpSettingsError::Credentials),
            ("smtp://user:%ff@a.example", SmtpSettingsError::Credentials),
            ("smtp://user:secret@a.example?tls=perhaps", SmtpSettingsError::Unknown),
            ("smtp://user:secret@a.example?ssl=required", SmtpSettingsError::Unknown),
            ("smtps://user:secret@a.example?tls=required", SmtpSettingsError::Unknown),
            ("smtp://user:secret@a.example/inbox", SmtpSettingsError::Unknown),
        ] {
            assert_eq!(refused(url), error, "{url}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_sender_may_have_a_name() {
        let named = sender("Käthe's Shop <shop@bücher.example>").unwrap();
        assert_eq!(named.name.as_deref(), Some("Käthe's Shop"));
        assert_eq!(named.email.to_string(), "shop@xn--bcher-kva.example");
        assert_eq!(sender("shop@example.com").unwrap().name, None);
        for wrong in ["", "Shop", "Shop <shop>", "shop@example.com\r\nBcc: all@example.com"] {
            assert_eq!(sender(wrong), Err(SmtpSettingsError::From), "{wrong}");
        }
    }
}
