//! Values of the application's variables, and of the templates that name them.
//!
//! A value comes from the first of these that has one, as in Spin: the command line, the providers of the runtime
//! configuration in their order, the environment (`SPIN_VARIABLE_NAME`, or `.env` beside the manifest), the default.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::source::{self, IfAbsent, Source};
use super::{Manifest, Part, Template};
use crate::config::{DEFAULT_PREFIX, RuntimeConfig};
use crate::document::DocumentErrors;

/// The value of every variable. Secrets stay hidden when it is shown.
#[derive(Debug, Clone)]
pub struct Resolver {
    variables: BTreeMap<String, Value>,
    components: BTreeMap<String, BTreeMap<String, Template>>,
}

/// Text that may be made of secrets, which are then not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    secret: bool,
}

impl AsRef<str> for Value {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secret { "<secret>" } else { &self.text })
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Why variables have no values.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Required ones have none: one line each.
    #[error("{0}")]
    Missing(DocumentErrors),
    /// A value was given to something that is no variable.
    #[error("--variable {name}: the application declares no such variable{hint}")]
    Undeclared {
        /// What was given a value.
        name: String,
        /// What was probably meant.
        hint: String,
    },
    /// A template names something that is no variable.
    #[error("there is no variable \"{0}\"")]
    Unknown(String),
    /// A file with values cannot be read.
    #[error("cannot read {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
}

impl Resolver {
    /// Finds the values of `manifest`'s variables. `given` are those of the command line; one that begins with `@`
    /// names a file that holds the value.
    pub fn new(
        manifest: &Manifest,
        given: &[(String, String)],
        config: &RuntimeConfig,
    ) -> Result<Self, ResolveError> {
        Self::with_environment(manifest, given, config, &|name| std::env::var(name).ok())
    }

    /// As [`Self::new`], in another environment than that of the process.
    pub fn with_environment(
        manifest: &Manifest,
        given: &[(String, String)],
        config: &RuntimeConfig,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ResolveError> {
        let mut sources = vec![Source::Given(source::read_given(manifest, given)?)];
        for provider in &config.variables {
            sources.push(Source::of(provider, environment)?);
        }
        sources.push(Source::Environment {
            prefix: DEFAULT_PREFIX,
            environment,
            fallback: source::read_dotenv(&manifest.root.join(".env"), IfAbsent::Ignore)?,
        });

        let mut variables = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in &manifest.variables {
            let found = sources
                .iter()
                .find_map(|source| source.get(name))
                .or_else(|| variable.default.clone());
            match found {
                Some(text) => drop(variables.insert(
                    name.clone(),
                    Value {
                        text,
                        secret: variable.secret,
                    },
                )),
                None => missing.push((variable.line, describe_missing(name))),
            }
        }
        if !missing.is_empty() {
            return Err(ResolveError::Missing(DocumentErrors::on_lines(
                &manifest.path,
                missing,
            )));
        }
        let components = manifest
            .components
            .iter()
            .map(|(id, component)| (id.clone(), component.variables.clone()));
        Ok(Self {
            variables,
            components: components.collect(),
        })
    }

    /// The variables of the component `id`, by the names it knows them by; none where there is no such component.
    pub fn component(&self, id: &str) -> Result<BTreeMap<String, String>, ResolveError> {
        let templates = self.components.get(id).into_iter().flatten();
        templates
            .map(|(name, template)| Ok((name.clone(), self.render(template)?.text)))
            .collect()
    }

    /// Fills in `template`.
    pub fn render(&self, template: &Template) -> Result<Value, ResolveError> {
        let mut rendered = Value {
            text: String::new(),
            secret: false,
        };
        for part in template.parts() {
            match part {
                Part::Literal(text) => rendered.text.push_str(text),
                Part::Variable(name) => {
                    let value = self
                        .variables
                        .get(name)
                        .ok_or_else(|| ResolveError::Unknown(name.clone()))?;
                    rendered.text.push_str(&value.text);
                    rendered.secret |= value.secret;
                }
            }
        }
        Ok(rendered)
    }
}

fn describe_missing(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    format!(
        "variable \"{name}\" is required and has no value; start with --variable {name}=VALUE, or set \
         {DEFAULT_PREFIX}_{upper}=VALUE in the environment"
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const TEXT: &str = "spin_manifest_version = 2\n[application]\nname = \"shop\"\n[variables]\n\
                        token = { required = true, secret = true }\nother = { required = true }\n\
                        host = { default = \"a.example\" }\n\
                        [[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n\
                        [component.a]\nsource = \"a.wasm\"\n\
                        allowed_outbound_hosts = [\"https://{{ host }}\", \"https://{{ token }}\"]\n\
                        variables = { url = \"https://{{ host }}/{{token}}\", fixed = \"{x}\" }\n";

    fn manifest() -> Manifest {
        Manifest::parse(Path::new("/nowhere/spin.toml"), TEXT).expect("a manifest")
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect()
    }

    fn resolve(
        given: &[(&str, &str)],
        config: &str,
        environment: &[(&str, &str)],
    ) -> Result<Resolver, ResolveError> {
        let config = RuntimeConfig::parse(Path::new("/nowhere/config.toml"), config)
            .expect("a configuration");
        let environment: BTreeMap<_, _> = pairs(environment).into_iter().collect();
        Resolver::with_environment(&manifest(), &pairs(given), &config, &|name| {
            environment.get(name).cloned()
        })
    }

    fn url(given: &[(&str, &str)], config: &str, environment: &[(&str, &str)]) -> String {
        let given = [given, &[("other", "x")]].concat();
        let resolver = resolve(&given, config, environment).expect("values");
        resolver.component("a").expect("rendered")["url"].clone()
    }

    #[test]
    fn the_command_line_goes_before_providers_before_the_environment_before_the_default() {
        let provider =
            "[[variables_provider]]\ntype = \"static\"\nvalues = { host = \"provider\" }\n";
        let environment = [
            ("SPIN_VARIABLE_TOKEN", "t"),
            ("SPIN_VARIABLE_HOST", "environment"),
        ];
        assert_eq!(
            url(&[("host", "given")], provider, &environment),
            "https://given/t"
        );
        assert_eq!(url(&[], provider, &environment), "https://provider/t");
        assert_eq!(url(&[], "", &environment), "https://environment/t");
        assert_eq!(url(&[], "", &environment[..1]), "https://a.example/t");
    }

    #[test]
    fn providers_are_asked_in_their_order() {
        let config = "[[variables_provider]]\ntype = \"env\"\nprefix = \"SHOP\"\n\
                      [[variables_provider]]\ntype = \"static\"\nvalues = { host = \"second\", token = \"t\" }\n";
        assert_eq!(
            url(&[], config, &[("SHOP_HOST", "first")]),
            "https://first/t"
        );
        assert_eq!(url(&[], config, &[]), "https://second/t");
    }

    #[test]
    fn every_missing_value_is_reported_with_what_would_give_it() {
        let error = resolve(&[], "", &[])
            .expect_err("missing values")
            .to_string();
        assert_eq!(
            error,
            "/nowhere/spin.toml:5: variable \"token\" is required and has no value; start with --variable token=VALUE, \
             or set SPIN_VARIABLE_TOKEN=VALUE in the environment\n\
             /nowhere/spin.toml:6: variable \"other\" is required and has no value; start with --variable other=VALUE, \
             or set SPIN_VARIABLE_OTHER=VALUE in the environment"
        );
    }

    #[test]
    fn a_value_for_no_variable_is_refused() {
        let error = resolve(&[("tokn", "hunter2")], "", &[])
            .expect_err("no such variable")
            .to_string();
        assert_eq!(
            error,
            "--variable tokn: the application declares no such variable; did you mean \"token\"?"
        );
    }

    #[test]
    fn secrets_are_never_shown_whatever_they_become_part_of() {
        let resolver =
            resolve(&[("token", "hunter2"), ("other", "plain")], "", &[]).expect("values");
        let shown = format!("{resolver:?}");
        assert!(
            shown.contains("plain") && !shown.contains("hunter2"),
            "{shown}"
        );
        let hosts = &manifest().components["a"].allowed_outbound_hosts;
        let [open, closed] = [0, 1].map(|index| resolver.render(&hosts[index]).expect("rendered"));
        assert_eq!(
            (open.to_string().as_str(), open.as_ref()),
            ("https://a.example", "https://a.example")
        );
        assert_eq!(
            (closed.to_string().as_str(), closed.as_ref()),
            ("<secret>", "https://hunter2")
        );
    }

    #[test]
    fn values_are_not_templates_themselves() {
        assert_eq!(
            url(&[("host", "{{ token }}"), ("token", "t")], "", &[]),
            "https://{{ token }}/t"
        );
    }

    #[test]
    fn a_value_may_lie_in_a_file() {
        let path = std::env::temp_dir().join(format!("selvedge-variable-{}", std::process::id()));
        std::fs::write(&path, "from-file").expect("written");
        assert_eq!(
            url(&[("token", &format!("@{}", path.display()))], "", &[]),
            "https://a.example/from-file"
        );
        std::fs::remove_file(&path).expect("removed");
        let error = resolve(&[("token", "@/nowhere/secret")], "", &[])
            .expect_err("no file")
            .to_string();
        assert!(
            error.starts_with("cannot read /nowhere/secret: "),
            "{error}"
        );
    }

    #[test]
    fn a_dotenv_file_stands_in_for_the_environment() {
        let path = std::env::temp_dir().join(format!("selvedge-dotenv-{}", std::process::id()));
        std::fs::write(
            &path,
            "# secrets\nSPIN_VARIABLE_TOKEN='from file'\nSPIN_VARIABLE_HOST=b\n",
        )
        .expect("written");
        let config = format!(
            "[[variables_provider]]\ntype = \"env\"\ndotenv_path = \"{}\"\n",
            path.display()
        );
        assert_eq!(
            url(&[], &config, &[("SPIN_VARIABLE_HOST", "c")]),
            "https://c/from file"
        );

        std::fs::write(&path, "SPIN_VARIABLE_TOKEN='hunter2\n").expect("written");
        let error = resolve(&[], &config, &[])
            .expect_err("unclosed quote")
            .to_string();
        assert!(
            error.contains("is not NAME=VALUE") && !error.contains("hunter2"),
            "{error}"
        );
        std::fs::remove_file(&path).expect("removed");
        assert!(
            resolve(&[], &config, &[]).is_err(),
            "a file that is asked for must be there"
        );
    }
}
