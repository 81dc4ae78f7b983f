//! Warnings about the machine and the build, from the facts that a run records of them.

use record::{Environment, RunInfo};

/// The name of dyno's own runner.
const BUILTIN: &str = "builtin";

pub(super) fn debug_build(run: &RunInfo) -> Option<String> {
    let debug = run.before.fact("dyno_build") == Some("debug");
    let built_in = run.cases.iter().any(|case| case.runner == BUILTIN);
    let text = "dyno is a debug build, so its built-in workloads run without optimisation: \
                use `cargo dyno` or `cargo run --release`";
    (debug && built_in).then(|| text.to_owned())
}

/// Other work on the machine: waiting for a CPU before the run, and while it went on; time that
/// the hypervisor took.
pub(super) fn busy(run: &RunInfo) -> Option<String> {
    let mut seen = Vec::new();
    seen.extend(waited_before(&run.before));
    let after = run.after.as_ref().zip(run.finished_ns);
    if let Some((after, finished_ns)) = after {
        let milliseconds = (finished_ns - run.started_ns) as f64 / 1e6;
        seen.extend(waited_during(&run.before, after, milliseconds));
        seen.extend(stolen(&run.before, after, milliseconds));
    }
    (!seen.is_empty()).then(|| {
        format!("the machine was busy: {}: end what else runs, and measure again", seen.join("; "))
    })
}

/// Nothing where two threads had a core each a moment ago: what was busy in the seconds before,
/// such as a build or the run before this one, has ended then.
fn waited_before(before: &Environment) -> Option<String> {
    /// Percent of the last 10 s in which some task waited for a CPU.
    const WAITED_MAX: f64 = 10.0;
    if work_of_two(before).is_some_and(|work| work >= WORK_MIN) {
        return None;
    }
    if let Some(waited) = before.fact("cpu_pressure").and_then(first_number) {
        return (waited > WAITED_MAX)
            .then(|| format!("before the run, tasks waited for a CPU {waited:.0} % of the time"));
    }
    // Without pressure figures the load average tells nearly the same, of the last minute.
    let load = before.fact("load_average").and_then(first_number)?;
    let cores = before.fact("cores").and_then(first_number)?;
    (load > cores / 2.0)
        .then(|| format!("before the run, the load average was {load:.2} on {cores:.0} cores"))
}

fn waited_during(before: &Environment, after: &Environment, milliseconds: f64) -> Option<String> {
    /// More than the own threads of most work.
    const SHARE_MAX: f64 = 0.25;
    let share = grown(before, after, "cpu_pressure")? / milliseconds;
    (share > SHARE_MAX).then(|| {
        format!(
            "during the run, tasks waited for a CPU {:.0} % of the time, which is other load or \
             work with more threads than cores",
            share * 100.0
        )
    })
}

fn stolen(before: &Environment, after: &Environment, milliseconds: f64) -> Option<String> {
    const SHARE_MAX: f64 = 0.01;
    let cores = before.fact("cores").and_then(first_number)?;
    let share = grown(before, after, "steal")? / (milliseconds * cores);
    (share > SHARE_MAX)
        .then(|| format!("the hypervisor gave {:.1} % of the CPU time to others", share * 100.0))
}

/// What a total in ms grew by between two moments, as `... 42 ms in all` says it.
fn grown(before: &Environment, after: &Environment, name: &str) -> Option<f64> {
    let total = |environment: &Environment| -> Option<f64> {
        let text = environment.fact(name)?.strip_suffix(" ms in all")?;
        text.rsplit(' ').next()?.parse().ok()
    };
    Some(total(after)? - total(before)?)
}

/// The number with which a fact begins.
fn first_number(fact: &str) -> Option<f64> {
    let end = fact.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(fact.len());
    fact[..end].parse().ok()
}

/// Hardware threads that share a core reach about 1.3 times the work of one, cores of their own 1.9.
const WORK_MIN: f64 = 1.6;

/// How much more two threads did at that moment than one; `None` where it was not tried.
fn work_of_two(environment: &Environment) -> Option<f64> {
    environment.fact("cores_really_there").and_then(first_number)
}

pub(super) fn cores(run: &RunInfo) -> Option<String> {
    let before = work_of_two(&run.before).map(|work| (work, "before"));
    let after = run.after.as_ref().and_then(work_of_two).map(|work| (work, "after"));
    let both = [before, after].into_iter().flatten();
    let (work, when) = both.reduce(|a, b| if b.0 < a.0 { b } else { a })?;
    (work < WORK_MIN).then(|| {
        format!(
            "two threads did only {work:.2} times the work of one {when} the run: the cores are \
             shared, throttled or busy, and parallel cases take too long; free the machine, or \
             take one with cores of its own"
        )
    })
}

pub(super) fn frequency(run: &RunInfo) -> Option<String> {
    let known = |name: &str| run.before.fact(name).filter(|fact| !fact.starts_with("unknown"));
    let governor = known("governor").filter(|governor| *governor != "performance");
    let turbo = known("turbo").filter(|turbo| *turbo == "on");
    let seen = match (governor, turbo) {
        (None, None) => return None,
        (Some(governor), None) => format!("the frequency governor is `{governor}`"),
        (None, Some(_)) => "turbo is on".to_owned(),
        (Some(governor), Some(_)) => {
            format!("the frequency governor is `{governor}` and turbo is on")
        }
    };
    let mut advice = Vec::new();
    advice.extend(governor.map(|_| "`sudo cpupower frequency-set -g performance`"));
    advice.extend(turbo.map(|_| "turning turbo off (`cpufreq/boost`, `intel_pstate/no_turbo`)"));
    Some(format!(
        "{seen}, so the clock moves with load and temperature: {} steadies it",
        advice.join(" and ")
    ))
}

pub(super) fn output_in_memory(run: &RunInfo) -> Option<String> {
    if run.before.fact("data_in_memory") != Some("yes") {
        return None;
    }
    let place = run.before.fact("data_filesystem").unwrap_or("a file system in memory");
    let place = place.split_once(" (").map_or(place, |(place, _)| place);
    Some(format!(
        "what the work writes stays in memory ({place}), where storage costs nothing and `sync` \
         does nothing: set `directory` under `[output]`, or `--set output.directory=DIR`, to a disk"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_at_the_beginning_of_a_fact_is_read() {
        assert_eq!(first_number("1.94x with 2 threads"), Some(1.94));
        assert_eq!(first_number("4, 2 usable"), Some(4.0));
        assert_eq!(first_number("12.50 % of the last 10 s, 7 ms in all"), Some(12.5));
        assert_eq!(first_number("unknown: there is one core"), None);
        assert_eq!(first_number(""), None);
    }
}
