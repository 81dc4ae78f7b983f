//! `[build]` and `[[gate]]`, checked: how a revision is built, and what a gate asks of its cases.
//!
//! Which cases a rule holds for is resolved by the plan, which knows them. Starts nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use record::gate::{RuleKind, TIME};
use record::metrics;

use super::message::cannot_be;
use super::runner::RunnerDef;
use super::source::{Located, Source, Span};
use super::wire::{WireAmount, WireBuild, WireCommand, WireGate, WireShare};
use super::{SuiteError, check, nearest, words};
use crate::case::{CommandLine, RunnerKind};
use crate::pass::only_pass_of;
use crate::plan::Filter;

/// Longest build.
const BUILD_MAX: Duration = Duration::from_secs(24 * 3600);

/// Longest build where the suite states nothing.
const BUILD_USUAL: Duration = Duration::from_secs(30 * 60);

/// Probability of a false alarm in a whole gate where the suite states nothing.
const ALPHA: f64 = 0.01;

/// How a tree is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// What is run in the root of the tree; may hold `{tree}` and `{workspace}`.
    pub command: CommandLine,
    /// What it makes, relative to the root of the tree; may hold the same names.
    pub executable: Option<String>,
    /// What links it again with another layout of its code; may hold `{seed}` too.
    pub layout: Option<CommandLine>,
    /// Variables added to its environment; may hold the same names.
    pub env: BTreeMap<String, String>,
    /// How long it may take.
    pub timeout: Duration,
}

/// A rule before its cases are known.
#[derive(Clone, Debug)]
pub(crate) struct GateDef {
    pub(crate) span: Span,
    pub(crate) kind: RuleKind,
    pub(crate) metric: String,
    pub(crate) tolerated: Option<f64>,
    pub(crate) must_catch: Option<f64>,
    pub(crate) alpha: f64,
    pub(crate) ignore_below: f64,
    /// Not asked for by the suite: says nothing about cases without the metric.
    pub(crate) optional: bool,
    pub(crate) bound: Option<f64>,
    pub(crate) filter: Option<Located<Filter>>,
}

/// The rules of a suite that states none: exact where that is possible, time, peak memory.
pub(crate) fn usual() -> Vec<GateDef> {
    let rule = |kind, metric: &str, tolerated, ignore_below| GateDef {
        span: 0..0,
        kind,
        metric: metric.to_owned(),
        tolerated,
        must_catch: None,
        alpha: ALPHA,
        ignore_below,
        optional: true,
        bound: None,
        filter: None,
    };
    vec![
        rule(RuleKind::Relative, TIME, None, 0.0),
        rule(RuleKind::Relative, metrics::PEAK_RSS.name, None, PEAK_FLOOR_BYTES),
        rule(RuleKind::Exact, metrics::BYTES_OUT.name, None, 0.0),
        rule(RuleKind::Exact, metrics::ALLOCATIONS.name, None, ALLOCATIONS_FLOOR),
        rule(RuleKind::Exact, metrics::INSTRUCTIONS.name, Some(INSTRUCTIONS_TOLERATED), 0.0),
    ]
}

/// A few allocations more in the whole work are a start-up or a buffer; one more a row are not few.
const ALLOCATIONS_FLOOR: f64 = 100.0;

/// As much as is tolerated of CPU time: nobody asked for a gate that every refactoring fails.
const INSTRUCTIONS_TOLERATED: f64 = 0.01;

/// Allocators take memory in arenas and the kernel gives it in huge pages, so the peak of equal
/// programs differs by this much.
const PEAK_FLOOR_BYTES: f64 = (4 << 20) as f64;

/// `[build]`.
pub(super) fn build(source: &Arc<Source>, wire: &Located<WireBuild>) -> Result<Build, SuiteError> {
    let build = &wire.value;
    let line = command(source, "command", &build.command)?;
    let layout = build.layout.as_ref();
    let layout = layout.map(|found| command(source, "layout", found)).transpose()?;
    if let (Some(found), None) = (&build.layout, &build.executable) {
        return Err(cannot_be(source, &found.span, "layout")
            .note("`executable` must name what it makes: each layout is copied out of the tree"));
    }
    let executable = build.executable.as_ref();
    let executable =
        executable.map(|found| check::words(source, "executable", found)).transpose()?;
    let mut env = BTreeMap::new();
    for (name, value) in &build.env.0 {
        env.insert(check::name(source, "env", name)?, check::text(source, &name.value, value)?);
    }
    let timeout = match &build.timeout {
        Some(found) => check::duration(source, "timeout", found, BUILD_MAX)?,
        None => BUILD_USUAL,
    };
    Ok(Build { command: line, executable, layout, env, timeout })
}

/// A command line of one of the two forms.
fn command(
    source: &Arc<Source>,
    key: &str,
    wire: &Located<WireCommand>,
) -> Result<CommandLine, SuiteError> {
    let command = match &wire.value {
        WireCommand::Text(text) => {
            let located = wire.with(text.clone());
            check::words(source, key, &located)?;
            words::split(text)
                .map_err(|error| SuiteError::at(source, &wire.span, format!("`{key}`: {error}")))?
        }
        WireCommand::Words(list) => {
            list.iter().map(|word| check::text(source, key, word)).collect::<Result<Vec<_>, _>>()?
        }
    };
    if command.first().is_none_or(String::is_empty) {
        return Err(cannot_be(source, &wire.span, key).allowed("a program, and then its arguments"));
    }
    Ok(CommandLine::Argv(command))
}

/// Every `[[gate]]`; the usual rules where there is none.
pub(super) fn rules(
    source: &Arc<Source>,
    wire: &[Located<WireGate>],
    runners: &[RunnerDef],
) -> Result<Vec<GateDef>, SuiteError> {
    let mut rules: Vec<GateDef> = Vec::new();
    for one in wire {
        let rule = Checker { source, runners }.rule(one)?;
        let same = |other: &&GateDef| {
            other.kind == rule.kind && other.metric == rule.metric && other.filter.is_none()
        };
        if let Some(first) = rules.iter().find(same).filter(|_| rule.filter.is_none()) {
            let line = source.position(first.span.start).line;
            let message = format!("a second rule for all of `{}`", rule.metric);
            return Err(SuiteError::at(source, &one.value.metric.span, message).note(format!(
                "the first one stands in line {line}; a `filter` tells them apart"
            )));
        }
        rules.push(rule);
    }
    Ok(if wire.is_empty() { usual() } else { rules })
}

struct Checker<'a> {
    source: &'a Arc<Source>,
    runners: &'a [RunnerDef],
}

impl Checker<'_> {
    fn rule(&self, wire: &Located<WireGate>) -> Result<GateDef, SuiteError> {
        let rule = &wire.value;
        let metric = self.metric(&rule.metric)?;
        let (kind, bound) = self.kind(rule)?;
        let share = |key, found: &Option<_>, max| match found {
            Some(found) => self.share(key, found, max).map(Some),
            None => Ok(None),
        };
        let tolerated = share("tolerated", &rule.tolerated, 1.0)?;
        let must_catch = share("must_catch", &rule.must_catch, 10.0)?;
        if let (Some(low), Some(high), Some(found)) = (tolerated, must_catch, &rule.must_catch)
            && high <= low
        {
            return Err(cannot_be(self.source, &found.span, "must_catch")
                .allowed(format!("more than `tolerated`, which is {} %", low * 100.0)));
        }
        let alpha = share("alpha", &rule.alpha, 0.2)?.unwrap_or(ALPHA);
        if let (Some(found), true) = (&rule.alpha, alpha <= 0.0) {
            return Err(cannot_be(self.source, &found.span, "alpha").allowed("more than 0"));
        }
        let ignore_below = self.amount("ignore_below", rule.ignore_below.as_ref())?.unwrap_or(0.0);
        let filter = rule.filter.as_ref().map(|found| self.filter(found)).transpose()?;
        let span = wire.span.clone();
        Ok(GateDef {
            span,
            kind,
            metric,
            tolerated,
            must_catch,
            alpha,
            ignore_below,
            optional: false,
            bound,
            filter,
        })
    }

    /// One of the keys that say what a rule looks at, and the number that belongs to it.
    fn kind(&self, rule: &WireGate) -> Result<(RuleKind, Option<f64>), SuiteError> {
        let mut kinds = Vec::new();
        if let Some(found) = rule.exact.as_ref().filter(|found| found.value) {
            kinds.push(("exact", &found.span, RuleKind::Exact, None));
        }
        for (key, found, kind) in [
            ("at_most", &rule.at_most, RuleKind::Ceiling),
            ("at_least", &rule.at_least, RuleKind::Floor),
        ] {
            if let Some(found) = found {
                kinds.push((key, &found.span, kind, self.amount(key, Some(found))?));
            }
        }
        if let Some(found) = &rule.trend {
            let gates = check::count(self.source, "trend", found, (2, 1_000))?;
            kinds.push(("trend", &found.span, RuleKind::Trend, Some(gates as f64)));
        }
        let (kind, bound) = match kinds.as_slice() {
            [] => (RuleKind::Relative, None),
            [(_, _, kind, bound)] => (*kind, *bound),
            [(first, ..), (second, span, ..), ..] => {
                let message = format!("`{first}` and `{second}` are two rules");
                return Err(SuiteError::at(self.source, span, message)
                    .note("give each a `[[gate]]` of its own"));
            }
        };
        match kind {
            RuleKind::Ceiling | RuleKind::Floor => self.refuse_margins(rule, kinds[0].0)?,
            RuleKind::Relative | RuleKind::Trend => self.refuse_counts(rule)?,
            _ => {}
        }
        Ok((kind, bound))
    }

    /// What no timed process counts has no pairs to bet on.
    fn refuse_counts(&self, rule: &WireGate) -> Result<(), SuiteError> {
        let found = &rule.metric;
        match only_pass_of(&found.value) {
            None => Ok(()),
            Some(pass) => Err(SuiteError::at(
                self.source,
                &found.span,
                format!("`{}` is counted in the {pass} pass and not in pairs", found.value),
            )
            .note("add `exact = true`, or a bound such as `at_most`")),
        }
    }

    /// A fixed bound has no margins.
    fn refuse_margins(&self, rule: &WireGate, key: &str) -> Result<(), SuiteError> {
        let tolerated = rule.tolerated.as_ref().map(|found| ("tolerated", &found.span));
        let must_catch = rule.must_catch.as_ref().map(|found| ("must_catch", &found.span));
        match tolerated.or(must_catch) {
            None => Ok(()),
            Some((margin, span)) => Err(SuiteError::at(
                self.source,
                span,
                format!("`{margin}` belongs to a relative change, and `{key}` is a fixed bound"),
            )
            .note("give each a `[[gate]]` of its own")),
        }
    }

    /// One of dyno's metrics, one that a command prints, or one of a workload's own, which nobody
    /// knows before it has run.
    fn metric(&self, found: &Located<String>) -> Result<String, SuiteError> {
        let name = check::name(self.source, "metric", found)?;
        let printed = self.runners.iter().flat_map(|def| match &def.runner.kind {
            RunnerKind::Command(command) => command.metrics.as_slice(),
            RunnerKind::Builtin | RunnerKind::Program { .. } => &[],
        });
        let mut known: Vec<&str> = vec![TIME];
        known.extend(metrics::ALL.iter().map(|metric| metric.name));
        known.extend(printed.map(|metric| metric.name.as_str()));
        if known.contains(&name.as_str()) || nearest(&name, known.iter().copied()).is_none() {
            return Ok(name);
        }
        Err(SuiteError::at(self.source, &found.span, format!("unknown metric `{name}`"))
            .names(&name, known))
    }

    fn share(&self, key: &str, found: &Located<WireShare>, max: f64) -> Result<f64, SuiteError> {
        let share = found.value.0;
        if (0.0..=max).contains(&share) {
            return Ok(share);
        }
        let most = max * 100.0;
        Err(cannot_be(self.source, &found.span, key)
            .allowed(format!("a share from 0 to {max}, such as \"1%\"; that is up to {most} %")))
    }

    fn amount(
        &self,
        key: &str,
        found: Option<&Located<WireAmount>>,
    ) -> Result<Option<f64>, SuiteError> {
        let Some(found) = found else { return Ok(None) };
        let amount = found.value.0;
        if amount.is_finite() && amount >= 0.0 {
            return Ok(Some(amount));
        }
        Err(cannot_be(self.source, &found.span, key).allowed(
            "an amount of 0 or more, such as \"250ms\", \"64KiB\" or a number in base units",
        ))
    }

    fn filter(&self, found: &Located<String>) -> Result<Located<Filter>, SuiteError> {
        let filter =
            Filter::parse(&found.value).map_err(|error| error.moved(self.source, &found.span))?;
        Ok(found.with(filter))
    }
}
