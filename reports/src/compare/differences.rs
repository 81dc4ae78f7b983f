//! What is not the same in two runs, and which of it forbids a ratio.
//!
//! Called by the comparison alone.

use record::{RunInfo, metrics};
use serde::Serialize;

use crate::format::{counted, significant};
use crate::labels;
use crate::run_set::CaseSet;

/// One thing that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is, for instance `kernel`.
    pub what: String,
    /// How the baseline has it.
    pub baseline: String,
    /// How the candidate has it.
    pub candidate: String,
    /// Whether ratios of the two runs mean nothing because of it.
    pub forbids: bool,
}

/// Facts that are another one at every moment, and tell nothing about what was compared.
const MOVING: [&str; 9] = [
    "frequency",
    "cores_really_there",
    "swap",
    "data_free",
    "load_average",
    "cpu_pressure",
    "memory_pressure",
    "io_pressure",
    "steal",
];

const DYNO_BUILD: &str = "dyno_build";
const MACHINE: &str = "machine";

/// Everything that differs between two runs, what forbids a comparison first.
pub(crate) fn between(old: &RunInfo, new: &RunInfo) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut say = |what: &str, baseline: String, candidate: String, forbids: bool| {
        if baseline != candidate {
            all.push(Difference { what: what.to_owned(), baseline, candidate, forbids });
        }
    };
    let key = |run: &RunInfo| run.before.machine_key.clone();
    say(MACHINE, key(old), key(new), true);
    let (was, is) = (&old.sampling, &new.sampling);
    say("seed", was.seed.to_string(), is.seed.to_string(), true);
    let pin = |pin: &Option<String>| pin.clone().unwrap_or_else(|| "not pinned".to_owned());
    say("pin", pin(&was.pin), pin(&is.pin), false);
    say("sync", was.sync.to_string(), is.sync.to_string(), false);
    say("evict", was.evict.to_string(), is.evict.to_string(), false);
    let amount = |run: &RunInfo| {
        let sampling = &run.sampling;
        let (n, k, w) = (sampling.processes, sampling.iterations, sampling.warmup);
        format!("{n} processes, {k} samples, {w} warm-ups")
    };
    // Of an import only the number of samples is known, and that stands in the table.
    if old.imported.is_none() && new.imported.is_none() {
        say("sampling", amount(old), amount(new), false);
    }
    say("suite", old.suite.name.clone(), new.suite.name.clone(), false);
    if old.suite.name == new.suite.name {
        // Text, overrides and filter together; cases are matched by their ids all the same.
        let hash = |run: &RunInfo| format!("hash {}", run.suite.hash);
        say("suite", hash(old), hash(new), false);
    }
    say("dyno", old.dyno.clone(), new.dyno.clone(), false);
    let names = old.before.facts.iter().chain(&new.before.facts).map(|fact| fact.name.as_str());
    let mut told: Vec<&str> = Vec::new();
    for name in names.filter(|name| !MOVING.contains(name)) {
        if !told.contains(&name) {
            told.push(name);
            let fact = |run: &RunInfo| run.before.fact(name).unwrap_or("not recorded").to_owned();
            say(name, fact(old), fact(new), false);
        }
    }
    all.sort_by_key(|difference| !difference.forbids);
    all
}

/// Why a case of one run may not be held against one of another; `None` where it may.
pub(super) fn why_not(differences: &[Difference], old: &CaseSet, new: &CaseSet) -> Option<String> {
    conditions(differences, old, new)
        .or_else(|| case(old, new))
        .or_else(|| rows(old, new))
        .or_else(|| answers(old, new))
}

/// Why two steps of a history may not be held against each other. Other parameters are no reason:
/// they may be what the step is about. Other machines are told by a warning of their own.
pub(crate) fn of_steps(
    (old_run, old): (&RunInfo, &CaseSet),
    (new_run, new): (&RunInfo, &CaseSet),
) -> Option<String> {
    let differences = between(old_run, new_run).into_iter().filter(|one| one.what != MACHINE);
    conditions(&differences.collect::<Vec<_>>(), old, new)
        .or_else(|| rows(old, new))
        .or_else(|| answers(old, new))
}

/// That two runs are from different machines, where they are.
pub(crate) fn machine(old: &RunInfo, new: &RunInfo) -> Option<String> {
    let (was, is) = (&old.before.machine_key, &new.before.machine_key);
    (was != is).then(|| format!("{MACHINE}: {was} against {is}"))
}

/// What differs around the work.
fn conditions(differences: &[Difference], old: &CaseSet, new: &CaseSet) -> Option<String> {
    // Only dyno's own workloads are part of dyno's build.
    let builtin = [old, new].iter().any(|case| case.info.runner == "builtin");
    let forbids = |one: &&Difference| one.forbids || (builtin && one.what == DYNO_BUILD);
    let found = differences.iter().find(forbids)?;
    Some(format!("{}: {} against {}", found.what, found.baseline, found.candidate))
}

/// The workload or the parameters.
fn case(old: &CaseSet, new: &CaseSet) -> Option<String> {
    let (was, is) = (&old.info, &new.info);
    if was.workload != is.workload {
        return Some(format!("workload: {} against {}", was.workload, is.workload));
    }
    let differing = labels::varying(&[was, is]);
    let name = differing.first()?;
    let text = |info: &record::CaseInfo| {
        info.params.get(name).map_or_else(|| "not stated".to_owned(), labels::text)
    };
    let more = match differing.len() {
        1 => String::new(),
        several => format!(" and {} more", counted(several - 1, "parameter")),
    };
    Some(format!("parameter {name}: {} against {}{more}", text(was), text(is)))
}

/// The rows that one execution did.
pub(crate) fn rows(old: &CaseSet, new: &CaseSet) -> Option<String> {
    let rows = |case: &CaseSet| Some(case.metric(metrics::ROWS.name)?.summary.median);
    let (was, is) = (rows(old)?, rows(new)?);
    let text = |rows: f64| significant(rows, 3);
    (was != is).then(|| format!("rows: {} against {}", text(was), text(is)))
}

/// The content that the work produced.
fn answers(old: &CaseSet, new: &CaseSet) -> Option<String> {
    let (was, is) = (old.answer.as_ref()?, new.answer.as_ref()?);
    if was.rows != is.rows {
        return Some(format!("rows of the answer: {} against {}", was.rows, is.rows));
    }
    (was.digest != is.digest).then(|| format!("answer: {} against {}", was.digest, is.digest))
}
