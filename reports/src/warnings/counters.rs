//! Warnings about how the counters of a set were counted: scaled estimates, and user space alone.

use record::Pass;

use crate::run_set::{RunSet, Series};

/// Counters that shared the PMU with others inside samples.
pub(super) fn scaled(set: &RunSet) -> Option<String> {
    /// A smaller share of the time away changes no conclusion.
    const SHARE_MIN: f64 = 0.99;
    let found = metrics(set, |how| how.on_pmu < SHARE_MIN);
    let shares = series(set).filter_map(|one| one.counted);
    let least = shares.map(|how| how.on_pmu).fold(1.0, f64::min);
    let imported = set.runs.iter().any(|run| run.imported.is_some());
    let advice = match imported {
        true => "ask `perf stat` for fewer events at a time",
        false => "choose fewer `events` under [counters], or let them take turns (`share = false`)",
    };
    (!found.is_empty()).then(|| {
        format!(
            "{} shared the counters of the CPU with other events, down to {:.0} % of the time, and \
             are scaled up to the whole, which makes them estimates: {advice}",
            found.join(", "),
            least * 100.0
        )
    })
}

/// Counters that saw user space alone.
pub(super) fn user_only(set: &RunSet) -> Option<String> {
    let found = metrics(set, |how| !how.kernel);
    (!found.is_empty()).then(|| {
        format!(
            "{} {} counted in user space alone: `sudo sysctl kernel.perf_event_paranoid=1`, or \
             CAP_PERFMON, adds what the kernel did for the work",
            found.join(", "),
            if found.len() == 1 { "was" } else { "were" }
        )
    })
}

/// Every series of the timed pass, and of what another tool counted apart from it.
fn series(set: &RunSet) -> impl Iterator<Item = &Series> {
    set.cases.iter().flat_map(|case| {
        let counters = case.pass(Pass::Counters).map(|pass| pass.series.as_slice());
        case.series.iter().chain(counters.unwrap_or_default())
    })
}

/// The metrics of which some case was counted so, each once, in the order of the series.
fn metrics(set: &RunSet, so: impl Fn(&crate::run_set::Counted) -> bool) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for series in series(set) {
        if series.counted.as_ref().is_some_and(&so) && !found.contains(&series.metric.as_str()) {
            found.push(&series.metric);
        }
    }
    found
}
