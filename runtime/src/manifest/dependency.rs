//! `dependencies` of a component: which of its imports other components answer, and what these inherit from it.

use std::fmt;
use std::path::PathBuf;

use semver::Version;

use super::{Inherit, middleware};
use crate::document::{Fields, Value};

/// A component that is composed into another, to answer some of its imports.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// Its line in the manifest, counted from 1.
    pub line: usize,
    /// Which imports it answers.
    pub name: DependencyName,
    /// Where it comes from.
    pub source: DependencySource,
    /// The export that answers; the one called like the import where there is none.
    pub export: Option<String>,
    /// Which grants of the component it may use; none where it does not say.
    pub inherit: Option<Inherit>,
}

/// Where a dependency comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencySource {
    /// The source of this component of the manifest.
    Component(String),
    /// A file, relative to the manifest's folder.
    File(PathBuf),
}

/// Which imports of a component are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencyName {
    /// The import of this name.
    Plain(String),
    /// Those of a package: `maker:package/interface@1.2.3`, interface and version being optional.
    Package {
        /// `maker:package`.
        package: String,
        /// The only interface that is meant; all where there is none.
        interface: Option<String>,
        /// The only version that is meant; any where there is none.
        version: Option<Version>,
    },
}

impl DependencyName {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("is empty");
        }
        if !text.contains([':', '/']) {
            return Ok(Self::Plain(text.to_owned()));
        }
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (
                name,
                Some(Version::parse(version).map_err(|_| "has a version that is none")?),
            ),
            None => (text, None),
        };
        let (package, interface) = match name.split_once('/') {
            Some((package, interface)) => (package, Some(interface.to_owned())),
            None => (name, None),
        };
        match package.split_once(':') {
            Some((maker, package)) if !maker.is_empty() && !package.is_empty() => (),
            _ => return Err("names no package; write \"maker:package/interface@1.2.3\""),
        }
        Ok(Self::Package {
            package: package.to_owned(),
            interface,
            version,
        })
    }

    /// Whether the import called `import` is one that is meant.
    pub fn matches(&self, import: &str) -> bool {
        match (self, Self::parse(import)) {
            (Self::Plain(ours), Ok(Self::Plain(theirs))) => *ours == theirs,
            (
                Self::Package {
                    package,
                    interface,
                    version,
                },
                Ok(Self::Package {
                    package: their_package,
                    interface: their_interface,
                    version: their_version,
                }),
            ) => {
                *package == their_package
                    && (interface.is_none() || *interface == their_interface)
                    && (version.is_none() || *version == their_version)
            }
            _ => false,
        }
    }

    /// Whether both could mean the same import.
    fn overlaps(&self, other: &Self) -> bool {
        let (
            Self::Package {
                package,
                interface,
                version,
            },
            Self::Package {
                package: their_package,
                interface: their_interface,
                version: their_version,
            },
        ) = (self, other)
        else {
            return false;
        };
        let differ = |ours: &Option<String>, theirs: &Option<String>| matches!((ours, theirs), (Some(ours), Some(theirs)) if ours != theirs);
        let compatible = |version: &Option<Version>| version.as_ref().map(compatibility);
        package == their_package
            && !differ(interface, their_interface)
            && !differ(&compatible(version), &compatible(their_version))
    }
}

impl fmt::Display for DependencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::Package {
                package,
                interface,
                version,
            } => {
                f.write_str(package)?;
                interface
                    .iter()
                    .try_for_each(|interface| write!(f, "/{interface}"))?;
                version
                    .iter()
                    .try_for_each(|version| write!(f, "@{version}"))
            }
        }
    }
}

/// What is the same for versions of which one can stand for the other.
fn compatibility(version: &Version) -> String {
    let Version {
        major, minor, pre, ..
    } = version;
    match (major, minor) {
        _ if !pre.is_empty() => format!("{major}.{minor}.{}-{pre}", version.patch),
        (0, 0) => format!("0.0.{}", version.patch),
        (0, minor) => format!("0.{minor}"),
        (major, _) => format!("{major}"),
    }
}

/// Makes `dependencies`, those of a profile among them, inherit what `dependencies_inherit_configuration` says.
pub(super) fn settle(fields: &Fields<'_>, dependencies: &mut [Dependency]) {
    let Some(all) = fields.boolean("dependencies_inherit_configuration") else {
        return;
    };
    for dependency in dependencies {
        if dependency.inherit.is_some() {
            let message = format!(
                "dependency \"{}\" has an \"inherit_configuration\", and the component has \
                 \"dependencies_inherit_configuration\", which decides for all of them; write one or the other",
                dependency.name
            );
            fields.report_at(dependency.line, &message);
        }
        dependency.inherit = all.then_some(Inherit::All);
    }
}

/// Reads `dependencies`.
pub(super) fn read(fields: &Fields<'_>) -> Vec<Dependency> {
    let entries = fields
        .get("dependencies")
        .map(|value| value.entries())
        .unwrap_or_default();
    let mut dependencies: Vec<Dependency> = Vec::new();
    for (name, value) in entries {
        let name = match DependencyName::parse(&name) {
            Ok(name) => name,
            Err(rule) => {
                value.report(rule);
                continue;
            }
        };
        let Some(dependency) = read_dependency(name, &value) else {
            continue;
        };
        let other = dependencies
            .iter()
            .find(|other| other.name.overlaps(&dependency.name));
        if let Some(other) = other {
            value.report(&format!(
                "means what \"{}\" (line {}) may mean too; give them versions or interfaces that differ",
                other.name, other.line
            ));
        }
        dependencies.push(dependency);
    }
    dependencies
}

fn read_dependency(name: DependencyName, value: &Value<'_>) -> Option<Dependency> {
    const REMOTE: &str = "is not supported: nothing is fetched from registries or by URL; download the component and \
                          write { path = \"...\" }";
    if !value.is_table() {
        value.report(REMOTE);
        return None;
    }
    value.fields(|fields| {
        let remote = ["version", "registry", "package", "url", "digest", "sha256"];
        let remote = remote.map(|key| fields.get(key).is_some());
        if remote.contains(&true) {
            fields.ignore_rest();
            value.report(REMOTE);
            return None;
        }
        let source = match (fields.get("path"), fields.get("component")) {
            (Some(path), None) => DependencySource::File(path.string()?.into()),
            (None, Some(component)) => DependencySource::Component(component.string()?),
            _ => {
                value.report("must have either a \"path\" or a \"component\"");
                return None;
            }
        };
        let export = fields.string("export");
        let is_whole_package = matches!(
            name,
            DependencyName::Package {
                interface: None,
                ..
            }
        );
        if is_whole_package && export.is_some() {
            value.report("has an \"export\", and a whole package is answered by exports of its own names; name an interface");
        }
        let inherit = fields.get("inherit_configuration");
        Some(Dependency {
            line: value.line(),
            name,
            source,
            export,
            inherit: inherit.map(|value| middleware::read_inherit(&value)),
        })
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DependencyName {
        DependencyName::parse(text).expect(text)
    }

    #[test]
    fn a_name_means_the_imports_it_leaves_room_for() {
        for (dependency, import) in [
            ("a:b/c@0.1.0", "a:b/c@0.1.0"),
            ("a:b/c", "a:b/c@0.1.0"),
            ("a:b/c", "a:b/c"),
            ("a:b", "a:b/c@0.1.0"),
            ("a:b@0.1.0", "a:b/d@0.1.0"),
            ("plain", "plain"),
        ] {
            assert!(name(dependency).matches(import), "{dependency} {import}");
        }
        for (dependency, import) in [
            ("a:b/c@0.1.0", "a:b/c@0.1.1"),
            ("a:b/c@0.1.0", "a:b/c"),
            ("a:b/c", "a:b/d"),
            ("a:b", "a:bb/c"),
            ("plain", "a:plain/c"),
            ("plain", "other"),
        ] {
            assert!(!name(dependency).matches(import), "{dependency} {import}");
        }
    }

    #[test]
    fn names_overlap_unless_interfaces_or_compatible_versions_differ() {
        for (one, other) in [
            ("a:b@0.2.1", "a:b@0.2.2"),
            ("a:b@1.2.0", "a:b@1.3.0"),
            ("a:b/c@0.1.0", "a:b@0.1.1"),
            ("a:b/c", "a:b@0.1.0"),
            ("a:b", "a:b@0.1.0"),
            ("a:b@0.1.0-pre", "a:b@0.1.0-pre"),
        ] {
            assert!(name(one).overlaps(&name(other)), "{one} {other}");
            assert!(name(other).overlaps(&name(one)), "{other} {one}");
        }
        for (one, other) in [
            ("a:b@0.1.0", "a:b@0.2.0"),
            ("a:b@0.0.1", "a:b@0.0.2"),
            ("a:b/c@0.1.0", "a:b/d@0.1.0"),
            ("a:b/c@0.1.0", "a:b@0.2.0"),
            ("a:b@0.1.0-pre", "a:b@0.1.0"),
            ("a:b", "a:c"),
            ("plain", "other"),
        ] {
            assert!(!name(one).overlaps(&name(other)), "{one} {other}");
        }
    }

    #[test]
    fn what_names_no_import_is_refused() {
        for bad in ["", "a:", ":b", "a/b", "a:b@one", "a:b/c@1"] {
            assert!(DependencyName::parse(bad).is_err(), "{bad}");
        }
    }
}
