//! What an imported run says of itself, and what it cannot say.

use std::collections::BTreeMap;

use record::{Environment, Pass, PassInfo, RunId, RunInfo, Sample, SamplingInfo};

use super::Heading;

/// The key of a machine that nothing is known of, and the order of samples that nobody tells.
pub(super) const UNKNOWN: &str = "unknown";

/// What is known of the run, its cases and samples left out.
pub(super) fn info(heading: &Heading, started: Option<i64>) -> RunInfo {
    let mut import = heading.import.clone();
    import.dated = started.is_some();
    RunInfo {
        schema: RunInfo::SCHEMA,
        id: RunId::new(""),
        dyno: heading.dyno.clone(),
        started_ns: started.unwrap_or(import.read_ns),
        finished_ns: None,
        command: heading.command.clone(),
        suite: heading.suite.clone(),
        sampling: sampling(&[]),
        cases: Vec::new(),
        label: heading.label.clone(),
        step: heading.step.clone(),
        revisions: Vec::new(),
        before: Environment::default(),
        after: None,
        passes: Vec::new(),
        unavailable: Vec::new(),
        warnings: Vec::new(),
        skipped: BTreeMap::new(),
        imported: Some(import),
    }
}

/// What no import can tell, in one sentence.
pub(super) fn unknown(info: &RunInfo) -> String {
    let dated = info.imported.as_ref().is_some_and(|import| import.dated);
    let date =
        if dated { "" } else { ", the time of measuring (the time of reading stands for it)" };
    format!("imported: the machine, the build, the order of the samples{date} are unknown")
}

/// What tells the passes beside the timed one.
pub(super) fn passes(samples: &[Sample]) -> Vec<PassInfo> {
    let told = [
        (Pass::Counters, "in executions of its own"),
        (Pass::Totals, "as means over the timed executions"),
    ];
    let of = |(pass, how): (Pass, &str)| {
        let own: Vec<&Sample> = samples.iter().filter(|sample| sample.pass == pass).collect();
        let source = own.first()?.values.first()?.source;
        let tool = source.as_str().trim_start_matches("imported:").replace('-', " ");
        Some(PassInfo {
            pass,
            processes: own.iter().map(|sample| sample.process + 1).max().unwrap_or(0),
            params: BTreeMap::new(),
            tool: format!("{tool}, {how}"),
        })
    };
    told.into_iter().filter_map(of).collect()
}

/// How often, as far as the samples show it.
pub(super) fn sampling(samples: &[Sample]) -> SamplingInfo {
    let timed = || samples.iter().filter(|sample| sample.pass.is_timed());
    SamplingInfo {
        processes: timed().map(|sample| sample.process + 1).max().unwrap_or(0),
        iterations: timed().map(|sample| sample.iteration + 1).max().unwrap_or(0),
        warmup: 0,
        budget_ns: None,
        timeout_ns: 0,
        order: UNKNOWN.to_owned(),
        seed: 0,
        sync: false,
        evict: false,
        pin: None,
        reject: None,
    }
}
