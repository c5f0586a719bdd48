//! Middleware, and what it may inherit.

use super::mistakes;

#[test]
fn middleware_with_grants_of_its_own_is_refused_as_spin_refuses_it() {
    let body = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\n\
                dependencies.middleware = [{ component = \"guard\" }]\n[component.a]\nsource = \"a.wasm\"\n\
                [component.guard]\nsource = \"g.wasm\"\nsqlite_databases = [\"auth\"]\nvariables = { b = \"c\" }\n";
    assert_eq!(
        mistakes(body),
        [
            "10: component \"guard\": is middleware, which has no grants of its own (variables, sqlite_databases); \
             grant them to the components behind it and let it inherit them"
        ]
    );
}

#[test]
fn a_misspelt_capability_is_named() {
    let body = "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\ndependencies.middleware = [\n\
                { component = \"a\", inherit_configuration = [\"variable\"] },\n\
                { path = \"x.wasm\", inherit_configuration = \"all\" },\n]\n[component.a]\nsource = \"a.wasm\"\n";
    let place = "trigger \"a-http-trigger\": key \"dependencies.middleware";
    assert_eq!(
        mistakes(body),
        [
            format!(
                "8: {place}.inherit_configuration\" names the capability \"variable\", which is unknown; \
                 did you mean \"variables\"?"
            ),
            format!("9: {place}.component\" is missing"),
            format!("9: {place}.inherit_configuration\" must be a list, not a string"),
            format!(
                "9: {place}.path\" is not supported; declare the middleware as a component and name it: \
                 {{ component = \"...\" }}"
            ),
        ]
    );
}
