//! The tables.

use std::time::Duration;

use crate::{
    process::Usage,
    scenario::{Round, Scenario},
    server::Started,
};

/// How a server started.
pub fn started(name: &str, started: &Started) {
    let median = started.later.get(started.later.len() / 2);
    println!(
        "{name:<16} first start {:>8.0} ms, later {:>6.1} ms (median of {}; best {:.1}), then {:>6.1} MiB resident",
        milliseconds(started.first),
        milliseconds(median.copied().unwrap_or(started.first)),
        started.later.len(),
        milliseconds(started.later.first().copied().unwrap_or(started.first)),
        mebibytes(started.idle.resident),
    );
}

/// What a server takes after all was measured.
pub fn memory(name: &str, usage: Usage) {
    println!(
        "{name:<16} after the load {:>6.1} MiB resident, {:>6.1} at most",
        mebibytes(usage.resident),
        mebibytes(usage.peak),
    );
}

/// What all servers did in one scenario. The first of them is the yardstick.
pub fn measured(scenario: &Scenario, connections: usize, servers: &[(&str, Vec<Round>)]) {
    let title = format!("{}, {connections} connections", scenario.name);
    println!(
        "\n{title:<36} {:>10} {:>7} {:>9} {:>9} {:>9} {:>10} {:>7}",
        "requests/s", "ratio", "p50 ms", "p99 ms", "max ms", "CPU us/req", "failed"
    );
    let Some((_, yardstick)) = servers.first() else {
        return;
    };
    for (name, rounds) in servers {
        let rates: Vec<f64> = rounds.iter().map(rate).collect();
        let ratios = rates
            .iter()
            .zip(yardstick)
            .map(|(own, one)| own / rate(one));
        let mut latencies: Vec<Duration> = rounds
            .iter()
            .flat_map(|round| round.seen.latencies.iter().copied())
            .collect();
        latencies.sort_unstable();
        let cpu = rounds
            .iter()
            .map(|round| round.cpu.as_secs_f64() * 1e6 / round.seen.latencies.len().max(1) as f64);
        let failed: usize = rounds.iter().map(|round| round.seen.failed).sum();
        print!(
            "  {name:<34} {:>10.0} {:>7.3} {:>9.3} {:>9.3} {:>9.3} {:>10.1} {failed:>7}",
            median(rates.iter().copied()),
            median(ratios),
            milliseconds(percentile(&latencies, 0.5)),
            milliseconds(percentile(&latencies, 0.99)),
            milliseconds(percentile(&latencies, 1.0)),
            median(cpu),
        );
        if let Some((request, _)) = scenario.meanwhile {
            let meanwhile = rounds.iter().filter_map(|round| round.meanwhile.as_ref());
            let rates =
                meanwhile.map(|seen| seen.latencies.len() as f64 / seen.duration.as_secs_f64());
            print!("  and {:.1} {request}/s", median(rates));
        }
        println!();
    }
}

fn rate(round: &Round) -> f64 {
    round.seen.latencies.len() as f64 / round.seen.duration.as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value that `part` of all, which are in order, do not exceed.
fn percentile(ordered: &[Duration], part: f64) -> Duration {
    let index = (ordered.len() as f64 * part).ceil() as usize;
    let index = index.clamp(1, ordered.len().max(1)) - 1;
    ordered.get(index).copied().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
