//! TLS of the HTTP requests that this program sends as a client.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The configuration of a TLS client. It trusts the system's root certificates, or Mozilla's if the
/// system has none. Reading them takes time and memory: without `secure` there are none, and every
/// TLS connection fails.
///
/// # Errors
/// [`rustls::Error`] if the cryptography provider supports no TLS version.
pub(crate) fn client(secure: bool) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    if secure {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
    }
    let provider = Arc::new(ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
