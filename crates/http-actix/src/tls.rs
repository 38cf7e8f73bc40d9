//! TLS of what this program asks over HTTP itself.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// What a client trusts: the certificates of the system, or those that browsers come with if the system has none. They
/// take time and memory to read, so without `secure` there are none, and no connection over TLS can be made.
///
/// # Errors
/// What TLS cannot do here, for people.
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
