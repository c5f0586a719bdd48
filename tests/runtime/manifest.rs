//! What a manifest may say besides: answers without a component, components inside triggers, profiles.

use selvedge_tests::{Application, Setup, setup::component};
use toml::{Table, Value};

/// The faults, with another trigger.
fn with_trigger(setup: Setup, trigger: &str) -> Setup {
    setup.edited(|manifest| {
        let trigger: Table = trigger.parse().expect("the trigger is TOML");
        let triggers = manifest["trigger"]["http"].as_array_mut();
        triggers.expect("a list").push(trigger.into());
    })
}

const TEAPOT: &str = r#"
route = "/teapot/..."
static_response = { status_code = 418, headers = { x-made-of = "clay", content-type = "text/plain" }, body = "short and stout" }
"#;

#[tokio::test]
async fn a_static_response_is_sent_as_it_is_written() {
    let application = with_trigger(Setup::faults(), TEAPOT).start();
    let client = application.client();
    for path in ["/teapot", "/teapot/spout?tipped=over"] {
        let answer = client.get(path).await.expect(418);
        assert_eq!(answer.header("x-made-of"), Some("clay"));
        assert_eq!(answer.header("content-length"), Some("15"));
        assert_eq!(answer.text(), "short and stout");
    }
    let posted = client.post("/teapot", &().into()).body("x".repeat(100));
    posted.await.expect(418);
    assert_eq!(client.get("/hello").await.expect(200).text(), "hello");
}

#[tokio::test]
async fn a_component_reaches_a_static_response_of_its_own_application() {
    let setup = with_trigger(Setup::faults(), TEAPOT).edited(|manifest| {
        let hosts = Value::from(vec!["http://self"]);
        component(manifest, "faults").insert("allowed_outbound_hosts".to_owned(), hosts);
    });
    let application = setup.start();
    let fetched = application.client().get("/fetch?http://self.alt/teapot");
    assert_eq!(fetched.await.expect(200).text(), "ok: 418 short and stout");
}

#[tokio::test]
async fn a_component_may_stand_inside_its_trigger() {
    let mut inline = None;
    let setup = Setup::faults().edited(|manifest| {
        inline = manifest["component"]["faults"].get("source").cloned();
    });
    let source = inline.expect("every component has a source");
    let trigger = format!(
        "route = \"/inline/...\"\ncomponent = {{ source = {source}, environment = {{ PLACE = \"inside\" }} }}"
    );
    let application = with_trigger(setup, &trigger).start();
    let client = application.client();
    let environment = client.get("/inline/environment").await.expect(200).text();
    assert_eq!(environment, r#"{"PLACE":"inside"}"#);
}

#[tokio::test]
async fn a_profile_changes_what_it_names() {
    let setup = || {
        Setup::faults().edited(|manifest| {
            let profile: Table = "environment = { FLAVOUR = \"lemon\", SIZE = \"2\" }"
                .parse()
                .expect("TOML");
            let profiles = Table::from_iter([("test".to_owned(), profile.into())]);
            component(manifest, "faults").insert("profile".to_owned(), profiles.into());
        })
    };
    let environment = async |application: Application| {
        let answer = application.client().get("/environment").await.expect(200);
        answer.text()
    };
    assert_eq!(
        environment(setup().start()).await,
        r#"{"FLAVOUR":"vanilla"}"#
    );
    assert_eq!(
        environment(setup().profile("test").start()).await,
        r#"{"FLAVOUR":"lemon","SIZE":"2"}"#
    );
    let error = Application::try_start(setup().profile("tset")).err();
    let error = error.expect("it does not start");
    assert!(error.contains("did you mean \"test\"?"), "{error}");
}
