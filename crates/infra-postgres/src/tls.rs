//! TLS connections. The parameters mean what they mean in libpq: `require` encrypts without
//! verifying the server, unless the URL names a root certificate (`sslrootcert`); `verify-ca` and
//! `verify-full` verify the server's certificate.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How a server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CertificateCheck {
    /// Not at all: the connection is encrypted, but the server may be anyone.
    #[default]
    None,
    /// A trusted certificate authority has signed it.
    Authority,
    /// A trusted certificate authority has signed it for the host name of the URL.
    AuthorityAndName,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Encryption {
    pub(crate) check: CertificateCheck,
    /// The file of trusted root certificates. `None`: those of the operating system, or Mozilla's
    /// where it has none.
    pub(crate) root_certificates: Option<PathBuf>,
}

/// The root certificates could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("sslrootcert cannot be used: {0}")]
pub(crate) struct RootCertificatesError(String);

impl Encryption {
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, RootCertificatesError> {
        let provider = Arc::new(ring::default_provider());
        let broken = |error: TlsError| RootCertificatesError(error.to_string());
        let authority = match self.check {
            CertificateCheck::None => None,
            CertificateCheck::Authority | CertificateCheck::AuthorityAndName => {
                let roots = Arc::new(self.roots()?);
                let chain = WebPkiServerVerifier::builder_with_provider(roots, provider.clone());
                Some(chain.build().map_err(|error| RootCertificatesError(error.to_string()))?)
            }
        };
        let verifier = Verifier { check: self.check, authority, provider: provider.clone() };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(broken)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }

    fn roots(&self) -> Result<RootCertStore, RootCertificatesError> {
        let mut roots = RootCertStore::empty();
        if let Some(file) = &self.root_certificates {
            let certificates = CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| RootCertificatesError(error.to_string()))?;
            roots.add_parsable_certificates(certificates);
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
        }
        if roots.is_empty() {
            Err(RootCertificatesError("it has no certificate".to_owned()))
        } else {
            Ok(roots)
        }
    }
}

/// Verifies a server's certificate as the URL demands.
#[derive(Debug)]
struct Verifier {
    check: CertificateCheck,
    authority: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(authority) = &self.authority else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified = authority.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // The name is checked last, so everything else is valid.
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.check == CertificateCheck::Authority => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
