//! Finds what entries of `files` name, and copies it to the paths that Spin would copy it to.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use crate::manifest::FileSource;

/// Where files are copied from. Paths are absolute and without links.
pub struct Source<'a> {
    /// The folder of the manifest.
    pub root: &'a Path,
    /// The runtime's own files. They may lie below the root, and are never copied.
    pub private: &'a Path,
    /// What is left out, by its path from the root.
    pub exclude: &'a [glob::Pattern],
}

/// A file to copy, and where to, below the component's folder.
pub struct Copy {
    /// Where it lies.
    pub from: PathBuf,
    /// Where the component finds it.
    pub to: PathBuf,
}

impl Copy {
    /// Copies the file to its place in the folder `into`. Blocks.
    pub fn make(&self, into: &Path) -> anyhow::Result<()> {
        let to = into.join(&self.to);
        let copy = || {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::copy(&self.from, &to)
        };
        copy().with_context(|| format!("cannot copy {}", self.from.display()))?;
        Ok(())
    }
}

impl Source<'_> {
    /// What `entry` names. Blocks.
    pub fn find(&self, entry: &FileSource) -> anyhow::Result<Vec<Copy>> {
        match entry {
            FileSource::Pattern(pattern) => self.find_pattern(pattern),
            FileSource::Placement {
                source,
                destination,
            } => self.find_placement(source, destination),
        }
    }

    fn find_pattern(&self, pattern: &str) -> anyhow::Result<Vec<Copy>> {
        let path = self.root.join(pattern);
        if path.is_dir() {
            // Spin puts what a bare folder holds below its path twice, and there its components look for it.
            return self.find_matches(&path, "**/*", self.root, Path::new(pattern));
        }
        if path.exists() {
            return self.find_file(path, pattern.into());
        }
        ensure!(
            glob::Pattern::escape(pattern) != pattern,
            "there is no {pattern:?}, and it is no pattern"
        );
        self.find_matches(self.root, pattern, self.root, Path::new(""))
    }

    fn find_placement(&self, source: &str, destination: &str) -> anyhow::Result<Vec<Copy>> {
        let path = self.root.join(source);
        ensure!(
            Path::new(source).is_relative(),
            "{source:?} must be relative to the manifest"
        );
        ensure!(path.exists(), "there is no {source:?}");
        let to = Path::new(destination.trim_start_matches('/'));
        if path.is_dir() {
            return self.find_matches(&path, "**/*", &path, to);
        }
        ensure!(
            !destination.ends_with('/') && !to.as_os_str().is_empty(),
            "the destination {destination:?} is a folder, and {source:?} a file; name the file there too"
        );
        self.find_file(path, to.into())
    }

    /// The files below `folder` that match `pattern`, for places below `into`, each under its path from `prefix`.
    fn find_matches(
        &self,
        folder: &Path,
        pattern: &str,
        prefix: &Path,
        into: &Path,
    ) -> anyhow::Result<Vec<Copy>> {
        let folder = folder.to_str().context("the path is not UTF-8")?;
        let pattern = format!("{}/{pattern}", glob::Pattern::escape(folder));
        let mut copies = Vec::new();
        for found in glob::glob(&pattern)? {
            let from = found?;
            if self.is_excluded(&from) || !from.is_file() {
                continue;
            }
            let below = from
                .strip_prefix(prefix)
                .with_context(|| format!("{} lies elsewhere", from.display()))?;
            let to = into.join(below);
            copies.push(Copy { from, to });
        }
        Ok(copies)
    }

    fn find_file(&self, from: PathBuf, to: PathBuf) -> anyhow::Result<Vec<Copy>> {
        if self.is_private(&from) {
            bail!("{} belongs to the runtime", from.display());
        }
        Ok(vec![Copy { from, to }])
    }

    fn is_excluded(&self, path: &Path) -> bool {
        let from_root = path.strip_prefix(self.root);
        let excluded = |path| {
            self.exclude
                .iter()
                .any(|exclude| exclude.matches_path(path))
        };
        from_root.is_ok_and(excluded) || self.is_private(path)
    }

    fn is_private(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|path| path.starts_with(self.private))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, paths: &[&str]) {
        for path in paths {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, path.to_str().unwrap()).unwrap();
        }
    }

    /// What a component finds where `entry` names its files, all of `root` being there.
    fn found(root: &Path, entry: FileSource, exclude: &[&str]) -> anyhow::Result<Vec<String>> {
        let into = tempfile::tempdir().unwrap();
        let exclude: Vec<_> = exclude
            .iter()
            .map(|pattern| glob::Pattern::new(pattern).unwrap())
            .collect();
        let source = Source {
            root,
            private: &root.join(".selvedge"),
            exclude: &exclude,
        };
        for copy in source.find(&entry)? {
            copy.make(into.path())?;
        }
        let all = glob::glob(&format!("{}/**/*", into.path().display()))?;
        let files = all.filter_map(Result::ok).filter(|path| path.is_file());
        Ok(files
            .map(|path| {
                path.strip_prefix(into.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect())
    }

    fn pattern(text: &str) -> FileSource {
        FileSource::Pattern(text.to_owned())
    }

    fn placement(source: &str, destination: &str) -> FileSource {
        FileSource::Placement {
            source: source.to_owned(),
            destination: destination.to_owned(),
        }
    }

    fn application() -> tempfile::TempDir {
        // Its name means something in a pattern, and is none.
        let root = tempfile::Builder::new().prefix("a[b]*").tempdir().unwrap();
        write(
            root.path(),
            &[
                "index.html",
                "assets/one.css",
                "assets/.hidden",
                "assets/deep/two.css",
                "assets/deep/secret.key",
                ".selvedge/sqlite/auth.db",
            ],
        );
        root
    }

    #[test]
    fn a_pattern_keeps_the_paths_it_matches() {
        let root = application();
        let found = |text, exclude: &[&str]| found(root.path(), pattern(text), exclude).unwrap();
        assert_eq!(found("index.html", &[]), ["index.html"]);
        let all = [
            "assets/.hidden",
            "assets/deep/secret.key",
            "assets/deep/two.css",
            "assets/one.css",
        ];
        assert_eq!(found("assets/**/*", &[]), all);
        assert_eq!(
            found("assets/**/*.css", &[]),
            ["assets/deep/two.css", "assets/one.css"]
        );
        assert_eq!(found("assets/*.css", &[]), ["assets/one.css"]);
        assert_eq!(found("*.png", &[]), [""; 0]);
        assert_eq!(found("assets/**/*", &["**/*.key", "assets/.*"]), all[2..]);
        assert_eq!(
            found("assets", &["assets/deep/*"])[0],
            "assets/assets/.hidden"
        );
    }

    #[test]
    fn a_placement_moves_a_file_or_what_is_below_a_folder() {
        let root = application();
        let found =
            |source, destination| found(root.path(), placement(source, destination), &["**/.*"]);
        assert_eq!(found("index.html", "/a/b.html").unwrap(), ["a/b.html"]);
        assert_eq!(
            found("assets", "/").unwrap(),
            ["deep/secret.key", "deep/two.css", "one.css"]
        );
        assert_eq!(
            found("assets/deep", "public").unwrap(),
            ["public/secret.key", "public/two.css"]
        );
    }

    #[test]
    fn what_lies_beside_the_manifest_can_be_placed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["shared/one.txt", "application/spin.toml"]);
        let found = found(
            &folder.path().join("application"),
            placement("../shared", "/text"),
            &[],
        );
        assert_eq!(found.unwrap(), ["text/one.txt"]);
    }

    #[test]
    fn the_runtimes_own_files_are_never_copied() {
        let root = application();
        let all = found(root.path(), pattern("**/*"), &[]).unwrap();
        assert!(all.contains(&"index.html".to_owned()));
        assert!(!all.iter().any(|path| path.ends_with("auth.db")), "{all:?}");
        for source in [
            ".selvedge/sqlite/auth.db",
            "assets/../.selvedge/sqlite/auth.db",
        ] {
            let refused = found(root.path(), placement(source, "/db"), &[]).unwrap_err();
            assert!(refused.to_string().contains("belongs to the runtime"));
        }
    }

    #[test]
    fn what_is_not_there_and_what_cannot_be_placed_is_named() {
        let root = application();
        let refused = |entry| found(root.path(), entry, &[]).unwrap_err().to_string();
        assert!(refused(pattern("asset")).contains("\"asset\""));
        assert!(refused(placement("asset", "/")).contains("\"asset\""));
        assert!(refused(placement("index.html", "/")).contains("is a folder"));
        assert!(refused(placement("/etc/passwd", "/p")).contains("relative"));
    }
}
