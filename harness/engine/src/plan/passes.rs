//! The cases of the passes beside the timed one: the same cases under the same ids, at the size that
//! the suite gives the pass.
//!
//! The plan calls it with its final cases. What a suite does not state is decided here: a simulated
//! case is smaller and has one thread, because simulation is slow and puts threads in a row.

use std::collections::BTreeMap;
use std::sync::Arc;

use record::Pass;
use record::gate::Rule;
use workload_api::{Kind, ParamValue, Params, Spec};

use super::typing::{Types, from_option};
use crate::case::{Case, Expect};
use crate::pass::PassPlan;
use crate::suite::{CountersDef, PassDef, Setting, Source, SuiteError};

/// Most rows of a simulated case whose suite does not state its size.
const SIMULATED_ROWS: i64 = 10_000;

/// What parameters are called that say how many threads do the work.
const THREADS: [&str; 3] = ["threads", "workers", "producers"];

/// The passes that are asked for, allocations first: they are soon done.
pub(super) fn plan(
    counters: &CountersDef,
    cases: &[Case],
    known: &BTreeMap<String, Vec<Spec>>,
) -> Result<Vec<PassPlan>, SuiteError> {
    let asked = [(Pass::Allocation, &counters.allocations), (Pass::Simulated, &counters.simulate)];
    let mut plans = Vec::new();
    for (pass, def) in asked {
        let Some(def) = def else { continue };
        let own = Own::new(def, cases, known)?;
        let sized = |case: &Case| own.case(pass, case);
        plans.push(PassPlan {
            pass,
            cases: cases.iter().map(sized).collect::<Result<_, _>>()?,
            repeats: counters.repeats,
            caches: counters.caches,
        });
    }
    Ok(plans)
}

/// The passes whose numbers the rules of a gate look at, each with the cases of those rules.
pub(super) fn of_rules(
    rules: &[Rule],
    counters: &CountersDef,
    cases: &[Case],
    known: &BTreeMap<String, Vec<Spec>>,
) -> Result<Vec<PassPlan>, SuiteError> {
    let mut counters = counters.clone();
    let asks = |pass: Pass, case: &Case| {
        rules.iter().any(|rule| rule.pass == pass && rule.cases.contains(&case.id))
    };
    let wanted = |pass: Pass| cases.iter().any(|case| asks(pass, case));
    let forced = |pass, def: &mut Option<PassDef>| {
        *def = wanted(pass).then(|| def.take().unwrap_or_default());
    };
    forced(Pass::Allocation, &mut counters.allocations);
    forced(Pass::Simulated, &mut counters.simulate);
    let mut plans = plan(&counters, cases, known)?;
    for plan in &mut plans {
        plan.cases.retain(|case| asks(plan.pass, case));
    }
    Ok(plans)
}

/// What a pass states, and what the workloads know.
struct Own<'a> {
    params: &'a [Setting],
    source: Option<&'a Arc<Source>>,
    known: &'a BTreeMap<String, Vec<Spec>>,
}

impl<'a> Own<'a> {
    /// Refuses a parameter that no case has.
    fn new(
        def: &'a PassDef,
        cases: &[Case],
        known: &'a BTreeMap<String, Vec<Spec>>,
    ) -> Result<Self, SuiteError> {
        let own = Self { params: &def.params, source: def.source.as_ref(), known };
        let specs = || cases.iter().filter_map(|case| own.spec(case));
        for Setting { name, .. } in own.params {
            if specs().any(|spec| spec.param(&name.value).is_some()) {
                continue;
            }
            let Some(source) = own.source else { continue };
            let mut names: Vec<&str> = Vec::new();
            for param in specs().flat_map(|spec| &spec.params) {
                if !names.contains(&param.name.as_str()) {
                    names.push(&param.name);
                }
            }
            let message = format!("no case has a parameter `{}`", name.value);
            return Err(SuiteError::at(source, &name.span, message).names(&name.value, names));
        }
        Ok(own)
    }

    /// What the workload of a case declares; `None` for a command.
    fn spec(&self, case: &Case) -> Option<&'a Spec> {
        self.known.get(&case.runner.name)?.iter().find(|spec| spec.name == case.workload)
    }

    /// A case as the pass measures it.
    fn case(&self, pass: Pass, case: &Case) -> Result<Case, SuiteError> {
        let Some(spec) = self.spec(case) else { return Ok(case.clone()) };
        let mut params = case.params.clone();
        if pass == Pass::Simulated {
            make_small(spec, &mut params);
        }
        for setting in self.params {
            let Some(param) = spec.param(&setting.name.value) else { continue };
            params.set(&setting.name.value, self.typed(spec, &param.kind, setting)?);
        }
        // What a suite pins is true of the size that it states.
        let same = params == case.params;
        let expect = if same { case.expect.clone() } else { Expect::default() };
        Ok(Case { params, expect, ..case.clone() })
    }

    fn typed(&self, spec: &Spec, kind: &Kind, setting: &Setting) -> Result<ParamValue, SuiteError> {
        // An option is typed without the quotes and the types of TOML.
        if let ParamValue::Text(text) = &setting.value.value
            && let Some(value) = from_option(kind, text)
        {
            return Ok(value);
        }
        match self.source {
            Some(source) => Ok(Types { source, spec: Some(spec) }.setting(setting)?.value.value),
            None => Ok(setting.value.value.clone()),
        }
    }
}

/// One thread and few rows, where the case does not state its threads and has more rows.
fn make_small(spec: &Spec, params: &mut Params) {
    let fits = |name: &str, value: i64| {
        spec.param(name).is_some_and(|param| {
            matches!(param.kind, Kind::Integer { .. })
                && param.kind.accepts(&ParamValue::Integer(value)).is_ok()
        })
    };
    for name in THREADS {
        if fits(name, 1) && params.get(name).is_none() {
            params.set(name, 1);
        }
    }
    let default = || spec.param("rows")?.default.clone();
    let rows = params.get("rows").cloned().or_else(default);
    let more = !matches!(rows, Some(ParamValue::Integer(rows)) if rows <= SIMULATED_ROWS);
    if more && fits("rows", SIMULATED_ROWS) {
        params.set("rows", SIMULATED_ROWS);
    }
}
