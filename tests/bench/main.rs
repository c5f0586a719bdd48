//! The benchmark: selvedge and its native twin, side by side, under the same load.
//!
//! `cargo bench --bench side_by_side` starts both, drives them in turns, and prints a table. Numbers of a machine that
//! does other things as well are noise; ratios of rounds that ran one after the other are not. Nothing here fails for
//! being slow. Further servers join by `--server FILE`; `servers/` has such files, and [`server`] says what is in one.

mod load;
mod process;
mod report;
mod request;
mod scenario;
mod server;

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use selvedge_tests::components;

use crate::{
    scenario::{SCENARIOS, Scenario},
    server::{Description, Server},
};

const BUILT_IN: [&str; 3] = [
    include_str!("servers/native.toml"),
    include_str!("servers/selvedge.toml"),
    include_str!("servers/selvedge-hello.toml"),
];

/// Measures selvedge and its native twin side by side.
#[derive(Parser)]
struct Arguments {
    /// A further server to compare, described by a file as those in tests/bench/servers (repeatable; a relative path
    /// starts from the workspace, wherever cargo runs this)
    #[arg(long, value_name = "FILE")]
    server: Vec<PathBuf>,
    /// Only scenarios whose name contains this (repeatable)
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Keep-alive connections, for scenarios that do not say themselves
    #[arg(long, value_delimiter = ',', default_value = "1,32,256")]
    connections: Vec<usize>,
    /// Rounds in which the servers take turns; medians are shown
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds a round of a server
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Starts of each server to take the median of
    #[arg(long, default_value_t = 5)]
    starts: usize,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = Arguments::parse();
    let mut servers = Vec::new();
    for description in descriptions(&arguments.server) {
        let mut server = Server::prepare(description);
        let started = server.measure_starts(arguments.starts).await;
        report::started(&server.name, &started);
        servers.push(server);
    }
    for server in &mut servers {
        server.set_up().await;
    }
    for scenario in &SCENARIOS {
        let wanted = |part: &String| scenario.name.contains(part.as_str());
        if arguments.only.is_empty() || arguments.only.iter().any(wanted) {
            run(scenario, &mut servers, &arguments).await;
        }
    }
    for server in &servers {
        report::memory(&server.name, server.usage());
    }
    for server in servers {
        server.stop().await;
    }
}

/// Drives every server that offers what `scenario` asks for, in turns.
async fn run(scenario: &Scenario, servers: &mut [Server], arguments: &Arguments) {
    let own = scenario.connections.map(|connections| vec![connections]);
    for connections in own.as_ref().unwrap_or(&arguments.connections) {
        let mut offering: Vec<_> = servers
            .iter_mut()
            .filter(|server| scenario.is_offered_by(server))
            .map(|server| (server, Vec::new()))
            .collect();
        for _ in 0..arguments.rounds.max(1) {
            for (server, rounds) in &mut offering {
                server.renew_session().await;
                let duration = Duration::from_secs_f64(arguments.seconds);
                rounds.push(scenario.drive(server, *connections, duration).await);
            }
        }
        let measured = offering
            .into_iter()
            .map(|(server, rounds)| (server.name.as_str(), rounds));
        report::measured(scenario, *connections, &measured.collect::<Vec<_>>());
    }
}

fn descriptions(files: &[PathBuf]) -> Vec<Description> {
    let read = |file: &PathBuf| {
        let file = components::workspace().join(file);
        std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()))
    };
    let built_in = BUILT_IN.iter().map(|text| (*text).to_owned());
    built_in
        .chain(files.iter().map(read))
        .map(|text| toml::from_str(&text).unwrap_or_else(|error| panic!("{error}")))
        .collect()
}
