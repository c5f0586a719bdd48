//! The table of routes, held against a tree that is walked segment by segment, which is how its rules read.

use proptest::prelude::*;

use super::tests::table;
use crate::manifest::{Pattern, Segment};

/// Of all routes, what is left of those that match so far, with their places in the manifest.
type Left<'a> = Vec<(usize, &'a [Segment], bool)>;

/// Which route answers: exact segments before parameters, parameters before the end of a route that goes on as it
/// likes, at each segment anew.
fn walk(routes: &Left<'_>, path: &[&str]) -> Option<usize> {
    let ending = |wildcard: bool| {
        let mut ended = routes
            .iter()
            .filter(|(_, left, wild)| left.is_empty() && *wild == wildcard);
        ended.next().map(|(place, _, _)| *place)
    };
    let Some((first, rest)) = path.split_first() else {
        return ending(false).or_else(|| ending(true));
    };
    let branch = |takes: fn(&Segment, &str) -> bool| {
        let taken = routes.iter().filter_map(|(place, left, wild)| {
            let (segment, left) = left.split_first()?;
            takes(segment, first).then_some((*place, left, *wild))
        });
        walk(&taken.collect(), rest)
    };
    if routes.is_empty() {
        return None;
    }
    branch(|segment, part| matches!(segment, Segment::Literal(text) if text == part))
        .or_else(|| branch(|segment, _| matches!(segment, Segment::Parameter(_))))
        .or_else(|| ending(true))
}

fn route() -> impl Strategy<Value = String> {
    let segment = proptest::sample::select(&["a", "b", "A", "%61", ":x", "é", "a.b"][..]);
    let segments = proptest::collection::vec(segment, 0..4);
    let end = proptest::sample::select(&["", "/", "/...", "/*"][..]);
    (segments, end).prop_map(|(mut segments, end)| {
        // A parameter may stand in a route once.
        let mut seen = false;
        for segment in &mut segments {
            if *segment == ":x" && std::mem::replace(&mut seen, true) {
                *segment = ":y";
            }
        }
        if segments.iter().filter(|segment| **segment == ":y").count() > 1 {
            segments.truncate(2);
        }
        let route: String = segments
            .iter()
            .map(|segment| format!("/{segment}"))
            .collect();
        match format!("{route}{end}") {
            route if route.is_empty() => "/".to_owned(),
            route => route,
        }
    })
}

fn routes() -> impl Strategy<Value = Vec<String>> {
    // A manifest may name a route once.
    proptest::collection::vec(route(), 1..8).prop_map(|routes| {
        let mut kept: Vec<(String, Pattern)> = Vec::new();
        for route in routes {
            let pattern = Pattern::parse(&route).expect("a route of known segments");
            if !kept.iter().any(|(_, other)| other.is_same_route(&pattern)) {
                kept.push((route, pattern));
            }
        }
        kept.into_iter().map(|(route, _)| route).collect()
    })
}

fn path() -> impl Strategy<Value = String> {
    let segment =
        proptest::sample::select(&["a", "b", "A", "%61", "", ":x", "...", "é", "a.b"][..]);
    let path = proptest::collection::vec(segment, 0..6)
        .prop_map(|segments| format!("/{}", segments.join("/")));
    prop_oneof![9 => path, 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_answers_as_the_tree_does(routes in routes(), path in path()) {
        let parse = |route: &String| Pattern::parse(route).expect("it was parsed before");
        let patterns: Vec<Pattern> = routes.iter().map(parse).collect();
        let left = patterns.iter().enumerate();
        let left = left.map(|(place, pattern)| (place, pattern.segments(), pattern.has_wildcard())).collect();
        let trimmed = path.trim_matches('/');
        let parts: Vec<&str> = trimmed.split('/').filter(|_| !trimmed.is_empty()).collect();
        let expected = path.starts_with('/').then(|| walk(&left, &parts)).flatten();

        let names: Vec<&str> = routes.iter().map(String::as_str).collect();
        let table = table(&names);
        let found = table.lookup(&path);
        prop_assert_eq!(found.map(|found| found.trigger), expected, "{} among {:?}", path, routes);

        let Some(found) = found else { return Ok(()) };
        let pattern = &patterns[found.trigger];
        let parameters: Vec<&str> = found.found.parameters().map(|(_, value)| value).collect();
        let named = pattern.segments().iter().zip(&parts);
        let named = named.filter(|(segment, _)| matches!(segment, Segment::Parameter(_)));
        let named: Vec<&str> = named.map(|(_, part)| *part).collect();
        prop_assert_eq!(parameters, named);

        let info = found.found.path_info();
        let below = parts.get(pattern.segments().len()..).filter(|_| pattern.has_wildcard()).unwrap_or_default();
        let below: String = below.iter().map(|part| format!("/{part}")).collect();
        prop_assert_eq!(info.trim_end_matches('/'), below.trim_end_matches('/'));
    }

    #[test]
    fn a_route_is_read_or_refused_whatever_it_is(text in any::<String>()) {
        if let Err(rule) = Pattern::parse(&text) {
            prop_assert!(!rule.is_empty());
        }
    }
}
