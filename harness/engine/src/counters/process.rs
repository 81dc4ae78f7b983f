//! Process accounting: what `/proc` says of a running worker and all its children, and what
//! `wait4(2)` says of a command that has ended. Needs no permission and no counter.
//!
//! Sums run over the process tree as it stands at each read. A process that ends and is waited for
//! adds its sums to its parent's; one that ends unobserved takes its peak and its switches along.

use std::io;

use record::metrics::{
    INVOLUNTARY_SWITCHES, MAJOR_FAULTS, MINOR_FAULTS, Metric, PEAK_RSS, PEAK_RSS_SUM, READ_BYTES,
    STORAGE_READ_BYTES, STORAGE_WRITTEN_BYTES, SYSTEM_TIME, USER_TIME, VOLUNTARY_SWITCHES,
    WRITTEN_BYTES,
};
use record::{Source, Unavailable, Value};

use self::parse::{Io, Stat};
use self::tree::{Member, Switches, Tree};
use super::snapshot::{Kind, Reading, Snapshot};
use super::{CounterSource, Opened, Probe, Target, TargetKind, unavailable};
use crate::worker::Usage;

mod parse;
mod tree;

/// Process accounting.
pub struct Process;

/// One tick of `/proc/PID/stat` in ns. The kernel shows 100 ticks a second to user space on every
/// architecture that Rust's standard library supports, whatever its own HZ is.
const TICK_NS: u64 = 10_000_000;

const STAT_METRICS: [&str; 6] = [
    MINOR_FAULTS.name,
    MAJOR_FAULTS.name,
    USER_TIME.name,
    SYSTEM_TIME.name,
    VOLUNTARY_SWITCHES.name,
    INVOLUNTARY_SWITCHES.name,
];
const IO_METRICS: [&str; 4] =
    [READ_BYTES.name, WRITTEN_BYTES.name, STORAGE_READ_BYTES.name, STORAGE_WRITTEN_BYTES.name];
const RSS_METRICS: [&str; 2] = [PEAK_RSS.name, PEAK_RSS_SUM.name];

/// The values of a command that has ended, with all its children that were waited for.
pub fn from_usage(usage: &Usage) -> Vec<Value> {
    let value = |metric: Metric, value: u64| metric.value(value as f64, Source::Process);
    vec![
        value(PEAK_RSS, usage.peak_rss_bytes),
        value(MINOR_FAULTS, usage.minor_faults),
        value(MAJOR_FAULTS, usage.major_faults),
        value(VOLUNTARY_SWITCHES, usage.voluntary_switches),
        value(INVOLUNTARY_SWITCHES, usage.involuntary_switches),
        value(STORAGE_READ_BYTES, usage.storage_read_bytes),
        value(STORAGE_WRITTEN_BYTES, usage.storage_written_bytes),
        value(USER_TIME, usage.user_ns),
        value(SYSTEM_TIME, usage.system_ns),
    ]
}

impl CounterSource for Process {
    fn name(&self) -> &'static str {
        "process"
    }

    fn open(&self, target: &Target<'_>) -> Opened {
        match target.kind {
            TargetKind::Worker => open_worker(target.pid),
            TargetKind::Command => Opened { probes: Vec::new(), unavailable: command_lacks() },
        }
    }
}

/// What `wait4` does not tell of a command.
fn command_lacks() -> Vec<Unavailable> {
    vec![
        unavailable(
            &[PEAK_RSS_SUM.name],
            Source::Process,
            "the processes of a command end unobserved, so that their peaks cannot be added",
        ),
        unavailable(
            &[READ_BYTES.name, WRITTEN_BYTES.name],
            Source::Process,
            "wait4 does not count the bytes of system calls, and /proc is gone with the command",
        ),
    ]
}

fn open_worker(pid: u32) -> Opened {
    let mut opened = Opened::default();
    if let Err(error) = parse::read_stat(pid) {
        let all = [&STAT_METRICS[..], &IO_METRICS, &RSS_METRICS].concat();
        let reason = format!("/proc/PID/stat cannot be read: {error}");
        opened.unavailable.push(refusal(&all, &reason, &error));
        return opened;
    }
    let io = match parse::read_io(pid) {
        Ok(_) => true,
        Err(error) => {
            let reason = format!("/proc/PID/io cannot be read: {error}");
            opened.unavailable.push(refusal(&IO_METRICS, &reason, &error));
            false
        }
    };
    let probe =
        ProcessProbe { tree: Tree::of(pid), io, reset: false, switches: Switches::default() };
    opened.probes.push(Box::new(probe));
    opened
}

fn refusal(metrics: &[&str], reason: &str, error: &io::Error) -> Unavailable {
    let mut refusal = unavailable(metrics, Source::Process, reason);
    refusal.errno = error.raw_os_error();
    if error.kind() == io::ErrorKind::PermissionDenied {
        refusal.remedy = "run dyno as the user of the measured program".to_owned();
    }
    refusal
}

/// A worker and its children.
struct ProcessProbe {
    tree: Tree,
    /// Whether bytes can be read.
    io: bool,
    /// Whether the peak was reset at the last `begin`, so that it belongs to this sample.
    reset: bool,
    switches: Switches,
}

impl Probe for ProcessProbe {
    /// Resets the peak of the resident memory of every process to what is resident now.
    fn begin(&mut self) -> Result<(), Unavailable> {
        let root = self.tree.root();
        let outcome = reset_peak(root);
        self.reset = outcome.is_ok();
        outcome.map_err(|error| {
            let reason = format!("the peak cannot be reset through /proc/PID/clear_refs: {error}");
            refusal(&RSS_METRICS, &reason, &error)
        })?;
        for member in self.tree.processes().iter().filter(|member| member.pid != root) {
            // A child may have ended meanwhile; its peak is nobody's then.
            let _ = reset_peak(member.pid);
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Snapshot, Unavailable> {
        let mut sums = Sums::default();
        let root = self.tree.root();
        for member in self.tree.processes() {
            let outcome = sums.add(&member, self.io);
            if member.pid == root {
                outcome.map_err(|error| {
                    let all = [&STAT_METRICS[..], &IO_METRICS, &RSS_METRICS].concat();
                    refusal(&all, "the process could not be read", &error)
                })?;
            }
        }
        self.switches.update(&sums.threads);
        Ok(self.snapshot(&sums))
    }
}

impl ProcessProbe {
    fn snapshot(&self, sums: &Sums) -> Snapshot {
        let total = |metric, value| reading(metric, value, Kind::Total);
        let mut readings = Vec::with_capacity(12);
        if self.reset && sums.peak_bytes_max > 0 {
            readings.push(reading(PEAK_RSS, sums.peak_bytes_max, Kind::Level));
            readings.push(reading(PEAK_RSS_SUM, sums.peak_bytes_sum, Kind::Level));
        }
        readings.extend([
            total(MINOR_FAULTS, sums.stat.minor_faults),
            total(MAJOR_FAULTS, sums.stat.major_faults),
            total(VOLUNTARY_SWITCHES, self.switches.voluntary),
            total(INVOLUNTARY_SWITCHES, self.switches.involuntary),
            total(USER_TIME, sums.stat.user_ticks * TICK_NS),
            total(SYSTEM_TIME, sums.stat.system_ticks * TICK_NS),
        ]);
        if self.io {
            readings.extend([
                total(READ_BYTES, sums.io.read_bytes),
                total(WRITTEN_BYTES, sums.io.written_bytes),
                total(STORAGE_READ_BYTES, sums.io.storage_read_bytes),
                total(STORAGE_WRITTEN_BYTES, sums.io.storage_written_bytes),
            ]);
        }
        Snapshot { readings }
    }
}

fn reading(metric: Metric, value: u64, kind: Kind) -> Reading {
    Reading { metric, source: Source::Process, value, kind }
}

/// Sums over the processes of a tree.
#[derive(Default)]
struct Sums {
    stat: Stat,
    io: Io,
    peak_bytes_max: u64,
    peak_bytes_sum: u64,
    threads: Vec<parse::ThreadSwitches>,
}

impl Sums {
    fn add(&mut self, member: &Member, with_io: bool) -> io::Result<()> {
        let pid = member.pid;
        let stat = parse::read_stat(pid)?;
        self.stat.minor_faults += stat.minor_faults;
        self.stat.major_faults += stat.major_faults;
        self.stat.user_ticks += stat.user_ticks;
        self.stat.system_ticks += stat.system_ticks;
        if with_io {
            let io = parse::read_io(pid)?;
            self.io.read_bytes += io.read_bytes;
            self.io.written_bytes += io.written_bytes;
            self.io.storage_read_bytes += io.storage_read_bytes;
            self.io.storage_written_bytes += io.storage_written_bytes;
        }
        for &thread in &member.threads {
            // A thread may end between the listing and the reading.
            let Ok(status) = parse::read_status(pid, thread) else { continue };
            self.threads.push(status.switches);
            if thread == pid {
                let peak = status.peak_bytes.unwrap_or(0);
                self.peak_bytes_max = self.peak_bytes_max.max(peak);
                self.peak_bytes_sum += peak;
            }
        }
        Ok(())
    }
}

/// Sets the peak of the resident memory to what is resident now; "5" is documented in proc(5).
fn reset_peak(pid: u32) -> io::Result<()> {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rusage_becomes_values_in_base_units() {
        let usage = Usage {
            user_ns: 1,
            system_ns: 2,
            peak_rss_bytes: 3,
            minor_faults: 4,
            major_faults: 5,
            voluntary_switches: 6,
            involuntary_switches: 7,
            storage_read_bytes: 4096,
            storage_written_bytes: 4608,
        };
        let values = from_usage(&usage);
        let value = |name: &str| values.iter().find(|one| one.metric == name).unwrap().value;
        assert_eq!(value("user_time"), 1.0);
        assert_eq!(value("system_time"), 2.0);
        assert_eq!(value("peak_rss"), 3.0);
        assert_eq!(value("minor_faults"), 4.0);
        assert_eq!(value("major_faults"), 5.0);
        assert_eq!(value("voluntary_switches"), 6.0);
        assert_eq!(value("involuntary_switches"), 7.0);
        assert_eq!(value("storage_read_bytes"), 4096.0);
        assert_eq!(value("storage_written_bytes"), 4608.0);
        assert!(values.iter().all(|value| value.source == Source::Process));
    }

    #[test]
    fn a_command_says_what_wait4_cannot_tell_and_opens_nothing() {
        let opened = Process.open(&Target::new(1, TargetKind::Command));
        assert!(opened.probes.is_empty());
        let missing: Vec<_> =
            opened.unavailable.iter().flat_map(|one| one.metrics.iter().cloned()).collect();
        assert_eq!(missing, ["peak_rss_sum", "read_bytes", "written_bytes"]);
    }

    #[test]
    fn a_process_that_is_not_there_is_unavailable_with_its_errno() {
        // Process ids end at 2^22.
        let opened = Process.open(&Target::new(1 << 23, TargetKind::Worker));
        assert!(opened.probes.is_empty());
        assert_eq!(opened.unavailable[0].errno, Some(2));
        assert_eq!(opened.unavailable[0].metrics.len(), 12);
    }
}
