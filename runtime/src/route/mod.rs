//! Which trigger answers a path.
//!
//! As in Spin: exact segments go before parameters, and these before the trailing wildcard; slashes at either end of a
//! path do not count; segments are compared as they came, percent-encoding and all.

mod entry;
mod headers;
#[cfg(test)]
mod properties;

use crate::manifest::{Manifest, Route};
use entry::{Entry, Found};

pub use headers::{set_internal_spin_headers, set_spin_headers};

/// The routes of an application, the more specific ones first.
#[derive(Debug)]
pub struct RouteTable {
    entries: Vec<(usize, Entry)>,
}

/// A trigger that answers a path.
#[derive(Debug, Clone, Copy)]
pub struct Match<'a> {
    /// The trigger's place in the manifest, counted from 0.
    pub trigger: usize,
    found: Found<'a>,
}

impl RouteTable {
    /// The routes of all public triggers.
    pub fn new(manifest: &Manifest) -> Self {
        let mut entries = Vec::new();
        for (index, trigger) in manifest.triggers.iter().enumerate() {
            if let Route::Pattern(pattern) = &trigger.route {
                entries.push((index, Entry::new(pattern)));
            }
        }
        // Stable: what is equally specific keeps the manifest's order.
        entries.sort_by_key(|(_, entry)| entry.precedence());
        Self { entries }
    }

    /// The trigger that answers `path`, the path of a request's target as it came. Allocates nothing.
    pub fn lookup<'a>(&'a self, path: &'a str) -> Option<Match<'a>> {
        let matching = |(trigger, entry): &'a (usize, Entry)| {
            let found = entry.find(path)?;
            Some(Match {
                trigger: *trigger,
                found,
            })
        };
        self.entries.iter().find_map(matching)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    pub(super) fn table(routes: &[&str]) -> RouteTable {
        let triggers = routes.iter().enumerate().map(|(index, route)| {
            let route = if *route == "private" {
                "{ private = true }".to_owned()
            } else {
                format!("\"{route}\"")
            };
            format!("[[trigger.http]]\nid = \"t{index}\"\nroute = {route}\ncomponent = \"a\"\n")
        });
        let text = format!(
            "spin_manifest_version = 2\napplication.name = \"a\"\n{}[component.a]\nsource = \"a.wasm\"\n",
            triggers.collect::<String>()
        );
        RouteTable::new(&Manifest::parse(Path::new("spin.toml"), &text).expect("a manifest"))
    }

    /// The route that answers `path`.
    fn answer<'r>(routes: &[&'r str], path: &str) -> Option<&'r str> {
        table(routes)
            .lookup(path)
            .map(|matched| routes[matched.trigger])
    }

    #[test]
    fn an_exact_route_matches_itself_only() {
        let routes = ["/", "/foo", "/foo/bar"];
        for (path, expected) in [
            ("/", Some("/")),
            ("//", Some("/")),
            ("/foo", Some("/foo")),
            ("/foo/", Some("/foo")),
            ("/foo/bar", Some("/foo/bar")),
            ("/foo//bar", None),
            ("/fo", None),
            ("/foobar", None),
            ("/Foo", None),
            ("/foo/bar/baz", None),
            ("/%66oo", None),
            ("", None),
            ("*", None),
            ("foo", None),
        ] {
            assert_eq!(answer(&routes, path), expected, "{path}");
        }
    }

    #[test]
    fn exact_goes_before_parameter_goes_before_wildcard_whatever_their_order() {
        let mut routes = [
            "/...",
            "/users/...",
            "/users/:id",
            "/users/me",
            "/users/:id/...",
            "/users/me/...",
        ];
        for _ in 0..routes.len() {
            routes.rotate_left(1);
            for (path, expected) in [
                ("/users/me", "/users/me"),
                ("/users/7", "/users/:id"),
                ("/users/7/x", "/users/:id/..."),
                ("/users/me/x", "/users/me/..."),
                ("/users", "/users/..."),
                ("/elsewhere", "/..."),
                ("/", "/..."),
            ] {
                assert_eq!(
                    answer(&routes, path),
                    Some(expected),
                    "{path} among {routes:?}"
                );
            }
        }
    }

    #[test]
    fn a_route_that_fails_late_gives_way_to_a_less_specific_one() {
        let routes = ["/a/b/c", "/a/:x/d", "/:y/b/..."];
        assert_eq!(answer(&routes, "/a/b/c"), Some("/a/b/c"));
        assert_eq!(answer(&routes, "/a/b/d"), Some("/a/:x/d"));
        assert_eq!(answer(&routes, "/a/b/e"), Some("/:y/b/..."));
        assert_eq!(answer(&routes, "/a/z/e"), None);
    }

    #[test]
    fn a_private_trigger_answers_no_path() {
        assert_eq!(answer(&["private"], "/"), None);
        assert_eq!(answer(&["private", "/..."], "/private"), Some("/..."));
    }
}
