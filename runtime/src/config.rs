//! The runtime configuration, `runtime-config.toml` in Spin's format: where data lies and where variables come from.
//!
//! It is optional. What Spin knows and Selvedge does not support is refused by name rather than ignored.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::document::{self, DocumentErrors, Fields, Value};

/// What an operator decides about an application. The default decides nothing.
#[derive(Debug, Clone, Default)]
pub struct RuntimeConfig {
    /// `[sqlite_database.LABEL]`: the file of each label, seen from the working directory. `None` leaves the place to
    /// the state directory (where Spin would keep the data in memory, and lose it).
    pub sqlite: BTreeMap<String, Option<PathBuf>>,
    /// `[key_value_store.LABEL]`, likewise.
    pub key_value: BTreeMap<String, Option<PathBuf>>,
    /// `[[variables_provider]]`, the first to have a value wins.
    pub variables: Vec<Provider>,
}

/// Where values of variables come from.
#[derive(Clone, PartialEq, Eq)]
pub enum Provider {
    /// From the configuration itself, by name.
    Static(BTreeMap<String, String>),
    /// From environment variables.
    Environment {
        /// What their names begin with: the variable `token` is `PREFIX_TOKEN`.
        prefix: String,
        /// A file that is looked into for those the environment lacks.
        dotenv: Option<PathBuf>,
    },
}

// Any value may be a secret.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(values) => f.debug_tuple("Static").field(&values.keys()).finish(),
            Self::Environment { prefix, dotenv } => f
                .debug_struct("Environment")
                .field("prefix", prefix)
                .field("dotenv", dotenv)
                .finish(),
        }
    }
}

/// What Spin's environment variables begin with.
pub const DEFAULT_PREFIX: &str = "SPIN_VARIABLE";

const PATH_ADVICE: &str = "supported is: type = \"spin\", with an optional path";

impl RuntimeConfig {
    /// Reads the file at `path`.
    pub fn load(path: &Path) -> Result<Self, DocumentErrors> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| DocumentErrors::whole(path, format!("cannot be read: {error}")))?;
        Self::parse(path, &text)
    }

    /// Reads a runtime configuration from `text`, as if it stood at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, DocumentErrors> {
        let folder = path.parent().unwrap_or(Path::new(""));
        document::read(path, text, |fields| {
            refuse_unsupported(fields);
            Self {
                sqlite: read_files(fields, "sqlite_database", folder),
                key_value: read_files(fields, "key_value_store", folder),
                variables: read_providers(fields, folder),
            }
        })
    }
}

fn refuse_unsupported(fields: &Fields<'_>) {
    fields.refuse("state_dir", "start with --state-dir instead");
    fields.refuse("log_dir", "logs go to standard error");
    fields.refuse(
        "max_instance_memory",
        "set \"memory\" of a component under [component.NAME.tool.selvedge]",
    );
    fields.refuse("llm_compute", "there are no AI models here");
    for key in ["outbound_networking", "outbound_http", "client_tls"] {
        fields.refuse(
            key,
            "grant hosts in the manifest, by \"allowed_outbound_hosts\"",
        );
    }
    for key in [
        "outbound_pg",
        "outbound_redis",
        "outbound_mysql",
        "outbound_mqtt",
    ] {
        fields.refuse(key, "components send requests by HTTP only");
    }
}

fn read_files(
    fields: &Fields<'_>,
    key: &'static str,
    folder: &Path,
) -> BTreeMap<String, Option<PathBuf>> {
    let tables = fields
        .get(key)
        .map(|value| value.entries())
        .unwrap_or_default();
    let read = |(label, value): (String, Value<'_>)| {
        let place = format!("{key} \"{label}\"");
        value
            .fields_in(&place, |fields| read_file(fields, folder))
            .flatten()
            .map(|file| (label, file))
    };
    tables.into_iter().filter_map(read).collect()
}

fn read_file(fields: &Fields<'_>, folder: &Path) -> Option<Option<PathBuf>> {
    let kind = fields.require("type")?;
    match kind.string()?.as_str() {
        "spin" => {
            if fields.boolean("allow_attach_file") == Some(true) {
                fields.report("\"allow_attach_file\" is not supported; databases are kept apart");
            }
            Some(fields.string("path").map(|path| folder.join(path)))
        }
        other => {
            fields.ignore_rest();
            kind.report(&format!("\"{other}\" is not supported; {PATH_ADVICE}"));
            None
        }
    }
}

fn read_providers(fields: &Fields<'_>, folder: &Path) -> Vec<Provider> {
    // The second is the name Spin gave it at first, and looks at only without the first.
    let (current, former) = (
        fields.get("variables_provider"),
        fields.get("config_provider"),
    );
    let providers = current
        .or(former)
        .map(|value| value.items())
        .unwrap_or_default();
    let read = |value: &Value<'_>| {
        value
            .fields(|fields| read_provider(fields, folder))
            .flatten()
    };
    providers.iter().filter_map(read).collect()
}

fn read_provider(fields: &Fields<'_>, folder: &Path) -> Option<Provider> {
    let kind = fields.require("type")?;
    match kind.string()?.as_str() {
        "static" => {
            let values = fields.require("values")?.entries();
            let values = values
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.string()?)));
            Some(Provider::Static(values.collect()))
        }
        "env" => Some(Provider::Environment {
            prefix: fields
                .string("prefix")
                .unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
            dotenv: fields.string("dotenv_path").map(|path| folder.join(path)),
        }),
        other => {
            fields.ignore_rest();
            kind.report(&format!(
                "\"{other}\" is not supported; supported are: \"static\" and \"env\""
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RuntimeConfig, DocumentErrors> {
        RuntimeConfig::parse(Path::new("etc/runtime-config.toml"), text)
    }

    fn mistakes(text: &str) -> String {
        parse(text).expect_err("a mistake").to_string()
    }

    #[test]
    fn databases_and_stores_are_files_beside_the_configuration() {
        let config = parse(
            "[sqlite_database.auth]\ntype = \"spin\"\npath = \".spin/auth.db\"\nallow_attach_file = false\n\
             [sqlite_database.billing]\ntype = \"spin\"\npath = \"/var/billing.db\"\n\
             [key_value_store.default]\ntype = \"spin\"\n",
        )
        .expect("a configuration");
        assert_eq!(config.sqlite["auth"], Some("etc/.spin/auth.db".into()));
        assert_eq!(config.sqlite["billing"], Some("/var/billing.db".into()));
        assert_eq!(config.key_value["default"], None);
    }

    #[test]
    fn providers_keep_their_order() {
        let config = parse(
            "[[variables_provider]]\ntype = \"static\"\nvalues = { a = \"1\" }\n\
             [[variables_provider]]\ntype = \"env\"\nprefix = \"SHOP\"\ndotenv_path = \".env\"\n\
             [[variables_provider]]\ntype = \"env\"\n",
        )
        .expect("a configuration");
        let environment = |prefix: &str, dotenv: Option<&str>| Provider::Environment {
            prefix: prefix.to_owned(),
            dotenv: dotenv.map(PathBuf::from),
        };
        assert_eq!(
            config.variables,
            [
                Provider::Static([("a".to_owned(), "1".to_owned())].into()),
                environment("SHOP", Some("etc/.env")),
                environment("SPIN_VARIABLE", None),
            ]
        );
    }

    #[test]
    fn the_former_name_of_providers_is_read_too() {
        let config = parse("[[config_provider]]\ntype = \"env\"\n").expect("a configuration");
        assert_eq!(config.variables.len(), 1);
    }

    #[test]
    fn debugging_shows_the_names_of_values_only() {
        let config =
            parse("[[variables_provider]]\ntype = \"static\"\nvalues = { token = \"hunter2\" }\n");
        let shown = format!("{:?}", config.expect("a configuration"));
        assert!(
            shown.contains("token") && !shown.contains("hunter2"),
            "{shown}"
        );
    }

    #[test]
    fn what_spin_alone_supports_is_named_with_what_is_supported_here() {
        let text = "state_dir = \"x\"\n[sqlite_database.auth]\ntype = \"libsql\"\nurl = \"https://x\"\ntoken = \"t\"\n\
                    [key_value_store.cache]\ntype = \"redis\"\nurl = \"redis://x\"\n\
                    [[variables_provider]]\ntype = \"vault\"\nurl = \"x\"\ntoken = \"t\"\nmount = \"m\"\n";
        let supported = "supported is: type = \"spin\", with an optional path";
        let expected = [
            "etc/runtime-config.toml:1: key \"state_dir\" is not supported; start with --state-dir instead".to_owned(),
            format!("etc/runtime-config.toml:3: sqlite_database \"auth\": key \"type\" \"libsql\" is not supported; {supported}"),
            format!("etc/runtime-config.toml:7: key_value_store \"cache\": key \"type\" \"redis\" is not supported; {supported}"),
            "etc/runtime-config.toml:10: key \"variables_provider.type\" \"vault\" is not supported; \
             supported are: \"static\" and \"env\""
                .to_owned(),
        ];
        assert_eq!(mistakes(text).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_misspelt_key_is_named() {
        assert_eq!(
            mistakes(
                "[sqlite_database.auth]\ntype = \"spin\"\npth = \"x\"\n[sqlite_databas.auth]\n"
            ),
            "etc/runtime-config.toml:3: sqlite_database \"auth\": key \"pth\" is unknown; did you mean \"path\"?\n\
             etc/runtime-config.toml:4: key \"sqlite_databas\" is unknown; did you mean \"sqlite_database\"?"
        );
    }

    #[test]
    fn attaching_files_is_refused() {
        let text = "[sqlite_database.auth]\ntype = \"spin\"\nallow_attach_file = true\n";
        assert!(
            mistakes(text).contains("\"allow_attach_file\" is not supported"),
            "{}",
            mistakes(text)
        );
    }
}
