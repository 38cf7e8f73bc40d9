//! Encrypted connections.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output},
};

use domain::mail::{MailError, Mailer as _};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use test_services::{MailServer, MailSettings};

use crate::mailers::{full_text, mail, mailer};

/// The variable that is set in a test's child process, which trusts the certificate: the server's
/// URL.
const TRUSTED_URL: &str = "OMS_TEST_SMTP_TRUSTING";

/// A self-signed certificate for `localhost`.
struct Certificate {
    _directory: TempDir,
    file: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (file, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
        fs::write(&file, cert.pem()).unwrap();
        fs::write(&key, signing_key.serialize_pem()).unwrap();
        Self { _directory: directory, file, key }
    }

    async fn server(&self, tls: &'static str) -> MailServer {
        let (certificate, key) = (Some(self.file.clone()), Some(self.key.clone()));
        let settings = MailSettings { tls, certificate, key, ..MailSettings::default() };
        MailServer::start_with(&settings).await
    }
}

/// Runs a test again in a child process that trusts the certificate, because the environment
/// determines the trusted certificates.
fn rerun_with_trust(test: &str, certificate: &Certificate, url: &str) -> Output {
    Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(TRUSTED_URL, url)
        .env("SSL_CERT_FILE", &certificate.file)
        .output()
        .unwrap()
}

async fn arrives_encrypted(test: &str, tls: &'static str, url: impl FnOnce(u16) -> String) {
    if let Ok(url) = env::var(TRUSTED_URL) {
        mailer(&url).send(&mail("ada@example.com")).await.unwrap();
        return;
    }
    let certificate = Certificate::new();
    let mut server = certificate.server(tls).await;
    let output = rerun_with_trust(test, &certificate, &url(server.port()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(server.next_mail().await.encrypted);
}

#[tokio::test]
async fn starttls_encrypts_where_it_is_required() {
    let test = "encryption::starttls_encrypts_where_it_is_required";
    arrives_encrypted(test, "offered", |port| format!("smtp://localhost:{port}?tls=required"))
        .await;
}

#[tokio::test]
async fn starttls_encrypts_where_it_is_offered() {
    let test = "encryption::starttls_encrypts_where_it_is_offered";
    let url = |port| format!("smtp://localhost:{port}?tls=opportunistic");
    arrives_encrypted(test, "offered", url).await;
}

#[tokio::test]
async fn smtps_encrypts_from_the_first_byte() {
    let test = "encryption::smtps_encrypts_from_the_first_byte";
    arrives_encrypted(test, "always", |port| format!("smtps://localhost:{port}")).await;
}

#[tokio::test]
async fn a_server_without_encryption_gets_no_mail_if_encryption_is_required() {
    let server = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}?tls=required", server.port());
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
    assert!(full_text(&error).ends_with("offers no encryption"), "{error:?}");
}

#[tokio::test]
async fn a_server_without_encryption_gets_mails_if_encryption_is_opportunistic() {
    let mut server = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}?tls=opportunistic", server.port());
    mailer(&url).send(&mail("ada@example.com")).await.unwrap();
    assert!(!server.next_mail().await.encrypted);
}

#[tokio::test]
async fn without_encryption_an_opportunistic_mailer_sends_no_password() {
    let server = MailServer::start().await;
    let url = format!("smtp://ada:secret@127.0.0.1:{}?tls=opportunistic", server.port());
    let error = mailer(&url).send(&mail("ada@example.com")).await.unwrap_err();
    assert!(full_text(&error).contains("offers no encryption"), "{error:?}");
}

#[tokio::test]
async fn a_server_with_an_untrusted_certificate_gets_no_mail() {
    let certificate = Certificate::new();
    for (tls, scheme, query) in [
        ("offered", "smtp", "?tls=required"),
        ("offered", "smtp", "?tls=opportunistic"),
        ("always", "smtps", ""),
    ] {
        let server = certificate.server(tls).await;
        let mailer = mailer(&format!("{scheme}://localhost:{}{query}", server.port()));
        let error = mailer.send(&mail("ada@example.com")).await.unwrap_err();
        assert!(matches!(error, MailError::ServerUnavailable(_)), "{error:?}");
        assert!(full_text(&error).contains("certificate"), "{error:?}");
    }
}
