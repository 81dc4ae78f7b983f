//! Runs and samples for the store's tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::store::{RunWriter, Store};
use crate::{
    Answer, CaseId, CaseInfo, Counting, Environment, Failure, FailureKind, Mark, Pass, RunId,
    RunInfo, Sample, SamplingInfo, Source, Status, SuiteInfo, metrics,
};

/// A store in a directory that vanishes with it.
pub(in crate::store) fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path().join("results"));
    (directory, store)
}

/// Run info with two cases.
pub(in crate::store) fn info(id: &str) -> RunInfo {
    let case = |step: &str| CaseInfo {
        id: CaseId::new(format!("pipeline/step={step}")),
        workload: "pipeline".into(),
        runner: "builtin".into(),
        params: BTreeMap::from([
            ("step".to_owned(), step.into()),
            ("rows".to_owned(), 1_000_000.into()),
        ]),
        title: String::new(),
        answer: None,
        revision: None,
        stage: None,
        sweep: false,
        reverted: false,
    };
    RunInfo {
        schema: RunInfo::SCHEMA,
        id: RunId::new(id),
        dyno: "0.1.0".into(),
        started_ns: 1_700_000_000_000_000_000,
        finished_ns: None,
        command: vec!["dyno".into(), "run".into()],
        suite: SuiteInfo {
            name: "quick".into(),
            about: String::new(),
            path: "configs/quick.toml".into(),
            text: "name = \"quick\"\n".into(),
            hash: "0".into(),
            overrides: vec![],
            filter: None,
            references: Vec::new(),
        },
        sampling: SamplingInfo {
            processes: 5,
            iterations: 2,
            warmup: 0,
            budget_ns: None,
            timeout_ns: 1_000_000_000,
            order: "shuffled".into(),
            seed: 1,
            sync: true,
            evict: false,
            pin: None,
            reject: None,
        },
        cases: vec![case("00"), case("09")],
        label: None,
        step: None,
        revisions: Vec::new(),
        before: Environment::default(),
        after: None,
        passes: vec![],
        unavailable: vec![],
        warnings: vec![],
        skipped: BTreeMap::new(),
        imported: None,
    }
}

/// The info of a run that ended.
pub(in crate::store) fn ended(info: &RunInfo) -> RunInfo {
    RunInfo { finished_ns: Some(info.started_ns + 1), ..info.clone() }
}

/// A sample that went well; `number` decides everything in it.
pub(in crate::store) fn sample(number: u32) -> Sample {
    let step = if number.is_multiple_of(2) { "00" } else { "09" };
    let wall = f64::from(100 + number) * 1e6;
    let counting = || Counting {
        enabled_ns: 1000,
        running_ns: 900,
        kernel: false,
        event: "hardware/1".into(),
        group: "core".into(),
    };
    let hardware = Source::Hardware;
    Sample {
        case: CaseId::new(format!("pipeline/step={step}")),
        pass: Pass::Timed,
        process: number / 4,
        iteration: number / 2 % 2,
        started_ns: 1_700_000_000_000_000_000 + i64::from(number),
        executions: 1,
        status: Status::Ok,
        values: vec![
            metrics::WALL_TIME.value(wall, Source::Workload),
            metrics::CPU_TIME.value(wall * 2.0, Source::Software),
            metrics::INSTRUCTIONS.counted(3e9, hardware, counting()),
            metrics::CYCLES.counted(1.5e9, hardware, counting()),
            metrics::ROWS.value(1e6, Source::Workload),
        ],
        answer: Some(Answer { rows: 1_000_000, digest: "d1".into(), group: None }),
        marks: vec![],
    }
}

/// A sample that failed.
pub(in crate::store) fn failed(number: u32) -> Sample {
    Sample {
        status: Status::Failed(Failure {
            kind: FailureKind::Timeout,
            message: "took longer than 1 s".into(),
            output: "last words\n".into(),
        }),
        values: vec![],
        answer: None,
        marks: vec![Mark::Killed { processes: 2 }],
        ..sample(number)
    }
}

/// Makes a run whose journal holds `samples`, and closes it.
pub(in crate::store) fn journal(store: &Store, id: &str, samples: &[Sample]) -> PathBuf {
    let mut writer = RunWriter::create(store, &info(id)).unwrap();
    for sample in samples {
        writer.append(sample).unwrap();
    }
    writer.directory().join("journal.jsonl")
}

/// Makes a complete run of `samples`.
pub(in crate::store) fn complete(store: &Store, info: &RunInfo, samples: &[Sample]) {
    let mut writer = RunWriter::create(store, info).unwrap();
    for sample in samples {
        writer.append(sample).unwrap();
    }
    writer.finish(&ended(info)).unwrap();
}

/// The names in a directory, sorted.
pub(in crate::store) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
