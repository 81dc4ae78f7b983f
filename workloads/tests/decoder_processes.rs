//! The decoder's strategy `processes`, which starts its own program again: so this test has a `main`, and
//! is a decoding process itself when it is asked to be one.
//!
//! Answers, a process that dies, none left behind, none that outlives a parent that was killed, and none
//! with descriptors of its worker.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::print_stdout, reason = "it says what it did, as tests do")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use workload_api::protocol::ENV_VAR;
use workload_api::{Answer, Context, ParamValue, Params, Prepared, Work, Workload};
use workloads::{DECODER_COMMAND, Decoder, decoder_main};

/// The argument that makes this program a parent that waits to be killed.
const PARENT: &str = "parent";

/// The argument that makes this program a worker.
const WORKER: &str = "worker";

const TESTS: &[(&str, fn())] = &[
    ("rows_that_travelled_are_those_decoded_here", rows_that_travelled_are_those_decoded_here),
    (
        "a_process_that_dies_is_the_error_of_its_segment",
        a_process_that_dies_is_the_error_of_its_segment,
    ),
    ("a_bad_segment_says_the_same_from_there", a_bad_segment_says_the_same_from_there),
    ("no_process_is_left_behind", no_process_is_left_behind),
    ("no_process_outlives_a_killed_parent", no_process_outlives_a_killed_parent),
    ("no_process_has_the_descriptors_of_its_worker", no_process_has_the_descriptors_of_its_worker),
];

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(DECODER_COMMAND) => return decoder_main(),
        Some(PARENT) => wait_to_be_killed(),
        Some(WORKER) => return workload_api::serve(&[&Decoder]),
        // Cargo's own arguments, such as a filter, are not looked at: this is all one test.
        _ => {}
    }
    for (name, test) in TESTS {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

fn prepare(given: &[(&str, ParamValue)]) -> Box<dyn Prepared> {
    let sizes = [("segments", 5.into()), ("rows_per_segment", 40.into()), ("workers", 2.into())];
    let params: Params = sizes.iter().chain(given).cloned().collect();
    Decoder.prepare(&params, &Context { seed: 1, data_dir: PathBuf::new() }).unwrap()
}

fn run(given: &[(&str, ParamValue)]) -> (Work, Answer) {
    let mut prepared = prepare(given);
    (prepared.run().unwrap(), prepared.check().unwrap())
}

fn rows_that_travelled_are_those_decoded_here() {
    for shape in ["lineitem", "nested"] {
        let here = run(&[("shape", shape.into())]).1;
        for schedule in ["submit_all", "submit_and_wait"] {
            for (output, keep) in [("columns", "all"), ("rows", "all"), ("rows", "none")] {
                let (work, answer) = run(&[
                    ("shape", shape.into()),
                    ("strategy", "processes".into()),
                    ("schedule", schedule.into()),
                    ("output", output.into()),
                    ("keep", keep.into()),
                ]);
                assert_eq!(answer, here, "{shape} {schedule} {output} {keep}");
                let piped = work.metrics.iter().find(|metric| metric.name == "piped_bytes");
                assert!(piped.is_some_and(|metric| metric.value > 1000.0), "{:?}", work.metrics);
            }
        }
    }
}

fn a_process_that_dies_is_the_error_of_its_segment() {
    let truncated = run(&[("faults", "truncated".into())]).1;
    for (schedule, workers) in [("submit_all", 1), ("submit_all", 3), ("submit_and_wait", 1)] {
        let mut prepared = prepare(&[
            ("strategy", "processes".into()),
            ("schedule", schedule.into()),
            ("workers", workers.into()),
            ("faults", "killed".into()),
        ]);
        for _ in 0..3 {
            assert_eq!(prepared.run().unwrap().rows, 160);
            assert_eq!(prepared.check().unwrap(), truncated);
        }
    }
    // One that nobody expected to die is a failure with its reason.
    let mut prepared = prepare(&[("strategy", "processes".into()), ("workers", 1.into())]);
    let children = children(std::process::id());
    assert_eq!(children.len(), 1, "{children:?}");
    kill(*children.first().unwrap());
    let error = prepared.run().unwrap_err().to_string();
    assert!(
        error.starts_with("segment 0: the process that decoded it ended (signal: 9"),
        "{error}"
    );
    assert_eq!(prepared.run().unwrap().rows, 200);
}

fn a_bad_segment_says_the_same_from_there() {
    for fault in ["truncated", "checksum", "bomb"] {
        let here = run(&[("faults", fault.into())]).1;
        for output in ["columns", "rows"] {
            let given = [
                ("strategy", "processes".into()),
                ("faults", fault.into()),
                ("output", output.into()),
            ];
            assert_eq!(run(&given).1, here);
        }
    }
}

fn no_process_is_left_behind() {
    let mut prepared = prepare(&[("strategy", "processes".into()), ("workers", 3.into())]);
    prepared.run().unwrap();
    assert_eq!(children(std::process::id()).len(), 3);
    drop(prepared);
    // Not even as a zombie, which would still be a child.
    assert_eq!(children(std::process::id()), BTreeSet::new());
}

fn no_process_outlives_a_killed_parent() {
    let program = std::env::current_exe().unwrap();
    let mut parent = Command::new(program).arg(PARENT).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let orphans = children(parent.id());
    assert_eq!(orphans.len(), 2);
    parent.kill().unwrap();
    parent.wait().unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    for orphan in orphans {
        // Whoever inherits an orphan may be slow to take note of its end.
        while is_running(orphan) {
            assert!(Instant::now() < patience, "process {orphan} goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn wait_to_be_killed() {
    let mut prepared = prepare(&[("strategy", "processes".into())]);
    prepared.run().unwrap();
    println!("ready");
    loop {
        std::thread::park();
    }
}

fn no_process_has_the_descriptors_of_its_worker() {
    // As the harness starts one: requests on 3, replies on 4.
    let mut worker = Command::new("sh")
        .args(["-c", "exec \"$0\" worker 3<&0 4>&1 </dev/null >&2"])
        .arg(std::env::current_exe().unwrap())
        .env(ENV_VAR, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (requests, replies) = (worker.stdin.take().unwrap(), worker.stdout.take().unwrap());
    let request = r#"{"prepare":{"workload":"decoder","seed":1,"data_dir":"/","params":
        {"strategy":"processes","workers":2,"segments":1,"rows_per_segment":1}}}"#;
    writeln!(&requests, "{}", request.replace('\n', "")).unwrap();
    let lines: Vec<_> = BufReader::new(replies).lines().take(2).map(Result::unwrap).collect();
    assert_eq!(lines[1], r#"{"ready":{}}"#);
    let opened = |process: u32| -> BTreeSet<PathBuf> {
        let all = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
        all.map(|fd| fs::read_link(fd.unwrap().path()).unwrap()).collect()
    };
    let protocol =
        [3, 4].map(|fd| fs::read_link(format!("/proc/{}/fd/{fd}", worker.id())).unwrap());
    let decoders = children(worker.id());
    assert_eq!(decoders.len(), 2);
    for decoder in decoders {
        let opened = opened(decoder);
        assert!(protocol.iter().all(|pipe| !opened.contains(pipe)), "{protocol:?} {opened:?}");
    }
    drop(requests);
    assert!(worker.wait().unwrap().success());
}

fn kill(process: u32) {
    let killed = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(killed.success());
}

/// The children of all threads of a process, zombies too.
fn children(process: u32) -> BTreeSet<u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let of = |task: PathBuf| fs::read_to_string(task.join("children")).unwrap_or_default();
    let all: Vec<_> = tasks.map(|task| of(task.unwrap().path())).collect();
    all.iter().flat_map(|pids| pids.split_whitespace()).map(|pid| pid.parse().unwrap()).collect()
}

fn is_running(process: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat"));
    let state = |stat: String| stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    stat.ok().and_then(state).is_some_and(|state| state != 'Z' && state != 'X')
}
