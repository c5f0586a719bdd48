//! What is measured: a table of requests, and how many clients send them at once.

use std::time::Duration;

use crate::{
    load::{self, Load},
    server::Server,
};

/// Sent while the load is still finding its pace; not counted.
const WARM_UP: Duration = Duration::from_millis(300);

/// One thing to measure.
pub struct Scenario {
    /// How it is called, here and on the command line.
    pub name: &'static str,
    /// Which request of a server it sends.
    pub request: &'static str,
    /// Its own number of connections, if it has one.
    pub connections: Option<usize>,
    /// What others keep sending meanwhile, and on how many connections.
    pub meanwhile: Option<(&'static str, usize)>,
}

/// All there is to measure. What writes comes last, so that nothing else is measured on large databases.
pub const SCENARIOS: [Scenario; 7] = [
    Scenario::new("hello-sdk"),
    Scenario::new("hello-raw"),
    Scenario::new("users-me"),
    Scenario {
        name: "users-me-alone",
        connections: Some(8),
        ..Scenario::new("users-me")
    },
    Scenario {
        name: "users-me-while-8-sign-in",
        connections: Some(8),
        meanwhile: Some(("sign-in", 8)),
        ..Scenario::new("users-me")
    },
    Scenario {
        connections: Some(8),
        ..Scenario::new("sign-in")
    },
    Scenario::new("usage-write"),
];

/// What one server did in one round.
pub struct Round {
    /// What the clients saw.
    pub seen: load::Outcome,
    /// What those saw that sent something else meanwhile.
    pub meanwhile: Option<load::Outcome>,
    /// What the server used, while requests were counted.
    pub cpu: Duration,
}

impl Scenario {
    const fn new(request: &'static str) -> Self {
        Self {
            name: request,
            request,
            connections: None,
            meanwhile: None,
        }
    }

    /// Whether `server` has all requests that are sent.
    pub fn is_offered_by(&self, server: &Server) -> bool {
        server.offers(self.request)
            && self
                .meanwhile
                .is_none_or(|(request, _)| server.offers(request))
    }

    /// Sends the requests to `server` for `duration`.
    pub async fn drive(&self, server: &Server, connections: usize, duration: Duration) -> Round {
        let load = |request, connections| Load {
            address: server.address(),
            request: server.request(request),
            connections,
            warm_up: WARM_UP,
            duration,
        };
        let main = load(self.request, connections);
        let background = async {
            match self.meanwhile {
                Some((request, connections)) => Some(load(request, connections).drive().await),
                None => None,
            }
        };
        let cpu = async {
            tokio::time::sleep(WARM_UP).await;
            let before = server.usage().cpu;
            tokio::time::sleep(duration).await;
            server.usage().cpu.saturating_sub(before)
        };
        let (seen, meanwhile, cpu) = futures::join!(main.drive(), background, cpu);
        Round {
            seen,
            meanwhile,
            cpu,
        }
    }
}
