//! The application's API, from outside, on real components and real files. The tree mirrors the URLs.

mod chromium;
mod conventions;
mod ip_allow;
mod mail_delivery;
mod organization_networks;
mod own_component;
mod provider;
mod revocation;
mod v1;
mod virtual_time;
mod walk;
mod well_known;

use std::sync::LazyLock;

use selvedge_tests::{Application, Client, Person, Setup, people};
use tokio::sync::OnceCell;

/// One application for all tests here: each brings its own people, so none sees another's.
fn application() -> &'static Application {
    static APPLICATION: LazyLock<Application> = LazyLock::new(|| {
        Setup::application()
            .variable("admin_email", people::ADMIN)
            .start()
    });
    &APPLICATION
}

/// An anonymous client. Connections belong to the test's own runtime, so each test has its own client.
fn client() -> Client {
    application().client()
}

/// Somebody new.
async fn person() -> Person {
    Person::sign_up(&client()).await
}

/// The administrator.
async fn admin() -> Person {
    static ADMIN: OnceCell<Person> = OnceCell::const_new();
    let admin = ADMIN
        .get_or_init(async || Person::admin(application()).await)
        .await
        .clone();
    let client = client().with_token(&admin.access_token);
    Person { client, ..admin }
}

/// Expects every request in `requests` to be refused without a token.
macro_rules! assert_needs_a_caller {
    ($($method:ident $path:expr),+ $(,)?) => {$(
        crate::client().request(http::Method::$method, &$path).await.problem(401);
    )+};
}
use assert_needs_a_caller;
