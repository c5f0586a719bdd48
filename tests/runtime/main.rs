//! What the runtime promises, tried with components that misbehave: routing, grants, limits, failures, the command.

mod bodies;
mod build;
mod check;
mod dependencies;
mod failures;
mod files;
mod foreign;
mod forwarding;
mod grants;
mod health;
mod http2;
mod https;
mod logs;
mod manifest;
mod metrics;
mod middleware;
mod reload;
mod request_id;
mod routing;
mod sockets;
mod sql;
mod test_clock;
mod tls;
mod trace_context;
mod traces;
mod up;
mod variables;
mod wagi;

use std::sync::LazyLock;

use selvedge_tests::{Application, Client, Setup};
use serde_json::Value;

/// One application of faults, for every test that does not need one of its own.
fn faults() -> &'static Application {
    static FAULTS: LazyLock<Application> = LazyLock::new(|| Setup::faults().start());
    &FAULTS
}

/// An anonymous client of it. Connections belong to the test's own runtime, so each test has its own client.
fn client() -> Client {
    faults().client()
}

/// A request as the component `request` asks saw it.
async fn seen(request: selvedge_tests::client::Request) -> Seen {
    Seen(request.await.expect(200).json())
}

/// What a component saw of a request.
struct Seen(Value);

impl Seen {
    /// The values of one header.
    fn headers(&self, name: &str) -> Vec<&str> {
        let headers = self.0["headers"].as_array().expect("headers are a list");
        let named = headers.iter().filter(|header| header[0] == name);
        named.filter_map(|header| header[1].as_str()).collect()
    }

    /// The value of a header that is there once.
    #[track_caller]
    fn header(&self, name: &str) -> &str {
        let values = self.headers(name);
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        values[0]
    }

    /// The request's URI.
    fn uri(&self) -> &str {
        self.0["uri"].as_str().expect("a request has a URI")
    }
}
