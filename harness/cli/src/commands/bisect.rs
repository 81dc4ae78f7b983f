//! `dyno bisect`: which revision made one case worse, by paired comparisons with the good one.
//!
//! Revisions are built as a gate builds them and compared as a gate compares them; which one comes
//! next and how sure its comparison has to be says `stats::search`. Nothing here decides about
//! numbers.

use anyhow::{Context, bail};
use engine::case::{Case, RunnerKind};
use engine::counters;
use engine::measure::Bench;
use engine::pairs::{Contest, Decision, Limits, Party, Played, Stopper, Tournament, Watcher};
use engine::plan::Plan;
use engine::session::Ended;
use record::Revision;
use record::gate::{Margins, Role, Rule, RuleKind, TIME, Unit};
use reports::bisect::{self, Asked, Report};
use reports::gate::Facts;
use reports::gate::duel::{Duel, Question, Verdict};
use stats::search::{Answer, Search};

use super::builds::{Builder, NoBuild};
use super::gate::{duration, watch::Lines};
use super::history::Repository;
use super::measuring::{self, Ground};
use super::planning::{self, Selection};
use crate::args::BisectArgs;
use crate::exit::{Exit, UsageError};
use crate::interrupt;
use crate::output::print;

/// Finds the revision and says how sure that is.
///
/// # Errors
/// When the suite, the revisions or the case cannot be understood, or the good revision does not
/// build or fails.
pub(crate) fn run(args: &BisectArgs) -> anyhow::Result<Exit> {
    let mut ground = Ground::new(args.store.store.as_deref(), Some(&args.suite))?;
    let repository = Repository::find(&args.repo, &ground.tree)?;
    ground.tree.clone_from(&repository.root);
    let commits = repository.line(&args.good, &args.bad)?;
    let revisions = repository.revisions(&commits)?;
    let search = Search::new(revisions.len(), args.alpha);
    let search = search.ok_or_else(|| {
        UsageError(format!("`{}` and `{}` are the same revision", args.good, args.bad))
    })?;
    let selection = Selection { suite: &args.suite, filter: None, set: &args.set, pin: None };
    let plan = planning::plan(&selection, &mut ground.launcher)?;
    super::history::in_its_tree(&plan, &repository)?;
    let case = chosen(&plan, &args.case)?.clone();
    let limits = Limits { total: None, per_case: duration("--per-case", &args.per_case)? };
    let (metric, rule) = asked_of(&plan, &case, args.metric.as_deref());
    let work_dir =
        measuring::work_dir(&plan, &ground.store).join(format!("bisect-{}", std::process::id()));
    let mut hunt = Hunt {
        plan: &plan,
        repository: &repository,
        revisions: &revisions,
        ground: &mut ground,
        limits,
        work_dir,
        lines: Lines::new(args.progress),
    };
    let found = hunt.find(search, (&case, &metric, rule));
    let _ = std::fs::remove_dir_all(&hunt.work_dir);
    let Some((search, asked)) = found? else { return Ok(Exit::Interrupted) };
    let report = Report {
        case: &case.id,
        revisions: &revisions,
        good: &args.good,
        search: &search,
        asked: &asked,
        alpha: args.alpha,
    };
    print(&report.text())?;
    Ok(if report.found().is_some() { Exit::Ok } else { Exit::Undecided })
}

/// The case of that name: by id, or by what it is called in its suite.
fn chosen<'a>(plan: &'a Plan, name: &str) -> anyhow::Result<&'a Case> {
    let tests: [&dyn Fn(&Case) -> bool; 3] =
        [&|case| case.id.as_str() == name, &|case| plan.label(case) == name, &|case| {
            case.workload == name
        }];
    for test in tests {
        match plan.cases.iter().filter(|case| test(case)).collect::<Vec<_>>().as_slice() {
            [] => {}
            [case] => return Ok(case),
            [..] => return Err(UsageError(format!("`{name}` means several cases")).into()),
        }
    }
    let known: Vec<&str> = plan.cases.iter().map(|case| case.id.as_str()).collect();
    Err(UsageError(format!("no case `{name}`; there are: {}", known.join(", "))).into())
}

/// The metric and the suite's first rule about a change of it: as told, else that of the first rule
/// about any change.
fn asked_of<'a>(plan: &'a Plan, case: &Case, told: Option<&str>) -> (String, Option<&'a Rule>) {
    let of_case = |rule: &&Rule| {
        rule.kind == RuleKind::Relative
            && rule.cases.contains(&case.id)
            && told.is_none_or(|told| rule.metric == told)
    };
    let rule = plan.rules.iter().find(of_case);
    let metric = told.or(rule.map(|rule| rule.metric.as_str())).unwrap_or(TIME);
    (metric.to_owned(), rule)
}

/// What every comparison needs.
struct Hunt<'a> {
    plan: &'a Plan,
    repository: &'a Repository,
    revisions: &'a [Revision],
    ground: &'a mut Ground,
    limits: Limits,
    work_dir: std::path::PathBuf,
    lines: Lines,
}

/// Asks the duel after every pair.
struct Judge<'a>(&'a mut Duel);

impl Stopper for Judge<'_> {
    fn observe(&mut self, unit: &Unit) -> Decision {
        if self.0.observe(unit) { Decision::Enough } else { Decision::More }
    }
}

impl Hunt<'_> {
    /// Asks until nothing more can be found out; `None` when a person stopped it.
    fn find(
        &mut self,
        mut search: Search,
        (case, metric, rule): (&Case, &str, Option<&Rule>),
    ) -> anyhow::Result<Option<(Search, Vec<Asked>)>> {
        let stop = interrupt::listen("nothing was found".to_owned())?;
        let mut warnings = Vec::new();
        let _alone = measuring::alone(&self.ground.store, &mut warnings);
        let first = &self.revisions[0];
        let good = self.build(first).context("the good revision does not build")?;
        let good = good.case(case).map_err(UsageError)?;
        let mut asked: Vec<Asked> = Vec::new();
        let mut margins = None;
        while let Some(next) = search.next_question() {
            let revision = &self.revisions[next.at];
            let (metric, rule) = (metric.to_owned(), rule.cloned());
            let question = Question { metric, rule, margins, alpha: next.alpha };
            let new = match self.build(revision) {
                Ok(party) => party.case(case).map_err(UsageError)?,
                Err(error) => {
                    let why = format!("does not build: {}", error.downcast::<NoBuild>()?.0.message);
                    asked.push(Asked::skipped(next, why));
                    self.tell(&asked);
                    search.answer(next.at, Answer::Skipped);
                    continue;
                }
            };
            let is_command = matches!(case.runner.kind, RunnerKind::Command(_));
            let mut duel = Duel::new(question, &Facts::new(case.id.clone(), is_command));
            let ended = self.compare((&good, new), &mut duel, &stop)?;
            if ended == Ended::Interrupted {
                return Ok(None);
            }
            let verdict = duel.verdict();
            if let Verdict::Failed(failure) = &verdict
                && failure.side == record::gate::Side::Baseline
            {
                bail!("the good revision fails: {}", failure.failure.message);
            }
            let answer = match verdict {
                Verdict::Worse => Answer::Bad,
                Verdict::NotWorse => Answer::Good,
                Verdict::Undecided(_) | Verdict::Failed(_) => Answer::Skipped,
            };
            if let (true, Some(worse)) = (asked.is_empty(), duel.worse_by()) {
                margins = Some(thirds(worse));
            }
            asked.push(Asked::compared(next, &duel, verdict));
            self.tell(&asked);
            search.answer(next.at, answer);
        }
        Ok(Some((search, asked)))
    }

    fn build(&mut self, revision: &Revision) -> anyhow::Result<Party> {
        let workspace = self.repository.root.clone();
        let build = self.plan.build.as_ref();
        let mut builder = Builder { launcher: &mut self.ground.launcher, workspace, build };
        builder.revision(&revision.commit)
    }

    /// Pairs of the good revision and another one, until the duel is decided or out of time.
    fn compare(
        &mut self,
        (good, new): (&Case, Case),
        duel: &mut Duel,
        stop: &std::sync::atomic::AtomicBool,
    ) -> anyhow::Result<Ended> {
        let script = planning::scripted_counters()?;
        let baseline = good.clone();
        let mut tournament = Tournament {
            contests: vec![Contest {
                role: Role::Case,
                baseline,
                candidate: new,
                layouts: Vec::new(),
            }],
            bench: Bench {
                launcher: &mut self.ground.launcher,
                exe: self.ground.exe.clone(),
                sampling: &self.plan.sampling,
                sources: match &script {
                    Some(script) => vec![script],
                    None => counters::SOURCES.to_vec(),
                },
                work_dir: self.work_dir.clone(),
            },
            limits: self.limits,
            control: false,
            passes: Vec::new(),
            unfair: None,
            stop,
        };
        let lines: &mut dyn Watcher = &mut self.lines;
        let Played { ended, .. } = tournament.run(&mut Judge(duel), lines, &mut |_| Ok(()))?;
        self.lines.finish();
        Ok(ended)
    }

    /// Says what the last comparison came to.
    fn tell(&self, asked: &[Asked]) {
        if let Some(last) = asked.last() {
            let revision = &self.revisions[last.at];
            eprintln!("{}  {}", bisect::name(revision), last.words());
        }
    }
}

/// From the first comparison to the others: what is worse by a third of the whole change counts as
/// bad, what is worse by less than two thirds of it does not. One step that is all of the change lies
/// far from both.
fn thirds(worse_by: f64) -> Margins {
    let log = worse_by.ln_1p();
    Margins { tolerated: (log / 3.0).exp_m1(), must_catch: (log * 2.0 / 3.0).exp_m1() }
}
