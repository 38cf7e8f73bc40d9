//! Redis over TLS, by `rediss://`.

use std::fs;

use infra_redis::{KeyPrefix, Redis, RedisOptions, RedisSetupError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::{
    fixture::{Process, generous_timeouts},
    server::Server,
};

/// A server for TLS, its TLS port, and the certificate of the authority that signed its certificate
/// for `localhost`.
async fn server() -> (Server, u16, Vec<u8>) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();

    // The port without TLS is used by the test itself, to wait until the server runs.
    let encrypted = Server::absent(&[]).port().to_string();
    let arguments = [
        "--tls-port",
        &encrypted,
        "--tls-cert-file",
        "server.pem",
        "--tls-key-file",
        "server.key",
        "--tls-ca-cert-file",
        "authority.pem",
        "--tls-auth-clients",
        "no",
    ];
    let mut server = Server::absent(&arguments);
    let write = |name: &str, pem: &str| fs::write(server.folder().join(name), pem).unwrap();
    write("authority.pem", &authority.pem());
    write("server.pem", &certificate.pem());
    write("server.key", &key.serialize_pem());
    server.start_again().await;
    (server, encrypted.parse().unwrap(), authority.pem().into_bytes())
}

fn trusting(root_certificates: Option<Vec<u8>>) -> RedisOptions {
    RedisOptions { root_certificates, ..generous_timeouts(&KeyPrefix::default()) }
}

#[tokio::test]
async fn a_server_with_a_trusted_certificate_is_used() {
    let (_server, port, authority) = server().await;
    let url = format!("rediss://localhost:{port}").parse().unwrap();
    let process = Process::without_near_cache(&url, trusting(Some(authority))).await;
    process.until_up().await;
    process.put(1, 1).await;
    process.invalidate(1).await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn a_server_with_an_untrusted_certificate_is_not_used() {
    let (_server, port, authority) = server().await;
    let untrusted = format!("rediss://localhost:{port}").parse().unwrap();
    let redis = Redis::connect(&untrusted, trusting(None)).await.unwrap();
    assert!(!redis.is_up());
    let other_name = format!("rediss://127.0.0.1:{port}").parse().unwrap();
    let redis = Redis::connect(&other_name, trusting(Some(authority))).await.unwrap();
    assert!(!redis.is_up());
}

#[tokio::test]
async fn an_invalid_certificate_is_an_error_at_startup() {
    let url = "rediss://localhost".parse().unwrap();
    let broken = b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n".to_vec();
    let error = Redis::connect(&url, trusting(Some(broken))).await.err();
    assert!(matches!(error, Some(RedisSetupError::Certificates(_))), "{error:?}");
}
