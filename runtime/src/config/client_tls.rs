//! `[[client_tls]]`: whom components believe by HTTPS, and what they show, where that is not what holds for all.

use std::path::{Path, PathBuf};

use crate::document::{Fields, Value};

/// What holds between some components and some hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTls {
    /// Ids of components.
    pub components: Vec<String>,
    /// Hosts without ports, in lower case.
    pub hosts: Vec<String>,
    /// Who may have signed the host's certificate.
    pub roots: Roots,
    /// What the components show the host.
    pub identity: Option<Identity>,
}

/// Certificate authorities, those of all sources that are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// Those the machine trusts.
    pub platform: bool,
    /// Those that browsers trust.
    pub public: bool,
    /// Those in this file, PEM.
    pub file: Option<PathBuf>,
}

/// A certificate and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, and after it those that lead to its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Reads all entries, in their order. Paths start from `folder`.
pub(super) fn read_all(fields: &Fields<'_>, folder: &Path) -> Vec<ClientTls> {
    let entries = fields.get("client_tls").map(|value| value.items());
    let read = |entry: &Value<'_>| entry.fields(|fields| read(fields, folder)).flatten();
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(read)
        .collect()
}

fn read(fields: &Fields<'_>, folder: &Path) -> Option<ClientTls> {
    let components = read_names(fields, "component_ids", |_| true, "");
    let is_host = |name: &str| {
        let authority = name.parse::<http::uri::Authority>();
        authority.is_ok_and(|authority| authority.host() == name)
    };
    let hosts = read_names(fields, "hosts", is_host, "which is no host without a port");
    let platform = fields.boolean("ca_use_platform_roots");
    let public = fields.boolean("ca_use_webpki_roots");
    let file = fields.string("ca_roots_file").map(|path| folder.join(path));
    let roots = Roots {
        // As in Spin: what is asked for, and the machine's where nothing is.
        platform: platform.unwrap_or(public.is_none() && file.is_none()),
        public: public.unwrap_or(false),
        file,
    };
    if !roots.platform && !roots.public && roots.file.is_none() {
        fields
            .report("trusts no certificate authority: set one of the keys that begin with \"ca_\"");
    }
    let certificate = fields.string("client_cert_file");
    let key = fields.string("client_private_key_file");
    let identity = match (certificate, key) {
        (Some(certificate), Some(key)) => Some(Identity {
            certificate: folder.join(certificate),
            key: folder.join(key),
        }),
        (None, None) => None,
        _ => {
            fields.report("\"client_cert_file\" and \"client_private_key_file\" need each other");
            None
        }
    };
    Some(ClientTls {
        components: components?,
        hosts: hosts?,
        roots,
        identity,
    })
}

/// The names under `key`, of which there must be some, in lower case.
fn read_names(
    fields: &Fields<'_>,
    key: &'static str,
    is_one: impl Fn(&str) -> bool,
    objection: &str,
) -> Option<Vec<String>> {
    let list = fields.require(key)?;
    let names = list.items().into_iter().filter_map(|item| {
        let name = item.string()?.to_ascii_lowercase();
        if !is_one(&name) {
            item.report(&format!("holds \"{name}\", {objection}"));
        }
        Some(name)
    });
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        list.report("must name at least one");
    }
    Some(names)
}
