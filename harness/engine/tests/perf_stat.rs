//! The counters beside `perf stat` on one and the same execution: both are attached to a process that
//! waits, so neither timing nor a second run decides. Skipped, and said, where there is no perf.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test panics and says why")]

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use engine::counters::{
    Choice, CounterSource, Counters, Hardware, Software, Target, TargetKind, Turn,
};
use record::{Source, Value};
use serde_json::Value as Json;

/// A shell that becomes `examples/busy` when it is told to.
fn held(orders: &[&str]) -> Child {
    let test = std::env::current_exe().unwrap();
    let busy = test.parent().and_then(Path::parent).unwrap().join("examples/busy");
    Command::new("sh")
        .args(["-c", "read go && exec \"$0\" \"$@\""])
        .arg(busy)
        .args(orders)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Counts by event; `None` is one that perf does not count here.
type Counts = Vec<(String, Option<f64>)>;

/// `perf stat` on a process that waits.
struct Stat {
    perf: Child,
    control: File,
    ack: BufReader<File>,
    out: PathBuf,
    _place: tempfile::TempDir,
}

impl Stat {
    /// Counts `events` of a process and its threads from here on; `None`, and said, without perf.
    fn attach(pid: u32, events: &str) -> Option<Self> {
        if Command::new("perf").arg("--version").stdout(Stdio::null()).status().is_err() {
            println!("skipped: there is no perf");
            return None;
        }
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        let (control, ack, out) = (path("control"), path("ack"), path("out.json"));
        assert!(Command::new("mkfifo").args([&control, &ack]).status().unwrap().success());
        // Opened for both directions, so that neither side waits for the other one.
        let both = |path: &Path| OpenOptions::new().read(true).write(true).open(path).unwrap();
        let (control_file, ack_file) = (both(&control), both(&ack));
        let perf = Command::new("perf")
            .args(["stat", "-j", "-D", "-1", "-e", events, "-p", &pid.to_string(), "-o"])
            .arg(&out)
            .arg(format!("--control=fifo:{},{}", control.display(), ack.display()))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let ack = BufReader::new(ack_file);
        Some(Self { perf, control: control_file, ack, out, _place: place })
    }

    /// Returns when perf counts.
    fn enable(&mut self) -> bool {
        self.control.write_all(b"enable\n").unwrap();
        // A perf that is refused ends, and would never answer: the fifo must not be waited for then.
        for _ in 0..2_000 {
            if self.perf.try_wait().unwrap().is_some() {
                let mut why = String::new();
                self.perf.stderr.take().unwrap().read_to_string(&mut why).unwrap();
                println!("skipped: perf stat ended: {why}");
                return false;
            }
            if answered(&self.ack) {
                let mut line = String::new();
                self.ack.read_line(&mut line).unwrap();
                assert!(line.contains("ack"), "{line}");
                return true;
            }
        }
        panic!("perf stat does not answer");
    }

    /// What was counted, by event; perf ends with the process.
    fn counts(mut self) -> Counts {
        assert!(self.perf.wait().unwrap().success());
        let text = std::fs::read_to_string(&self.out).unwrap();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        let counts = lines.map(|line| {
            let name = line["event"].as_str().unwrap().trim_end_matches(":u").to_owned();
            (name, line["counter-value"].as_str().unwrap().parse().ok())
        });
        counts.collect()
    }
}

/// Whether there is something to read, after waiting for it for 10 ms.
fn answered(ack: &BufReader<File>) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut wanted = [PollFd::new(ack.get_ref(), PollFlags::IN)];
    let timeout = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    poll(&mut wanted, Some(&timeout)).unwrap() > 0
}

/// Counts by both of one execution of these orders.
fn both(
    events: &str,
    (sources, choice): (&[&dyn CounterSource], &Choice),
    orders: &[&str],
) -> Option<(Vec<Value>, Counts)> {
    let mut child = held(orders);
    let Some(mut stat) = Stat::attach(child.id(), events) else {
        child.kill().unwrap();
        child.wait().unwrap();
        return None;
    };
    let turn = Turn { round: 0, rounds: 1 };
    let target = Target { pid: child.id(), kind: TargetKind::Command, choice, turn };
    let (mut counters, _) = Counters::open(&target, sources);
    counters.begin();
    counters.start();
    if !stat.enable() {
        child.kill().unwrap();
        child.wait().unwrap();
        return None;
    }
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    assert!(child.wait().unwrap().success());
    Some((counters.stop(), stat.counts()))
}

fn ours(values: &[Value], metric: &str, source: Source) -> Option<f64> {
    values.iter().find(|one| one.metric == metric && one.source == source).map(|one| one.value)
}

fn theirs(counts: &[(String, Option<f64>)], event: &str) -> Option<f64> {
    counts.iter().find(|(name, _)| name == event).and_then(|(_, count)| *count)
}

#[test]
fn software_events_are_those_of_perf_stat_on_the_same_execution() {
    let events = "task-clock,page-faults,minor-faults";
    let sources: &[&dyn CounterSource] = &[&Software];
    let orders = ["touch 20000", "spin 2 150", "child 50"];
    let Some((values, counts)) = both(events, (sources, &Choice::usual()), &orders) else { return };
    let close = |metric: &str, own: Option<f64>, perf: Option<f64>, off: f64, share: f64| {
        let (Some(own), Some(perf)) = (own, perf) else {
            return println!("skipped: {metric}: dyno {own:?}, perf {perf:?}");
        };
        println!("{metric}: dyno {own}, perf {perf}");
        // perf has counted since before the shell's exec.
        assert!((own - perf).abs() <= off + share * perf, "{metric}: dyno {own}, perf {perf}");
    };
    let of = |metric: &str| ours(&values, metric, Source::Software);
    // perf prints ms.
    let clock = theirs(&counts, "task-clock").map(|ms| ms * 1e6);
    close("cpu_time", of("cpu_time"), clock, 5e6, 0.02);
    close("page_faults", of("page_faults"), theirs(&counts, "page-faults"), 200.0, 0.005);
    close("minor_faults", of("minor_faults"), theirs(&counts, "minor-faults"), 200.0, 0.005);
}

#[test]
fn instructions_are_those_of_perf_stat_within_half_a_percent_or_neither_counts_them() {
    let choice = Choice::of(["instructions"]).unwrap();
    let sources: &[&dyn CounterSource] = &[&Hardware];
    let Some((values, counts)) = both("instructions", (sources, &choice), &["count 60"]) else {
        return;
    };
    let own = ours(&values, "instructions", Source::Hardware);
    let perf = theirs(&counts, "instructions");
    match (own, perf) {
        (Some(own), Some(perf)) => {
            assert!(perf > 1.2e8, "60 million turns of more than one instruction: {perf}");
            assert!((own / perf - 1.0).abs() < 0.005, "dyno {own}, perf {perf}");
        }
        (None, None) => println!("skipped: no performance monitoring unit"),
        one_of_them => panic!("dyno and perf stat disagree: {one_of_them:?}"),
    }
}
