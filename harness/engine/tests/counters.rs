//! The counters against real processes. Software events and process accounting need neither root
//! nor a PMU; where even those are refused, the test says so and is skipped.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, which panic and print"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use engine::counters::{
    Choice, CounterSource, Counters, Hardware, Process, SOURCES, Software, Target, TargetKind,
};
use record::{Source, Unavailable, Value};

/// `examples/busy.rs` in a process, which waits for orders.
struct Busy {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Busy {
    fn start() -> Self {
        let mut child = Command::new(busy())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("examples/busy starts; `cargo test -p engine` builds it");
        let orders = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, orders, answers }
    }

    /// Sends an order and waits for its end. Returns the CPU time of the process, in ns.
    fn order(&mut self, order: &str) -> f64 {
        writeln!(self.orders, "{order}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().parse().unwrap_or_else(|_| panic!("`{order}` was answered `{line}`"))
    }

    fn open(&self, sources: &[&dyn CounterSource]) -> (Counters, Vec<Unavailable>) {
        let target = Target::new(self.child.id(), TargetKind::Worker);
        Counters::open(&target, sources)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn busy() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/busy")
}

/// One sample of one order: what was counted, and the CPU time by the process's own clock.
fn sample(counters: &mut Counters, busy: &mut Busy, order: &str) -> (Vec<Value>, f64) {
    counters.begin();
    counters.start();
    let cpu_ns = busy.order(order);
    (counters.stop(), cpu_ns)
}

/// The same for work on several threads. The process's own clock reads low by up to a tick for each
/// thread that runs on another core at that moment, so it is read again when all are at rest.
fn settled(counters: &mut Counters, busy: &mut Busy, order: &str) -> (Vec<Value>, f64) {
    counters.begin();
    counters.start();
    let cpu_ns = busy.order(order) + busy.order("sleep 20");
    (counters.stop(), cpu_ns)
}

fn find(values: &[Value], metric: &str, source: Source) -> Option<f64> {
    values.iter().find(|one| one.metric == metric && one.source == source).map(|one| one.value)
}

fn value(values: &[Value], metric: &str, source: Source) -> f64 {
    find(values, metric, source).unwrap_or_else(|| panic!("no {metric} of {source} in {values:?}"))
}

/// Whether this machine refuses perf_event; says so.
fn perf_is_refused(unavailable: &[Unavailable]) -> bool {
    let refusal = unavailable.iter().find(|one| one.metrics.iter().any(|name| name == "cpu_time"));
    if let Some(refusal) = refusal {
        println!("skipped: {}", refusal.reason);
    }
    refusal.is_some()
}

#[test]
fn cpu_time_counts_threads_that_are_made_after_the_attachment() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software]);
    if perf_is_refused(&unavailable) {
        return;
    }
    let (values, own) = settled(&mut counters, &mut busy, "spin 3 40");
    let counted = value(&values, "cpu_time", Source::Software);
    assert!((counted / own - 1.0).abs() < 0.10, "counted {counted} ns, own clock {own} ns");
}

#[test]
fn cpu_time_counts_a_pool_that_outlives_the_samples() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software]);
    if perf_is_refused(&unavailable) {
        return;
    }
    busy.order("pool 3");
    for _ in 0..5 {
        let (values, own) = settled(&mut counters, &mut busy, "work 20");
        let counted = value(&values, "cpu_time", Source::Software);
        assert!(counted > 59e6, "three threads spin for 20 ms of their CPU time: {counted} ns");
        assert!((counted / own - 1.0).abs() < 0.10, "counted {counted} ns, own clock {own} ns");
    }
}

#[test]
fn cpu_time_counts_a_rayon_pool_that_outlives_the_samples() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software]);
    if perf_is_refused(&unavailable) {
        return;
    }
    // The first sample makes the pool, the others find it.
    for _ in 0..4 {
        let (values, own) = settled(&mut counters, &mut busy, "rayon 3 20");
        let counted = value(&values, "cpu_time", Source::Software);
        assert!(counted > 59e6, "three threads spin for 20 ms of their CPU time: {counted} ns");
        assert!((counted / own - 1.0).abs() < 0.10, "counted {counted} ns, own clock {own} ns");
    }
}

#[test]
fn cpu_time_counts_threads_that_die_inside_the_sample_and_no_read_fails() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software]);
    if perf_is_refused(&unavailable) {
        return;
    }
    for _ in 0..20 {
        let (values, _) = sample(&mut counters, &mut busy, "burst 5 4");
        let counted = value(&values, "cpu_time", Source::Software);
        // Each of 20 threads has 0.5 ms. The process's own clock is no yardstick here: it can read
        // low on a busy machine, and it counts the last steps of a thread, which perf does not.
        assert!(counted > 9.8e6, "counted {counted} ns");
    }
    assert_eq!(counters.take_unavailable(), []);
}

#[test]
fn cpu_time_counts_child_processes_which_the_process_clock_misses() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software]);
    if perf_is_refused(&unavailable) {
        return;
    }
    let (values, own) = sample(&mut counters, &mut busy, "child 60");
    let counted = value(&values, "cpu_time", Source::Software);
    assert!(counted > 3.0 * own, "counted {counted} ns, own clock {own} ns");
    assert!(value(&values, "page_faults", Source::Software) > 50.0, "an exec faults");
}

#[test]
fn cpu_time_counts_the_kernel_whether_or_not_it_may_be_counted() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software]);
    if perf_is_refused(&unavailable) {
        return;
    }
    // Nearly all of this is the kernel clearing pages.
    let (values, own) = sample(&mut counters, &mut busy, "touch 60000");
    let counted = value(&values, "cpu_time", Source::Software);
    assert!((counted / own - 1.0).abs() < 0.10, "counted {counted} ns, own clock {own} ns");
}

#[test]
fn page_faults_are_at_least_the_touched_pages_in_both_sources() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software, &Process]);
    if perf_is_refused(&unavailable) {
        return;
    }
    busy.order("sleep 1");
    let (idle, _) = sample(&mut counters, &mut busy, "sleep 1");
    let (values, _) = sample(&mut counters, &mut busy, "touch 3000");
    // Huge pages would answer 512 touches with one fault.
    let huge = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
    let least = if huge.is_ok_and(|text| text.contains("[always]")) { 5.0 } else { 3_000.0 };
    for (metric, source) in [
        ("page_faults", Source::Software),
        ("minor_faults", Source::Software),
        ("minor_faults", Source::Process),
    ] {
        let count = value(&values, metric, source);
        assert!(count >= least, "{metric} of {source}: {count}");
        assert!(count < 4_000.0, "{metric} of {source}: {count}");
        assert!(value(&idle, metric, source) < 50.0);
    }
}

#[test]
fn a_sleep_is_a_context_switch_in_both_sources() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Software, &Process]);
    if perf_is_refused(&unavailable) {
        return;
    }
    let (values, _) = sample(&mut counters, &mut busy, "sleep 5");
    if let Some(all) = find(&values, "context_switches", Source::Software) {
        assert!(all >= 1.0, "{all}");
    } else {
        let told = |one: &Unavailable| one.metrics.iter().any(|name| name == "context_switches");
        assert!(unavailable.iter().any(told), "missing and not told");
    }
    assert!(value(&values, "voluntary_switches", Source::Process) >= 1.0);
}

#[test]
fn the_peak_of_memory_belongs_to_its_own_sample() {
    let mut busy = Busy::start();
    let (mut counters, _) = busy.open(&[&Process]);
    let pages_of_64_mib = 64 * 256;
    let order = format!("touch {pages_of_64_mib}");
    let (large, _) = sample(&mut counters, &mut busy, &order);
    let (small, _) = sample(&mut counters, &mut busy, "sleep 1");
    if counters.take_unavailable().iter().any(|one| one.metrics.contains(&"peak_rss".to_owned())) {
        println!("skipped: clear_refs is refused here");
        return;
    }
    let mib = |values: &[Value]| value(values, "peak_rss", Source::Process) / 1_048_576.0;
    assert!(mib(&large) > 63.0, "{} MiB", mib(&large));
    assert!(mib(&small) < 32.0, "{} MiB", mib(&small));
}

#[test]
fn the_largest_process_and_the_sum_over_the_tree_are_told_apart() {
    let mut busy = Busy::start();
    let (mut counters, _) = busy.open(&[&Process]);
    busy.order("hold 40");
    busy.order("hold 24");
    let (values, _) = sample(&mut counters, &mut busy, "sleep 1");
    if find(&values, "peak_rss", Source::Process).is_none() {
        println!("skipped: clear_refs is refused here");
        return;
    }
    let mib = |metric: &str| value(&values, metric, Source::Process) / 1_048_576.0;
    assert!((39.0..60.0).contains(&mib("peak_rss")), "{}", mib("peak_rss"));
    assert!((63.0..100.0).contains(&mib("peak_rss_sum")), "{}", mib("peak_rss_sum"));
}

#[test]
fn a_command_is_counted_from_its_exec_and_read_after_its_end() {
    // The shell waits for a line, as the launcher's child waits to be released.
    let mut held = Command::new("sh")
        .args(["-c", "read go && exec \"$0\" \"$@\""])
        .arg(busy())
        .args(["spin 2 30", "touch 1000"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let target = Target::new(held.id(), TargetKind::Command);
    let (mut counters, unavailable) = Counters::open(&target, &[&Software]);
    counters.begin();
    counters.start();
    held.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(held.wait().unwrap().success());
    let values = counters.stop();
    if perf_is_refused(&unavailable) {
        return;
    }
    let counted = value(&values, "cpu_time", Source::Software);
    assert!(counted > 57e6, "two threads have 30 ms each: {counted} ns");
    assert!(value(&values, "page_faults", Source::Software) >= 100.0);
    assert_eq!(counters.take_unavailable(), []);
}

#[test]
fn a_worker_that_dies_inside_a_sample_costs_its_accounting_and_says_so_once() {
    let mut busy = Busy::start();
    let (mut counters, _) = busy.open(&[&Process]);
    counters.begin();
    counters.start();
    busy.child.kill().unwrap();
    busy.child.wait().unwrap();
    assert_eq!(counters.stop(), []);
    let said = counters.take_unavailable();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(counters.take_unavailable(), []);
}

#[test]
fn hardware_events_are_counted_or_told_and_never_zero() {
    let mut busy = Busy::start();
    let (mut counters, unavailable) = busy.open(&[&Hardware]);
    let (values, _) = sample(&mut counters, &mut busy, "spin 1 20");
    let lost = counters.take_unavailable();
    let told = |metric: &str| {
        unavailable
            .iter()
            .chain(&lost)
            .any(|one| one.metrics.iter().any(|name| name == metric) && !one.reason.is_empty())
    };
    for metric in ["cycles", "instructions", "branches", "cache_references"] {
        match find(&values, metric, Source::Hardware) {
            Some(count) => assert!(count > 0.0, "{metric} is {count}"),
            None => assert!(told(metric), "{metric} is missing and not told"),
        }
    }
    for one in &unavailable {
        assert!(one.errno.is_some() && !one.remedy.is_empty(), "{one:?}");
    }
}

/// Last level, TLB, stalls and all others, and a raw event: each by the system call itself.
#[test]
fn every_event_that_can_be_chosen_is_counted_or_told_on_this_machine() {
    let mut busy = Busy::start();
    let names: Vec<&str> = engine::counters::event_names().chain(["r1c2"]).collect();
    let mut choice = Choice::of(names.iter().copied()).unwrap();
    choice.share = true;
    let target = Target { choice: &choice, ..Target::new(busy.child.id(), TargetKind::Worker) };
    let (mut counters, unavailable) = Counters::open(&target, &[&Hardware]);
    let (values, _) = sample(&mut counters, &mut busy, "spin 1 20");
    let lost = counters.take_unavailable();
    for name in names {
        let counted = values.iter().filter(|value| value.metric == name).count();
        let tells = |one: &&Unavailable| one.metrics.iter().any(|metric| metric == name);
        let told: Vec<_> = unavailable.iter().chain(&lost).filter(tells).collect();
        assert_eq!(counted + told.len(), 1, "{name}: {counted} values, {told:?}");
        assert!(told.iter().all(|one| !one.reason.is_empty() && one.source == Source::Hardware));
    }
    let raw = values.iter().find(|value| value.metric == "r1c2");
    let event = raw.and_then(|value| Some(value.counting.as_ref()?.event.as_str()));
    assert!(event.is_none_or(|event| event == "raw/0x1c2"), "{event:?}");
}

#[test]
fn all_sources_together_tell_each_missing_thing_once() {
    let busy = Busy::start();
    let (_, unavailable) = busy.open(SOURCES);
    let mut told: Vec<_> = unavailable
        .iter()
        .flat_map(|one| one.metrics.iter().map(|metric| (metric.clone(), one.source)))
        .collect();
    let all = told.len();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), all, "{unavailable:?}");
}
