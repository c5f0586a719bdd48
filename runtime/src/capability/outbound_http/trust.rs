//! Whom requests by HTTPS believe: the certificate authorities that browsers and this machine trust, unless
//! `[[client_tls]]` of the runtime configuration says otherwise for a component and a host.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, LazyLock},
};

use anyhow::{Context as _, ensure};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio_rustls::TlsConnector;

use crate::config::{ClientTls, Identity, Roots};

const COMMON: Roots = Roots {
    platform: true,
    public: true,
    file: None,
};

/// The client's side of TLS, for all components.
pub struct Trust {
    /// Read when it is first needed: most applications start without. `None` where the algorithms do not fit together,
    /// which is decided when this is compiled.
    common: LazyLock<Option<TlsConnector>>,
    particular: HashMap<(String, String), TlsConnector>,
}

impl Trust {
    /// Reads the certificates that `entries` name. The first that fits a component and a host counts.
    pub fn new(entries: &[ClientTls]) -> anyhow::Result<Self> {
        let mut particular = HashMap::new();
        for entry in entries {
            let connector = connector(&entry.roots, entry.identity.as_ref())
                .with_context(|| format!("cannot use client_tls for {}", entry.hosts.join(", ")))?;
            for component in &entry.components {
                for host in &entry.hosts {
                    particular
                        .entry((component.clone(), host.clone()))
                        .or_insert_with(|| connector.clone());
                }
            }
        }
        Ok(Self {
            common: LazyLock::new(|| connector(&COMMON, None).ok()),
            particular,
        })
    }

    /// What `component` does a handshake with `host` by. The latter is in lower case.
    pub fn connector(&self, component: &str, host: &str) -> Option<TlsConnector> {
        let key = (component.to_owned(), host.to_owned());
        let particular = self.particular.get(&key);
        particular.or_else(|| self.common.as_ref()).cloned()
    }
}

fn connector(roots: &Roots, identity: Option<&Identity>) -> anyhow::Result<TlsConnector> {
    let mut store = RootCertStore::empty();
    if roots.public {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if roots.platform {
        // A machine may trust nobody, and may keep certificates that nobody can read: what is left counts.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if let Some(path) = &roots.file {
        for certificate in certificates(path)? {
            store
                .add(certificate)
                .with_context(|| format!("{} holds no authority's certificate", path.display()))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store);
    let config = match identity {
        Some(identity) => {
            let chain = certificates(&identity.certificate)?;
            let key = PrivateKeyDer::from_pem_file(&identity.key).with_context(|| {
                format!("cannot read the private key {}", identity.key.display())
            })?;
            builder.with_client_auth_cert(chain, key).with_context(|| {
                let (certificate, key) = (&identity.certificate, &identity.key);
                format!(
                    "cannot use the certificate {} with the key {}",
                    certificate.display(),
                    key.display()
                )
            })?
        }
        None => builder.with_no_client_auth(),
    };
    Ok(Arc::new(config).into())
}

/// The certificates in a file, of which there must be some.
fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read certificates from {}", path.display()))?;
    ensure!(
        !found.is_empty(),
        "there is no certificate in {}",
        path.display()
    );
    Ok(found)
}
