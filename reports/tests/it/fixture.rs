//! Made-up runs: known numbers, no clock, the same every time.

use std::collections::BTreeMap;

use record::store::StoredRun;
use record::{
    CaseId, CaseInfo, Environment, Fact, Failure, FailureKind, Mark, Pass, RunId, RunInfo, Sample,
    SamplingInfo, Source, Status, SuiteInfo, Unavailable, Value, metrics,
};
use record::{Profile, ProfileInfo, Region, Stack, Weight};
use reports::RunSet;
use serde_json::Value as Json;

const ROWS: f64 = 1e6;
/// 2026-09-21 14:13 UTC.
const START_NS: i64 = 1_790_000_000_000_000_000;

/// A case of workload `pipeline` with the parameters given.
pub(crate) fn case(params: &[(&str, Json)], title: &str) -> CaseInfo {
    let params: BTreeMap<String, Json> =
        params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let stated: Vec<String> =
        params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    CaseInfo {
        id: CaseId::new(format!("pipeline/{}", stated.join(",").replace('"', ""))),
        workload: "pipeline".to_owned(),
        runner: "builtin".to_owned(),
        params,
        title: title.to_owned(),
        answer: None,
        revision: None,
        stage: None,
        sweep: false,
        reverted: false,
    }
}

/// The case of one step.
pub(crate) fn step(step: &str, title: &str) -> CaseInfo {
    case(&[("step", step.into()), ("rows", 1_000_000.into())], title)
}

/// A counted sample that took `wall_ms` on two cores.
pub(crate) fn sample(case: &CaseInfo, process: u32, wall_ms: f64) -> Sample {
    let wall = wall_ms * 1e6;
    Sample {
        case: case.id.clone(),
        pass: Pass::Timed,
        process,
        iteration: 0,
        started_ns: START_NS + i64::from(process),
        executions: 1,
        status: Status::Ok,
        values: vec![
            metrics::WALL_TIME.value(wall, Source::Workload),
            metrics::CPU_TIME.value(wall * 1.5, Source::Software),
            metrics::ROWS.value(ROWS, Source::Workload),
            metrics::BYTES_OUT.value(30e6, Source::Workload),
            metrics::PEAK_RSS.value(50.0 * 1024.0 * 1024.0 + wall / 16.0, Source::Process),
        ],
        answer: None,
        marks: Vec::new(),
    }
}

/// One sample per time, each in a process of its own.
pub(crate) fn samples(case: &CaseInfo, wall_ms: &[f64]) -> Vec<Sample> {
    wall_ms.iter().zip(0..).map(|(&wall, process)| sample(case, process, wall)).collect()
}

/// Samples of the simulated pass, each of ten rows, with that many instructions.
pub(crate) fn simulated(case: &CaseInfo, instructions: &[f64]) -> Vec<Sample> {
    let one = |(&instructions, process): (&f64, u32)| Sample {
        pass: Pass::Simulated,
        values: vec![
            metrics::WALL_TIME.value(9e12, Source::Workload),
            metrics::ROWS.value(10.0, Source::Workload),
            metrics::INSTRUCTIONS.value(instructions, Source::Simulated),
            metrics::CACHE_MISSES.value(20.0, Source::Simulated),
        ],
        ..sample(case, process, 1.0)
    };
    instructions.iter().zip(0..).map(one).collect()
}

/// A sample that failed.
pub(crate) fn failed(case: &CaseInfo, process: u32, kind: FailureKind, message: &str) -> Sample {
    let failure =
        Failure { kind, message: message.to_owned(), output: "the last words".to_owned() };
    let status = Status::Failed(failure);
    Sample { status, values: Vec::new(), ..sample(case, process, 1.0) }
}

/// A sample that is kept and not counted.
pub(crate) fn warmup(case: &CaseInfo, wall_ms: f64) -> Sample {
    Sample { marks: vec![Mark::Warmup], ..sample(case, 0, wall_ms) }
}

/// A run of those cases.
pub(crate) fn info(cases: Vec<CaseInfo>) -> RunInfo {
    let fact = |name: &str, value: &str| Fact { name: name.to_owned(), value: value.to_owned() };
    RunInfo {
        schema: RunInfo::SCHEMA,
        id: RunId::new("20260921-141320-shredding"),
        dyno: "0.1.0".to_owned(),
        started_ns: START_NS,
        finished_ns: Some(START_NS + 61_000_000_000),
        command: vec!["dyno".to_owned(), "run".to_owned(), "configs/shredding.toml".to_owned()],
        suite: SuiteInfo {
            name: "shredding".to_owned(),
            about: "Nested contacts to Parquet, step by step.".to_owned(),
            path: "configs/shredding.toml".to_owned(),
            text: "name = \"shredding\"\n\n[[case]]\nworkload = \"pipeline\"\n".to_owned(),
            hash: "5eed".to_owned(),
            overrides: vec!["rows=1_000_000".to_owned()],
            filter: None,
            references: Vec::new(),
        },
        sampling: SamplingInfo {
            processes: 10,
            iterations: 1,
            warmup: 1,
            budget_ns: None,
            timeout_ns: 60_000_000_000,
            order: "shuffled".to_owned(),
            seed: 7,
            sync: true,
            evict: false,
            pin: None,
            reject: None,
        },
        cases,
        label: None,
        step: None,
        revisions: Vec::new(),
        before: Environment {
            machine_key: "m1".to_owned(),
            facts: vec![
                fact("cpu_model", "AMD EPYC 9005"),
                fact("cores", "2"),
                fact("memory", "24 GiB"),
                fact("kernel", "Linux 6.18"),
                fact("governor", "unknown: no cpufreq here"),
            ],
        },
        after: None,
        passes: Vec::new(),
        unavailable: Vec::new(),
        warnings: Vec::new(),
        skipped: BTreeMap::new(),
        imported: None,
    }
}

/// A run that ended, as the store gives it.
pub(crate) fn stored(info: RunInfo, samples: Vec<Sample>) -> StoredRun {
    StoredRun { info, samples, complete: true, notes: Vec::new() }
}

/// A set of one run of those cases.
pub(crate) fn set(cases: Vec<(CaseInfo, Vec<Sample>)>) -> RunSet {
    let infos = cases.iter().map(|(case, _)| case.clone()).collect();
    let samples = cases.into_iter().flat_map(|(_, samples)| samples).collect();
    RunSet::new(vec![stored(info(infos), samples)]).unwrap()
}

/// The title and the median time in ms of each step of a study.
pub(crate) const STUDY: [(&str, &str, f64); 13] = [
    ("00", "Baseline", 930.8),
    ("01", "Dictionary data type", 921.4),
    ("02", "No intermediate Vec", 903.7),
    ("03", "Reuse string buffer", 898.1),
    ("04", "Reuse name buffer", 876.3),
    ("05", "Two writers", 847.3),
    ("06", "Lightweight generator", 274.2),
    ("07", "Four writers", 232.8),
    ("08", "Thread-local state", 169.0),
    ("09", "String interning", 414.8),
    ("10", "Revert, drop a clone", 146.5),
    ("11", "Ids without atomics", 141.2),
    ("12", "One more reused buffer", 139.8),
];

/// `n` times around `median`, skewed as run times are: a few much slower.
pub(crate) fn spread(median: f64, n: u32, salt: u32) -> Vec<f64> {
    let middle = f64::from(n - 1) / 2.0;
    (0..n)
        .map(|i| {
            let rank = f64::from((i * 7 + salt * 3) % n);
            let offset = (rank - middle) / f64::from(n);
            median * (1.0 + 0.04 * offset + if offset > 0.4 { 0.03 } else { 0.0 })
        })
        .collect()
}

/// The whole study: thirteen steps, ten processes each, no hardware counters.
pub(crate) fn study() -> StoredRun {
    let mut samples_of_all = Vec::new();
    let mut cases = Vec::new();
    for ((id, title, median), salt) in STUDY.into_iter().zip(0..) {
        let case = step(id, title);
        samples_of_all.push(warmup(&case, median * 1.3));
        samples_of_all.extend(samples(&case, &spread(median, 10, salt)));
        cases.push(case);
    }
    let mut info = info(cases);
    info.unavailable.push(Unavailable {
        metrics: vec!["cycles".to_owned(), "instructions".to_owned(), "cache_misses".to_owned()],
        source: Source::Hardware,
        errno: Some(2),
        reason: "this machine has no hardware counters (a virtual machine without a vPMU)"
            .to_owned(),
        remedy: "run on bare metal, or give the guest a vPMU".to_owned(),
    });
    info.warnings.push("two spinning threads took 1.72 times as long as one".to_owned());
    stored(info, samples_of_all)
}

/// [`study`] as a set.
pub(crate) fn study_set() -> RunSet {
    RunSet::new(vec![study()]).unwrap()
}

/// A grid of two parameters, which has no order, with a wrong answer, a crash and a few samples.
pub(crate) fn grid_set() -> RunSet {
    let grid = |writers: i32, batch: i32| {
        case(&[("writers", writers.into()), ("batch", batch.into())], "")
    };
    let small = grid(1, 1024);
    let wrong = grid(2, 1024);
    let crashed = grid(1, 8192);
    let partly = grid(2, 8192);
    let mut partly_samples = samples(&partly, &[200.0, 204.0]);
    partly_samples.push(failed(&partly, 2, FailureKind::Timeout, "no answer within 60 s"));
    let mut wrong_samples = samples(&wrong, &[10.0, 10.0]);
    let message = "1 000 rows fewer than `batch=1024 writers=1`";
    wrong_samples.push(failed(&wrong, 2, FailureKind::WrongAnswer, message));
    let crashed_samples =
        vec![failed(&crashed, 0, FailureKind::Died, "killed by signal 11 (SIGSEGV)")];
    set(vec![
        (small.clone(), samples(&small, &[260.0, 264.0, 259.0])),
        (wrong, wrong_samples),
        (crashed, crashed_samples),
        (partly, partly_samples),
    ])
}

/// Values of a metric for tests that need one more.
pub(crate) fn with_value(mut sample: Sample, value: Value) -> Sample {
    sample.values.push(value);
    sample
}

/// A profile of these stacks over a thousand rows; a sample stands for a microsecond of CPU.
pub(crate) fn profile(case: &CaseInfo, stacks: &[(&str, u64)]) -> Profile {
    let samples: u64 = stacks.iter().map(|(_, samples)| samples).sum();
    let stacks = stacks.iter().map(|(frames, samples)| Stack {
        frames: (*frames).to_owned(),
        samples: *samples,
        weight: samples * 1000,
    });
    Profile {
        info: ProfileInfo {
            schema: ProfileInfo::SCHEMA,
            case: case.id.clone(),
            event: "cpu-clock".to_owned(),
            rate_hz: 999,
            weight: Weight::CpuTime,
            kernel: true,
            inlines: false,
            region: Region::Work,
            executions: 1,
            rows: Some(1000),
            wall_ns: 1_000_000_000,
            samples,
            outside: 0,
            lost: 0,
            frames: samples * 5,
            unknown_frames: 0,
            broken: 0,
        },
        stacks: stacks.collect(),
    }
}

/// Three steps with profiles; the last is 2.5 times as fast.
pub(crate) fn profiled() -> RunSet {
    let steps = [("00", "Baseline", 500.0), ("01", "", 450.0), ("02", "No tree", 200.0)];
    let cases: Vec<_> = steps
        .iter()
        .map(|(id, title, time)| {
            let case = step(id, title);
            (case.clone(), samples(&case, &spread(*time, 8, 1)))
        })
        .collect();
    let stacks: [&[(&str, u64)]; 3] = [
        &[
            ("producer;app::draw;proptest::new_tree;malloc", 150),
            ("producer;app::draw;proptest::new_tree", 60),
            ("producer;app::draw", 90),
            ("writer;parquet::write;<app::Rows<T> as core::iter::Iterator>::next", 120),
            ("writer;parquet::write;rare", 2),
        ],
        &[("producer;app::draw;proptest::new_tree", 200), ("writer;parquet::write", 180)],
        &[
            ("producer;app::draw", 80),
            ("producer;app::draw;rand::range", 40),
            ("writer;parquet::write;<app::Rows<T> as core::iter::Iterator>::next", 118),
        ],
    ];
    let profiles = cases.iter().zip(stacks).map(|((case, _), stacks)| profile(case, stacks));
    let profiles = profiles.collect();
    let mut set = set(cases);
    let run = set.runs[0].id.clone();
    set.add_profiles(&run, profiles);
    set
}
