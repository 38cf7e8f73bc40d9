//! TLS connections, with the parameters of libpq.

use std::{fs, path::PathBuf};

use infra_postgres::{ConnectError, OpenError, PostgresStore, migrate};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use test_services::{Postgres, chown_to_server_user, server_directory};

use crate::fixture::{connect, options};

/// A server with TLS, whose certificate for `localhost` is signed by a CA that is not trusted.
struct TlsServer {
    server: Postgres,
    files: TempDir,
}

impl TlsServer {
    async fn start() -> Self {
        let files = server_directory();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let write = |name: &str, pem: String| {
            let path = files.path().join(name);
            fs::write(&path, pem).unwrap();
            chown_to_server_user(&path);
            let rights = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&path, rights).unwrap();
            path.display().to_string()
        };
        let settings = [
            "ssl = on".to_owned(),
            format!("ssl_cert_file = '{}'", write("server.crt", certificate.pem())),
            format!("ssl_key_file = '{}'", write("server.key", key.serialize_pem())),
        ];
        write("authority.crt", authority.pem());
        Self { server: Postgres::start(&settings).await, files }
    }

    fn authority(&self) -> PathBuf {
        self.files.path().join("authority.crt")
    }

    /// The URL of the server, with that host name.
    fn url(&self, name: &str, parameters: &str) -> String {
        self.server.url().replace("127.0.0.1", name) + parameters
    }
}

async fn open(url: &str) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(url, options()).await
}

#[tokio::test]
async fn a_certificate_is_verified_as_the_sslmode_demands() {
    let server = TlsServer::start().await;
    let authority = format!("&sslrootcert={}", server.authority().display());
    migrate(&server.url("localhost", "")).await.unwrap();
    for (name, parameters, opens) in [
        ("localhost", "?sslmode=disable".to_owned(), true),
        ("localhost", "?sslmode=prefer".to_owned(), true),
        ("localhost", "?sslmode=require".to_owned(), true),
        ("127.0.0.1", format!("?sslmode=require{authority}"), true),
        ("127.0.0.1", format!("?sslmode=verify-ca{authority}"), true),
        ("localhost", format!("?sslmode=verify-full{authority}"), true),
        // Another host name than that of the certificate.
        ("127.0.0.1", format!("?sslmode=verify-full{authority}"), false),
        // A CA that this machine does not trust.
        ("localhost", "?sslmode=verify-full".to_owned(), false),
        ("localhost", "?sslmode=verify-ca".to_owned(), false),
    ] {
        let opened = open(&server.url(name, &parameters)).await;
        match opened {
            Ok(_) => assert!(opens, "{name} {parameters}"),
            Err(error) => {
                assert!(!opens, "{name} {parameters}: {error:?}");
                let refused = OpenError::Connect(ConnectError::Encryption(String::new()));
                assert_eq!(
                    std::mem::discriminant(&error),
                    std::mem::discriminant(&refused),
                    "{error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn with_sslmode_require_every_connection_is_encrypted() {
    let server = TlsServer::start().await;
    let url = server.url("localhost", "?sslmode=require");
    migrate(&url).await.unwrap();
    let store = open(&url).await.unwrap();
    let operator = connect(&server.url("localhost", "?sslmode=disable")).await;
    let seen = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl
                JOIN pg_stat_activity USING (pid) WHERE application_name = 'oms'";
    let seen = operator.query_one(seen, &[]).await.unwrap();
    let (all, encrypted): (i64, i64) = (seen.get(0), seen.get(1));
    assert!(all > 0 && all == encrypted, "{encrypted} of {all}");
    store.close().await;
}

#[tokio::test]
async fn a_server_without_tls_is_refused_if_the_url_requires_it() {
    let server = Postgres::start(&[]).await;
    let Err(error) = open(&(server.url() + "?sslmode=require")).await else {
        panic!("it was opened");
    };
    assert!(matches!(error, OpenError::Connect(ConnectError::Encryption(_))), "{error:?}");
}
