//! Dependencies.

use super::{good, mistakes, one};
use crate::manifest::{Capability, DependencySource, Inherit};

#[test]
fn dependencies_are_files_or_components_and_say_what_they_inherit() {
    let manifest = good(&one("[component.one.dependencies]\n\
         \"a:b/c@1.0.0\" = { path = \"b.wasm\", export = \"x:y/z\", inherit_configuration = [\"files\"] }\n\
         \"d:e\" = { component = \"two\", inherit_configuration = true }\n\
         plain = { component = \"two\" }\n\
         [component.two]\nsource = \"two.wasm\"\n"));
    let read: Vec<_> = manifest.components["one"]
        .dependencies
        .iter()
        .map(|read| {
            (
                read.line,
                read.name.to_string(),
                read.source.clone(),
                read.export.clone(),
                read.inherit.clone(),
            )
        })
        .collect();
    let two = || DependencySource::Component("two".to_owned());
    let files = Inherit::Some([Capability::Files].into());
    assert_eq!(
        read,
        [
            (
                10,
                "a:b/c@1.0.0".to_owned(),
                DependencySource::File("b.wasm".into()),
                Some("x:y/z".to_owned()),
                Some(files)
            ),
            (11, "d:e".to_owned(), two(), None, Some(Inherit::All)),
            (12, "plain".to_owned(), two(), None, None),
        ]
    );
}

#[test]
fn dependencies_that_cannot_be_are_named() {
    let remote = "is not supported: nothing is fetched from registries or by URL; download the component and write \
                  { path = \"...\" }";
    let rows = [
        ("\"a:b\" = \"1.0.0\"", format!("key \"dependencies.a:b\" {remote}")),
        ("\"a:b\" = { version = \"1.0.0\", registry = \"r\" }", format!("key \"dependencies.a:b\" {remote}")),
        ("\"a:b\" = { url = \"https://x\", digest = \"sha256:0\" }", format!("key \"dependencies.a:b\" {remote}")),
        ("\"a:b\" = {}", "key \"dependencies.a:b\" must have either a \"path\" or a \"component\"".to_owned()),
        (
            "\"a:b\" = { path = \"x\", export = \"c:d/e\" }",
            "key \"dependencies.a:b\" has an \"export\", and a whole package is answered by exports of its own names; \
             name an interface"
                .to_owned(),
        ),
        (
            "\"a:b\" = { component = \"tow\" }",
            "dependency \"a:b\": there is no component \"tow\"; did you mean \"two\"?".to_owned(),
        ),
        (
            "\"a:b\" = { component = \"rich\" }",
            "dependency \"a:b\": component \"rich\" has grants or dependencies of its own (environment, files), which a \
             dependency cannot have; let it inherit those of \"one\""
                .to_owned(),
        ),
    ];
    for (dependency, rule) in rows {
        let body = one(&format!(
            "[component.one.dependencies]\n{dependency}\n[component.two]\nsource = \"two.wasm\"\n\
             [component.rich]\nsource = \"r.wasm\"\nenvironment = {{ A = \"1\" }}\nfiles = [\"a\"]\n"
        ));
        assert_eq!(mistakes(&body), [format!("10: component \"one\": {rule}")]);
    }
    let overlapping = "\"a:b@1.0.0\" = { path = \"x\" }\n\"a:b@1.2.0\" = { path = \"y\" }\n";
    assert_eq!(
        mistakes(&one(&format!(
            "[component.one.dependencies]\n{overlapping}"
        ))),
        [
            "11: component \"one\": key \"dependencies.a:b@1.2.0\" means what \"a:b@1.0.0\" (line 10) may mean too; \
             give them versions or interfaces that differ"
        ]
    );
    let both = "dependencies_inherit_configuration = false\n[component.one.dependencies]\n\
                \"a:b\" = { path = \"x\", inherit_configuration = false }\n";
    assert_eq!(
        mistakes(&one(both)),
        [
            "11: component \"one\": dependency \"a:b\" has an \"inherit_configuration\", and the component has \
             \"dependencies_inherit_configuration\", which decides for all of them; write one or the other"
        ]
    );
}
