//! What the system says of the process, under the names that Prometheus' own clients use. Left out where there is no
//! `/proc`.

use std::fs;

use super::text::Text;

/// The unit of times in `/proc`: Linux shows user space a hundredth of a second whatever its own clock.
const TICKS_A_SECOND: f64 = 100.0;

/// Adds the process' own figures.
pub fn render(text: &mut Text) {
    let figures = [
        (
            "process_resident_memory_bytes",
            "gauge",
            "Resident memory.",
            resident(),
        ),
        (
            "process_cpu_seconds_total",
            "counter",
            "Processor time used, in user and system mode.",
            stat().map(|(cpu, _)| cpu),
        ),
        (
            "process_start_time_seconds",
            "gauge",
            "When the process started, in seconds since 1970.",
            stat().and_then(|(_, start)| Some(start + booted()?)),
        ),
        (
            "process_open_fds",
            "gauge",
            "Open file descriptors.",
            fs::read_dir("/proc/self/fd")
                .ok()
                .map(|fds| fds.count() as f64),
        ),
    ];
    for (name, kind, help, value) in figures {
        if let Some(value) = value {
            text.family(name, kind, help);
            text.sample(&[], value);
        }
    }
    text.family("selvedge_build_info", "gauge", "The version that runs.");
    text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
}

fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// Processor time, and the time of the start after that of the system, in seconds.
fn stat() -> Option<(f64, f64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name before it may hold anything, a parenthesis too.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    // Fields 14, 15 and 22 of proc_pid_stat(5), which counts the name as the second.
    let (user, system, start) = (ticks(11)?, ticks(12)?, ticks(19)?);
    Some(((user + system) / TICKS_A_SECOND, start / TICKS_A_SECOND))
}

/// When the system started, in seconds since 1970.
fn booted() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}
