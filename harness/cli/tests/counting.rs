//! Counting whole programs through the whole tool: runtimes with threads of their own, and machines
//! that count less than was asked for. Whatever is refused, no sample is lost and nothing is zero.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::process::Command;

use common::{Finished, Place, faulty, rust_worker, skip};
use record::store::StoredRun;
use record::{Source, Status, metrics};

/// A worker on Node.js whose two threads begin before its hello and do all of its work; its main
/// thread only waits. Requests come on descriptor 3, replies go to descriptor 4.
const NODE_WORKER: &str = r#"
const { Worker, isMainThread, workerData } = require("node:worker_threads");
const fs = require("node:fs");
const THREADS = 2;

if (!isMainThread) {
  const { shared, at } = workerData;
  for (let round = 0; ; ) {
    Atomics.wait(shared, 0, round);
    round = Atomics.load(shared, 0);
    let sum = at;
    for (let turn = 0; turn < 60_000_000; turn++) sum = (Math.imul(sum, 1103515245) + turn) | 0;
    shared[2 + at] = sum;
    Atomics.add(shared, 1, 1);
    Atomics.notify(shared, 1);
  }
}

const shared = new Int32Array(new SharedArrayBuffer(4 * (2 + THREADS)));
for (let at = 0; at < THREADS; at++) new Worker(__filename, { workerData: { shared, at } });

function run(iterations) {
  const wall = process.hrtime.bigint(), cpu = process.cpuUsage();
  for (let round = 0; round < iterations; round++) {
    Atomics.store(shared, 1, 0);
    Atomics.add(shared, 0, 1);
    Atomics.notify(shared, 0);
    for (let done; (done = Atomics.load(shared, 1)) < THREADS; ) Atomics.wait(shared, 1, done);
  }
  const used = process.cpuUsage(cpu);
  return {
    wall_ns: Number(process.hrtime.bigint() - wall),
    cpu_ns: (used.user + used.system) * 1000,
    work: { rows: THREADS * iterations },
  };
}

const reply = (object) => fs.writeSync(4, JSON.stringify(object) + "\n");
const spec = { name: "threads", about: "threads that begin before the hello", params: [] };
reply({ hello: { protocol: 1, workloads: [spec] } });
const buffer = Buffer.alloc(65536);
for (let text = ""; ; ) {
  const end = text.indexOf("\n");
  if (end < 0) {
    const length = fs.readSync(3, buffer);
    if (length === 0) break;
    text += buffer.toString("utf8", 0, length);
    continue;
  }
  const request = JSON.parse(text.slice(0, end));
  text = text.slice(end + 1);
  if (request.prepare) reply({ ready: {} });
  else if (request.run) reply({ done: run(request.run.iterations) });
  else if (request.check !== undefined) {
    reply({ answer: { rows: THREADS, digest: `${shared[2]}:${shared[3]}` } });
  } else break;
}
process.exit(0);
"#;

#[test]
fn a_node_worker_is_counted_with_the_threads_that_it_began_before_its_hello() {
    if Command::new("node").arg("--version").output().is_err() {
        return skip("there is no node");
    }
    let place = Place::with_suite(
        "name = \"node\"\n[sampling]\nprocesses = 2\niterations = 2\nwarmup = 1\n[[runner]]\n\
         name = \"node\"\nprogram = [\"node\", \"worker.js\"]\n[[case]]\nrunner = \"node\"\n\
         workload = \"threads\"\n",
    );
    place.write("worker.js", NODE_WORKER);
    place.dyno(&["run", "suite.toml"]).expect(0);
    let run = place.run();
    if lacks(&run, "cpu_time") {
        return skip("perf_event is refused here");
    }
    for sample in run.samples.iter().filter(|sample| sample.counts()) {
        let value = |metric: &metrics::Metric| sample.value(metric.name).unwrap();
        let (counted, own) = (value(&metrics::CPU_TIME), value(&metrics::WORKER_CPU_TIME));
        // Without these threads next to nothing would be counted: the main one sleeps. The clock of
        // the process lags behind threads that run on another core by up to a tick each.
        assert!(own > 30e6, "{own} ns");
        assert!((0.7..1.5).contains(&(counted / own)), "counted {counted} ns, own clock {own} ns");
    }
}

/// A worker, or with an argument a command, on Python, whose work is the function `work`.
fn python_worker(work: &str) -> String {
    const SERVE: &str = r#"
if len(sys.argv) > 1:
    sys.exit(work())

def reply(value):
    os.write(4, (json.dumps(value) + "\n").encode())

def run(iterations):
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(iterations):
        work()
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    return {"wall_ns": wall, "cpu_ns": cpu, "work": {"rows": iterations}}

spec = {"name": "work", "about": "what a test wants", "params": []}
reply({"hello": {"protocol": 1, "workloads": [spec]}})
for line in os.fdopen(3):
    request = json.loads(line)
    if "prepare" in request:
        reply({"ready": {}})
    elif "run" in request:
        reply({"done": run(request["run"]["iterations"])})
    elif "check" in request:
        reply({"answer": {"rows": 1, "digest": "x"}})
    else:
        break
"#;
    format!("import json, os, sys, time\n{work}{SERVE}")
}

/// Threads that write fresh pages, of which two have ended before two others begin.
const FAULTS: &str = r#"
import mmap, threading

PAGES = 1000

def touch():
    memory = mmap.mmap(-1, PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for page in range(PAGES):
        memory[page * mmap.PAGESIZE] = 1
    memory.close()

def work():
    for _ in range(2):
        threads = [threading.Thread(target=touch) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
"#;

/// A child and its child, each of which works for 40 ms of CPU time by its own clock.
const FORKS: &str = r#"
def work():
    child = os.fork()
    if child:
        return os.waitpid(child, 0)
    grandchild = os.fork()
    while time.process_time() < 0.04:
        pass
    if grandchild:
        os.waitpid(grandchild, 0)
    os._exit(0)
"#;

#[test]
fn a_worker_that_forks_is_counted_with_its_children_and_theirs() {
    if Command::new("python3").arg("--version").output().is_err() {
        return skip("there is no python3");
    }
    let place = Place::with_suite(
        "name = \"forks\"\n[sampling]\nprocesses = 2\niterations = 2\nwarmup = 0\n[[runner]]\n\
         name = \"worker\"\nprogram = [\"python3\", \"worker.py\"]\n[[case]]\n\
         runner = \"worker\"\nworkload = \"work\"\n",
    );
    place.write("worker.py", &python_worker(FORKS));
    place.dyno(&["run", "suite.toml", "--no-report"]).expect(0);
    let run = place.run();
    if lacks(&run, "cpu_time") {
        return skip("perf_event is refused here");
    }
    assert_eq!(run.samples.len(), 4);
    for sample in &run.samples {
        let value = |metric: &metrics::Metric| sample.value(metric.name).unwrap();
        let (counted, own) = (value(&metrics::CPU_TIME), value(&metrics::WORKER_CPU_TIME));
        assert!(counted > 76e6, "two processes work for 40 ms each: {counted} ns");
        assert!(own < counted / 2.0, "the worker's own clock misses them: {own} of {counted} ns");
    }
}

/// On Linux 6.18 the faults of new threads were seen to be missed in a process that had opened a
/// counter for itself. Those of a program that is attached to before its exec are all there.
#[test]
fn page_faults_of_threads_that_begin_after_others_have_ended_are_counted_fifty_times() {
    if Command::new("python3").arg("--version").output().is_err() {
        return skip("there is no python3");
    }
    let place = Place::with_suite(
        "name = \"faults\"\n[sampling]\nprocesses = 50\niterations = 1\nwarmup = 0\n\
         [[runner]]\nname = \"worker\"\nprogram = [\"python3\", \"worker.py\"]\n\
         [[case]]\nrunner = \"worker\"\nworkload = \"work\"\n\
         [[runner]]\nname = \"command\"\ncommand = [\"python3\", \"worker.py\", \"now\"]\n\
         [[case]]\nrunner = \"command\"\n",
    );
    place.write("worker.py", &python_worker(FAULTS));
    place.dyno(&["run", "suite.toml", "--no-report"]).expect(0);
    let run = place.run();
    if lacks(&run, "page_faults") {
        return skip("perf_event is refused here");
    }
    assert_eq!(run.samples.len(), 100);
    for sample in &run.samples {
        let of = |source: Source| {
            let faults = |value: &&record::Value| {
                value.metric == metrics::MINOR_FAULTS.name && value.source == source
            };
            sample.values.iter().find(faults).unwrap().value
        };
        let (counted, accounted) = (of(Source::Software), of(Source::Process));
        // A command's accounting begins with its fork, its counting with its exec.
        assert!(accounted - counted < 200.0, "{counted} of {accounted} in {}", sample.case);
        // Huge pages would make it fewer; then the two sources agree all the same.
        assert!(counted > 10.0, "{counted} in {}", sample.case);
    }
}

/// Whether the run says that a metric could not be counted.
fn lacks(run: &StoredRun, metric: &str) -> bool {
    run.info.unavailable.iter().any(|one| one.metrics.iter().any(|name| name == metric))
}

/// Three processes of two samples each, whatever is counted.
fn whole(run: &StoredRun) {
    assert!(run.complete);
    assert_eq!(run.samples.len(), 6);
    for sample in &run.samples {
        assert_eq!(sample.status, Status::Ok);
        assert!(sample.value("wall_time").unwrap() > 0.0);
    }
}

fn sorting() -> Place {
    Place::with_suite(&format!(
        "name = \"sort\"\n[sampling]\nprocesses = 3\niterations = 2\nwarmup = 0\n[[runner]]\n\
         name = \"rust\"\nprogram = [{:?}]\n[[case]]\nrunner = \"rust\"\nworkload = \"sort\"\n\
         params = {{ rows = 1_000 }}\n",
        rust_worker().to_str().unwrap()
    ))
}

#[test]
fn a_kernel_that_counts_nothing_is_said_once_with_the_remedy_and_costs_no_sample() {
    let forbidden = ("not permitted", "sudo sysctl kernel.perf_event_paranoid=1");
    let blocked = ("perf_event_open is missing from this kernel or blocked", "seccomp profile");
    let no_unit = ("or a virtual machine hides it", "bare metal");
    let unknown = ("this kernel does not count the event", "");
    for (errno, hardware, software) in
        [(13, forbidden, forbidden), (38, blocked, blocked), (2, no_unit, unknown)]
    {
        let place = sorting();
        let run = ["run", "suite.toml"];
        let Some(finished) = place.without_perf_events(&errno.to_string(), &run) else { return };
        let text = finished.expect(0).stdout();
        let run = place.run();
        whole(&run);
        let report = place.store().directory(&run.info.id).unwrap().join("report.html");
        let report = std::fs::read_to_string(report).unwrap();
        for (source, first, (reason, remedy)) in
            [(Source::Hardware, "cycles", hardware), (Source::Software, "cpu_time", software)]
        {
            let of_source = |one: &&record::Unavailable| one.source == source;
            let said: Vec<_> = run.info.unavailable.iter().filter(of_source).collect();
            assert_eq!(said.len(), 1, "{said:?}");
            assert_eq!(said[0].errno, Some(errno));
            assert!(said[0].reason.contains(reason) && said[0].remedy.contains(remedy));
            assert!(said[0].metrics.len() >= 6, "{said:?}");
            assert_eq!(text.matches(&format!("not available: {first}, ")).count(), 1, "{text}");
            assert!(text.contains(remedy) && report.contains(reason), "{text}");
        }
        for sample in &run.samples {
            let perf = |value: &&record::Value| {
                matches!(value.source, Source::Hardware | Source::Software)
            };
            assert_eq!(sample.values.iter().find(perf), None);
            assert!(sample.value("peak_rss").is_some(), "process accounting goes on");
        }
    }
}

#[test]
fn a_kernel_that_permits_no_profile_is_said_and_costs_the_run_no_sample() {
    let place = sorting();
    let suite = std::fs::read_to_string(place.path().join("suite.toml")).unwrap();
    place.write("suite.toml", &format!("{suite}[profile]\ntime = \"50ms\"\n"));
    let Some(finished) = place.without_perf_events("13", &["run", "suite.toml"]) else { return };
    // Profiles were asked for, and there are none.
    let finished = finished.expect(1);
    let said = finished.stderr();
    assert_eq!(said.matches("not profiled: profile of cpu-clock: not permitted").count(), 1);
    assert!(said.contains("hint: sudo sysctl kernel.perf_event_paranoid=1"), "{said}");
    assert!(finished.stdout().contains("sort"), "the table is there: {}", finished.stdout());
    let run = place.run();
    whole(&run);
    assert!(place.store().profiles(&run.info.id).unwrap().is_empty());
}

#[test]
fn without_any_tool_in_path_counting_and_profiling_go_on() {
    let place = sorting();
    let with_nothing = |args: &[&str]| {
        let mut command = place.command(args);
        Finished::of(command.env("PATH", place.path()))
    };
    with_nothing(&["run", "suite.toml"]).expect(0);
    whole(&place.run());
    let profiled = with_nothing(&["profile", "suite.toml", "--time", "50ms"]);
    if profiled.stderr().contains("not profiled") {
        return skip(&profiled.stderr());
    }
    assert!(profiled.expect(0).stdout().contains("sort"));
}

#[test]
fn an_event_that_vanishes_in_the_middle_of_a_run_is_said_and_costs_no_sample() {
    let program = faulty().to_str().unwrap();
    let place = Place::with_suite(&format!(
        "name = \"gone\"\n[sampling]\nprocesses = 3\niterations = 2\nwarmup = 0\n[[case]]\n\
         runner = \"script\"\nworkload = \"scripted\"\nparams = {{ wall_ns = 50_000_000, rows = 9 \
         }}\n[[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    ));
    // The third sample has no cycles any more, the fifth cannot be read at all.
    place.write(
        "counters.json",
        r#"{"read_errors": [4], "groups": [{"name": "core", "source": "hardware", "events": [
            {"metric": "cycles", "values": [7, 7, null, 7, 7, 7]},
            {"metric": "instructions", "values": [9]}]}]}"#,
    );
    let mut command = place.command(&["run", "suite.toml"]);
    command.env("DYNO_SCRIPTED_COUNTERS", place.path().join("counters.json"));
    let text = Finished::of(&mut command).expect(0).stdout();
    let run = place.run();
    whole(&run);
    let of = |name: &str| -> Vec<Option<f64>> {
        run.samples.iter().map(|sample| sample.value(name)).collect()
    };
    let (seven, nine) = (Some(7.0), Some(9.0));
    assert_eq!(of("cycles"), [seven, seven, None, seven, None, seven]);
    assert_eq!(of("instructions"), [nine, nine, nine, nine, None, nine]);
    for reason in ["read before the work, but not after it", "the script says: not readable"] {
        assert_eq!(text.matches(reason).count(), 1, "{text}");
    }
}
