//! What a process and all it started take: `/proc`, read.

use std::{fs, time::Duration};

/// Linux counts time for `/proc` in hundredths of a second, whatever its own ticks are.
const TICK: Duration = Duration::from_millis(10);

/// What is taken.
#[derive(Default, Clone, Copy)]
pub struct Usage {
    /// Time on all cores, in user and kernel mode.
    pub cpu: Duration,
    /// Memory that is resident, in bytes.
    pub resident: u64,
    /// The most that ever was, in bytes.
    pub peak: u64,
}

/// What the process `pid` and its descendants take.
pub fn usage(pid: u32) -> Usage {
    let mut sum = Usage::default();
    for pid in family(pid) {
        // One that ended meanwhile takes nothing.
        let Some(one) = of_one(pid) else { continue };
        sum.cpu += one.cpu;
        sum.resident += one.resident;
        sum.peak += one.peak;
    }
    sum
}

/// The process `pid` and its descendants.
pub fn family(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("there is /proc");
    let processes: Vec<(u32, u32)> = processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.get(1)?.parse().ok()?)))
        .collect();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        let children = processes.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(pid, _)| pid));
        next += 1;
    }
    family
}

fn of_one(pid: u32) -> Option<Usage> {
    let stat = stat(pid)?;
    // utime and stime are fields 14 and 15 of proc_pid_stat(5); the state is field 3.
    let ticks: u32 = stat.get(11)?.parse::<u32>().ok()? + stat.get(12)?.parse::<u32>().ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kibibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    Some(Usage {
        cpu: TICK * ticks,
        resident: kibibytes("VmRSS:")? * 1024,
        peak: kibibytes("VmHWM:")? * 1024,
    })
}

/// The fields of `/proc/PID/stat` that follow the name, which may have blanks of its own.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
