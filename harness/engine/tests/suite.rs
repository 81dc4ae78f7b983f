//! Suites from the outside: what they mean, how they are refused, and that no way of spoiling a
//! real one goes unnoticed. Nothing here starts a process.

#[cfg(test)]
#[path = "suite/documents.rs"]
mod documents;
#[cfg(test)]
#[path = "suite/errors_of_cases.rs"]
mod errors_of_cases;
#[cfg(test)]
#[path = "suite/errors_of_gates.rs"]
mod errors_of_gates;
#[cfg(test)]
#[path = "suite/errors_of_machine.rs"]
mod errors_of_machine;
#[cfg(test)]
#[path = "suite/errors_of_options.rs"]
mod errors_of_options;
#[cfg(test)]
#[path = "suite/errors_of_tables.rs"]
mod errors_of_tables;
#[cfg(test)]
#[path = "suite/fuzz.rs"]
mod fuzz;
#[cfg(test)]
#[path = "suite/mutations.rs"]
mod mutations;
#[cfg(test)]
#[path = "suite/plans.rs"]
mod plans;

use std::path::Path;

use engine::case::{Runner, RunnerKind};
use engine::plan::{Filter, Override, Plan, PlanOptions, Specs};
use engine::suite::{Suite, SuiteError};
use workload_api::{Kind, ParamSpec, Spec};

/// The real built-in workloads, and one sorting workload for every foreign program.
pub(crate) struct Served;

impl Specs for Served {
    fn specs(&self, runner: &Runner) -> anyhow::Result<Vec<Spec>> {
        match runner.kind {
            RunnerKind::Builtin => Ok(workloads::ALL.iter().map(|known| known.spec()).collect()),
            _ => Ok(vec![spec("sort", vec![param("rows", ROWS)])]),
        }
    }
}

/// Workloads with a parameter of every kind, whose declarations no other change can touch.
pub(crate) struct Fixture;

const ROWS: Kind = Kind::Integer { min: 1, max: 1_000_000_000 };

impl Specs for Fixture {
    fn specs(&self, runner: &Runner) -> anyhow::Result<Vec<Spec>> {
        match (&runner.kind, runner.name.as_str()) {
            (RunnerKind::Builtin, _) => {
                Ok(vec![pipeline(), spec("scan", vec![param("rows", ROWS)])])
            }
            (_, "broken") => anyhow::bail!("no such file or directory"),
            _ => Ok(vec![spec("sort", vec![param("rows", ROWS)])]),
        }
    }
}

fn pipeline() -> Spec {
    let steps = Kind::titled(&[("00", "Baseline"), ("05", "Second writer"), ("12", "Last")]);
    spec(
        "pipeline",
        vec![
            param("step", steps),
            param("rows", ROWS),
            param("writers", Kind::Integer { min: 1, max: 64 }),
            param("buffer", Kind::Bytes { min: 1024, max: 1 << 30 }),
            param("delay", Kind::Duration { min: 0, max: 60_000_000_000 }),
            param("share", Kind::Float { min: 0.0, max: 1.0 }),
            param("dictionary", Kind::Bool),
            param("codec", Kind::titled(&[("none", "As it is"), ("zstd", "Zstandard")])),
        ],
    )
}

fn spec(name: &str, params: Vec<ParamSpec>) -> Spec {
    Spec { name: name.to_owned(), about: String::new(), params }
}

fn param(name: &str, kind: Kind) -> ParamSpec {
    ParamSpec { name: name.to_owned(), about: String::new(), kind, default: None }
}

/// The plan of a text with options as they are typed.
pub(crate) fn plan_with(
    text: &str,
    sets: &[&str],
    filter: Option<&str>,
) -> Result<Plan, SuiteError> {
    let overrides = sets.iter().map(|set| Override::parse(set)).collect::<Result<_, _>>()?;
    let filter = filter.map(Filter::parse).transpose()?;
    let suite = Suite::parse(text, Path::new("/suites/x.toml"))?;
    Plan::build(&suite, &Fixture, &PlanOptions { filter, overrides })
}

/// The plan of a suite with one case, which `case` describes.
pub(crate) fn plan(case: &str) -> Result<Plan, SuiteError> {
    plan_with(&one_case(case), &[], None)
}

/// A suite with one case of the workload `pipeline`.
pub(crate) fn one_case(case: &str) -> String {
    format!("name = \"x\"\n\n[[case]]\nworkload = \"pipeline\"\n{case}\n")
}

/// The ids of a plan's cases.
pub(crate) fn ids(plan: &Plan) -> Vec<&str> {
    plan.cases.iter().map(|case| case.id.as_str()).collect()
}

/// A CPU that this process may use, as the kernel lists them.
pub(crate) fn usable_cpu() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let first = list.and_then(|list| list.trim().split([',', '-']).next());
    first.and_then(|cpu| cpu.parse().ok()).unwrap_or(0)
}

/// The report of a suite that is refused.
pub(crate) fn refused(text: &str) -> String {
    refused_with(text, &[], None)
}

/// The report of an option that is refused beside a good suite.
pub(crate) fn option_refused(sets: &[&str], filter: Option<&str>) -> String {
    refused_with(&one_case("params = { step = \"00\" }"), sets, filter)
}

fn refused_with(text: &str, sets: &[&str], filter: Option<&str>) -> String {
    match plan_with(text, sets, filter) {
        Ok(plan) => panic!("accepted with {} cases", plan.cases.len()),
        Err(error) => error.to_string(),
    }
}
