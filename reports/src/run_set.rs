//! What the store holds of the runs that are looked at, ready to be shown: cases in suite order,
//! each with its series, its failures and its marks.
//!
//! Tables, charts and the page read this and nothing else. What does not count (warm-ups, failed
//! and rejected samples) is left out of the series here, once, and counted.

mod choose;
mod series;
mod stages;

use anyhow::{Result, bail};
use record::store::StoredRun;
use record::{
    Answer, Better, CaseInfo, Counting, Failure, FailureKind, Mark, Pass, Profile, RunId, RunInfo,
    Sample, Source, Status, Value,
};
use stats::{Observation, Ratio, Summary};

use crate::compare::differences;
use crate::format::{Kind, counted};
use crate::labels;
pub(crate) use series::per_execution;
use series::series;

/// Runs and their cases.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSet {
    /// The runs, in the order given.
    pub runs: Vec<RunInfo>,
    /// The cases of all runs: runs in order, cases of a run in suite order.
    pub cases: Vec<CaseSet>,
    /// The cases that do one stage of the others' work alone. They are no cases like the others:
    /// nothing but the ceiling is drawn from them.
    pub stages: Vec<CaseSet>,
    /// The cases that are a sweep over settings beside the others, as a set of their own: only what
    /// is said of settings is said of them.
    pub sweep: Option<Box<Self>>,
    /// The parameters that are not the same in all cases.
    pub varying: Vec<String>,
    /// What the store had to say about the runs: not ended, half-written lines left out.
    pub notes: Vec<String>,
}

/// One case of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseSet {
    /// Index of its run in [`RunSet::runs`].
    pub run: usize,
    /// What the suite says of it.
    pub info: CaseInfo,
    /// A short name, different from that of all other cases of the set.
    pub label: String,
    /// A title for people: that of the step its run stands for, else the suite's; may be empty.
    pub title: String,
    /// What was learned from the step that its run stands for; may be empty.
    pub note: String,
    /// Whether the step that its run stands for was taken back.
    pub reverted: bool,
    /// Whether it has numbers.
    pub state: State,
    /// What it produced, by its first sample that counts and was checked.
    pub answer: Option<Answer>,
    /// Samples that count.
    pub counted: usize,
    /// Warm-up samples.
    pub warmups: usize,
    /// Samples that a rule took out.
    pub rejected: usize,
    /// The same, each with its reason.
    pub rejections: Vec<Rejection>,
    /// Samples that the budget left out.
    pub skipped: u32,
    /// The reasons of failed samples, most frequent first.
    pub failures: Vec<FailureCount>,
    /// Counted samples of commands whose processes lived on after them.
    pub outlived: usize,
    /// Counted samples of commands whose left-over processes were killed.
    pub killed: usize,
    /// Measured series of the timed pass, then derived ones. Empty for a failed case.
    pub series: Vec<Series>,
    /// What the other passes found, each apart from the times and from the others.
    pub passes: Vec<PassSet>,
    /// Where its time went, where it was profiled and [`RunSet::add_profiles`] was called.
    pub profile: Option<Profile>,
}

/// What one pass beside the timed one found of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct PassSet {
    /// The pass.
    pub pass: Pass,
    /// Samples that count in it.
    pub counted: usize,
    /// The reasons of its failed samples, most frequent first.
    pub failures: Vec<FailureCount>,
    /// Measured series, then derived ones. Empty where an answer was wrong.
    pub series: Vec<Series>,
}

/// Whether a case has numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every sample went well.
    Measured,
    /// Some samples failed; the numbers are those of the others.
    Partly,
    /// No sample counts, or an answer was wrong: then no number of the case is worth anything.
    Failed,
    /// There is no sample yet, or the budget left none.
    Missing,
}

impl State {
    /// The word that stands in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Partly => "partly",
            Self::Failed => "failed",
            Self::Missing => "missing",
        }
    }
}

/// A sample that a rule of the suite took out.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    /// Its process, which is its round.
    pub process: u32,
    /// Its wall time per execution in ns, where it has one.
    pub wall: Option<f64>,
    /// The rule, and the value that broke it.
    pub why: String,
}

impl Rejection {
    fn of(sample: &Sample) -> Option<Self> {
        let why = sample.marks.iter().find_map(|mark| match mark {
            Mark::Rejected { why } => Some(why.clone()),
            _ => None,
        })?;
        let executions = f64::from(sample.executions.max(1));
        let wall = sample.value(record::metrics::WALL_TIME.name).map(|wall| wall / executions);
        Some(Self { process: sample.process, wall, why })
    }
}

/// Failed samples with one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureCount {
    /// The reason, with the output of the first such sample.
    pub failure: Failure,
    /// How many samples failed so.
    pub samples: usize,
}

/// One metric of one case from one source.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name of the metric.
    pub metric: String,
    /// What it counts.
    pub kind: Kind,
    /// Which direction is good.
    pub better: Better,
    /// Where it comes from; `None` for a derived metric.
    pub source: Option<Source>,
    /// How it was counted, for a perf counter; where samples differ, by the worst of them.
    pub counted: Option<Counted>,
    /// The counted samples, each per execution of the work, in the order of measuring.
    pub points: Vec<Observation>,
    /// The points in few numbers.
    pub summary: Summary,
}

/// How a perf counter was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The least share of its time that it was on the PMU. Below 1, values are scaled.
    pub on_pmu: f64,
    /// Whether the kernel was counted in every sample.
    pub kernel: bool,
}

impl Counted {
    fn of(counting: &Counting) -> Self {
        let on_pmu = counting.running_ns as f64 / counting.enabled_ns.max(1) as f64;
        Self { on_pmu: on_pmu.min(1.0), kernel: counting.kernel }
    }

    /// As another tool tells it.
    fn told(sample: &Sample, value: &Value) -> Option<Self> {
        sample.marks.iter().find_map(|mark| match mark {
            Mark::Counting { metric, share, kernel } if *metric == value.metric => {
                Some(Self { on_pmu: *share, kernel: *kernel })
            }
            _ => None,
        })
    }

    fn worse(self, other: Self) -> Self {
        Self { on_pmu: self.on_pmu.min(other.on_pmu), kernel: self.kernel && other.kernel }
    }
}

impl RunSet {
    /// Takes runs as the store holds them.
    ///
    /// # Errors
    ///
    /// If there is no run, or a sample belongs to a case that its run does not name.
    pub fn new(runs: Vec<StoredRun>) -> Result<Self> {
        if runs.is_empty() {
            bail!("no run to show");
        }
        let mut infos = Vec::new();
        let mut cases = Vec::new();
        let mut stages = Vec::new();
        let mut swept = Vec::new();
        let mut notes = Vec::new();
        for (number, run) in runs.into_iter().enumerate() {
            let StoredRun { info, samples, complete, notes: told } = run;
            notes.extend(told.into_iter().map(|note| format!("run {}: {note}", info.id)));
            if !complete {
                notes.push(format!("run {} has not ended: what it has measured so far", info.id));
            }
            if let Some(stray) = samples.iter().find(|sample| info.case(&sample.case).is_none()) {
                bail!(
                    "run {}: sample of case `{}`, which the run does not name",
                    info.id,
                    stray.case
                );
            }
            for case in &info.cases {
                let own: Vec<&Sample> =
                    samples.iter().filter(|sample| sample.case == case.id).collect();
                let skipped = info.skipped.get(case.id.as_str()).copied().unwrap_or(0);
                let mut set = CaseSet::new(number, case.clone(), &own, skipped);
                set.stand_for(info.step_of(case));
                let group = match (&case.stage, case.sweep) {
                    (Some(_), _) => &mut stages,
                    (None, true) => &mut swept,
                    (None, false) => &mut cases,
                };
                group.push(set);
            }
            infos.push(info);
        }
        let mut set = Self::of_cases(infos, cases);
        (set.stages, set.notes) = (stages, notes);
        set.name_stages();
        if !swept.is_empty() {
            set.sweep = Some(Box::new(Self::of_cases(set.runs.clone(), swept)));
        }
        Ok(set)
    }

    fn of_cases(runs: Vec<RunInfo>, cases: Vec<CaseSet>) -> Self {
        let (stages, varying, notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut set = Self { runs, cases, stages, sweep: None, varying, notes };
        set.name_cases();
        set
    }

    /// The cases that tell which settings are best: those of the sweep, where there is one.
    pub(crate) fn settings(&self) -> &Self {
        self.sweep.as_deref().unwrap_or(self)
    }

    /// The case with the shortest median; `None` if no case has a time.
    pub(crate) fn best(&self) -> Option<usize> {
        let median = |case: usize| Some((case, self.cases[case].wall_time()?.summary.median));
        let timed = (0..self.cases.len()).filter_map(median);
        timed.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(case, _)| case)
    }

    /// What all cases have in common: `pipeline at rows=1000000, step=12`.
    pub(crate) fn shared_words(&self) -> String {
        let Some(first) = self.cases.first() else { return String::new() };
        let same = |name: &&String| !self.varying.contains(name);
        let params = first.info.params.keys().filter(same);
        let stated: Vec<String> = params
            .map(|name| format!("{name}={}", labels::text(&first.info.params[name])))
            .collect();
        match stated.is_empty() {
            true => first.info.workload.clone(),
            false => format!("{} at {}", first.info.workload, stated.join(", ")),
        }
    }

    /// Every case, those of single stages and of the sweep last.
    pub(crate) fn all(&self) -> impl Iterator<Item = &CaseSet> {
        let swept = self.sweep.iter().flat_map(|sweep| &sweep.cases);
        self.cases.iter().chain(&self.stages).chain(swept)
    }

    /// Puts the profiles of a run beside its cases; those of cases that are not in the set are
    /// dropped.
    pub fn add_profiles(&mut self, run: &RunId, profiles: Vec<Profile>) {
        for profile in profiles {
            let case = self
                .cases
                .iter_mut()
                .find(|case| self.runs[case.run].id == *run && case.info.id == profile.info.case);
            if let Some(case) = case {
                case.profile = Some(profile);
            }
        }
    }

    fn name_cases(&mut self) {
        let infos: Vec<&CaseInfo> = self.cases.iter().map(|case| &case.info).collect();
        self.varying = labels::varying(&infos);
        let mut names = vec![String::new(); self.cases.len()];
        for run in 0..self.runs.len() {
            // Labels are formed per run: the same case of two runs is told apart by its run.
            let own: Vec<usize> =
                (0..self.cases.len()).filter(|&case| self.cases[case].run == run).collect();
            let infos: Vec<&CaseInfo> = own.iter().map(|&case| &self.cases[case].info).collect();
            for (&case, label) in
                own.iter().zip(labels::with_steps(&self.runs[run], &infos, &self.varying))
            {
                names[case] = match (self.runs.len(), own.len()) {
                    (1, _) => label,
                    (_, 1) => self.run_name(run),
                    // Of a history's runs, the one whose steps are parameter values.
                    _ if self.runs[run].step.is_none() && self.is_ordered() => label,
                    _ => format!("{} {label}", self.run_name(run)),
                };
            }
        }
        for (case, name) in self.cases.iter_mut().zip(names) {
            case.label = name;
        }
    }

    /// A label that says what its value is of: `rows=10` where the label is `10`.
    pub(crate) fn named_label(&self, case: usize, own_label: &str) -> String {
        let params = self.cases[case].info.params.iter();
        let mut same = params.filter(|(_, value)| labels::text(value) == own_label);
        match (same.next(), same.next()) {
            (Some((name, _)), None) => format!("{name}={own_label}"),
            _ => own_label.to_owned(),
        }
    }

    /// What each case is called among those of its own run.
    pub(crate) fn own_labels(&self) -> Vec<String> {
        (0..self.runs.len())
            .flat_map(|run| {
                let own = self.cases.iter().filter(|case| case.run == run);
                let infos: Vec<&CaseInfo> = own.map(|case| &case.info).collect();
                labels::of_revisions(&infos, None)
            })
            .collect()
    }

    /// What a run is called among the others: its step or its label, or its id where it has
    /// neither or shares it.
    pub(crate) fn run_name(&self, run: usize) -> String {
        let short = |run: &RunInfo| match (&run.step, &run.label) {
            (Some(step), _) => Some(step.id.clone()),
            (None, label) => label.clone(),
        };
        let own = short(&self.runs[run]);
        let same = self.runs.iter().filter(|other| short(other) == own).count();
        own.filter(|_| same == 1).unwrap_or_else(|| self.runs[run].id.to_string())
    }

    /// What the labels stand for, as a column is headed: the one parameter that varies, "step", or
    /// "case".
    pub fn label_name(&self) -> &str {
        match self.varying.as_slice() {
            _ if self.is_revisions() => "step",
            [one] if self.runs.len() == 1 && self.is_one_kind(one) => one,
            _ if self.runs.len() > 1 && self.is_ordered() => "step",
            _ => "case",
        }
    }

    /// Whether all cases have this parameter and do the same work, so that its name heads them all.
    fn is_one_kind(&self, parameter: &str) -> bool {
        let Some(first) = self.cases.first() else { return false };
        self.cases.iter().all(|case| {
            case.info.params.contains_key(parameter)
                && (&case.info.workload, &case.info.runner)
                    == (&first.info.workload, &first.info.runner)
        })
    }

    /// Whether the order of the cases means something: steps, or growing numbers.
    pub fn is_ordered(&self) -> bool {
        if self.runs.len() > 1 {
            return self.is_history();
        }
        if self.is_revisions() {
            return true;
        }
        let [name] = self.varying.as_slice() else { return false };
        if !self.is_one_kind(name) {
            return false;
        }
        let values: Vec<Option<f64>> = self
            .cases
            .iter()
            .map(|case| case.info.params.get(name).and_then(serde_json::Value::as_f64))
            .collect();
        name == "step" || (values.is_sorted() && values.iter().all(Option::is_some))
    }

    /// Whether several runs make one history: all stand for steps, but at most one, whose cases
    /// are steps themselves.
    fn is_history(&self) -> bool {
        let mut unlabelled = (0..self.runs.len()).filter(|&run| self.runs[run].step.is_none());
        let Some(first) = unlabelled.next() else { return true };
        let own = self.cases.iter().filter(|case| case.run == first);
        let infos: Vec<&CaseInfo> = own.map(|case| &case.info).collect();
        let are_steps = !self.runs[first].revisions.is_empty();
        unlabelled.next().is_none() && (are_steps || labels::varying(&infos) == ["step"])
    }

    /// Whether it is one run that holds a whole history.
    pub(crate) fn is_revisions(&self) -> bool {
        matches!(self.runs.as_slice(), [run] if !run.revisions.is_empty())
    }

    /// Whether it is one run whose cases differ in their parameters alone.
    pub(crate) fn is_sweep(&self) -> bool {
        self.runs.len() == 1 && !self.is_revisions()
    }

    /// Wall time of one case against that of another; `None` where one of them has no time, and
    /// where they did other numbers of rows, whose times do not compare.
    pub fn against(&self, case: usize, reference: usize) -> Option<Ratio> {
        let (case, reference) = (self.cases.get(case)?, self.cases.get(reference)?);
        if differences::rows(reference, case).is_some() {
            return None;
        }
        stats::ratio_of_medians(&case.wall_time()?.points, &reference.wall_time()?.points)
    }

    /// Why a case cannot be held against another one, in few words.
    pub(crate) fn why_not_against(&self, case: usize, reference: Option<usize>) -> &'static str {
        let is_of_other_size = |reference: usize| {
            differences::rows(&self.cases[reference], &self.cases[case]).is_some()
        };
        match reference.is_some_and(is_of_other_size) {
            true => "other number of rows",
            false => "no time to compare",
        }
    }
}

impl CaseSet {
    fn new(run: usize, info: CaseInfo, all: &[&Sample], skipped: u32) -> Self {
        let (samples, others): (Vec<&Sample>, Vec<&Sample>) =
            all.iter().partition(|sample| sample.pass.is_timed());
        let samples = samples.as_slice();
        let counting: Vec<&Sample> =
            samples.iter().copied().filter(|sample| sample.counts()).collect();
        let failures = failures(samples);
        let wrong = failures.iter().any(|one| one.failure.kind == FailureKind::WrongAnswer);
        let state = match (counting.is_empty(), failures.is_empty()) {
            (_, false) if wrong => State::Failed,
            (true, false) => State::Failed,
            (true, true) => State::Missing,
            (false, false) => State::Partly,
            (false, true) => State::Measured,
        };
        let has_numbers = matches!(state, State::Measured | State::Partly);
        let marked = |samples: &[&Sample], wanted: fn(&Mark) -> bool| {
            samples.iter().filter(|sample| sample.marks.iter().any(wanted)).count()
        };
        Self {
            run,
            label: info.id.to_string(),
            title: info.title.clone(),
            note: String::new(),
            reverted: info.reverted,
            info,
            state,
            answer: counting.iter().find_map(|sample| sample.answer.clone()),
            counted: counting.len(),
            warmups: marked(samples, |mark| matches!(mark, Mark::Warmup)),
            rejected: marked(samples, |mark| matches!(mark, Mark::Rejected { .. })),
            rejections: samples.iter().filter_map(|sample| Rejection::of(sample)).collect(),
            skipped,
            failures,
            outlived: marked(&counting, |mark| matches!(mark, Mark::Outlived { .. })),
            killed: marked(&counting, |mark| matches!(mark, Mark::Killed { .. })),
            series: if has_numbers { series(&counting) } else { Vec::new() },
            passes: Pass::ALL.iter().filter_map(|&pass| PassSet::new(pass, &others)).collect(),
            profile: None,
        }
    }

    /// Takes over what is said of the step that its run stands for.
    fn stand_for(&mut self, step: Option<&record::Step>) {
        let Some(step) = step else { return };
        if !step.title.is_empty() {
            self.title.clone_from(&step.title);
        }
        self.note.clone_from(&step.note);
        self.reverted |= step.reverted;
    }

    /// Its title, and that it was reverted where it was.
    pub(crate) fn title_words(&self) -> String {
        match (self.title.as_str(), self.reverted) {
            (title, false) => title.to_owned(),
            ("", true) => "reverted".to_owned(),
            (title, true) => format!("{title} (reverted)"),
        }
    }

    /// The series of a metric; the first where several sources measured it.
    pub fn metric(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.metric == name)
    }

    /// The series of the time on the clock.
    pub fn wall_time(&self) -> Option<&Series> {
        self.metric(record::metrics::WALL_TIME.name)
    }

    /// What a pass beside the timed one found.
    pub fn pass(&self, pass: Pass) -> Option<&PassSet> {
        self.passes.iter().find(|one| one.pass == pass)
    }

    /// The reason why there are no numbers, in words; `None` where there are.
    pub fn trouble(&self) -> Option<String> {
        match self.state {
            State::Measured | State::Partly => None,
            State::Missing if self.rejected > 0 => {
                let all = counted(self.rejected, "sample");
                Some(format!("all {all} were rejected by a rule of the suite"))
            }
            State::Missing => Some("no sample".to_owned()),
            State::Failed => self.failures.first().map(|one| {
                let kind = one.failure.kind.as_str().replace('_', " ");
                format!("failed: {kind}: {}", one.failure.message)
            }),
        }
    }
}

impl PassSet {
    /// What `samples` hold of a pass; `None` where they hold nothing.
    fn new(pass: Pass, samples: &[&Sample]) -> Option<Self> {
        let own: Vec<&Sample> = samples.iter().copied().filter(|one| one.pass == pass).collect();
        if own.is_empty() {
            return None;
        }
        let counting: Vec<&Sample> =
            own.iter().copied().filter(|one| one.counts_in(pass)).collect();
        let failures = failures(&own);
        let wrong = failures.iter().any(|one| one.failure.kind == FailureKind::WrongAnswer);
        let series = if wrong { Vec::new() } else { series(&counting) };
        Some(Self { pass, counted: counting.len(), failures, series })
    }

    /// The series of a metric.
    pub fn metric(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.metric == name)
    }
}

fn failures(samples: &[&Sample]) -> Vec<FailureCount> {
    let mut counts: Vec<FailureCount> = Vec::new();
    for sample in samples {
        let Status::Failed(failure) = &sample.status else { continue };
        let same = |one: &&mut FailureCount| {
            (one.failure.kind, &one.failure.message) == (failure.kind, &failure.message)
        };
        match counts.iter_mut().find(same) {
            Some(one) => one.samples += 1,
            None => counts.push(FailureCount { failure: failure.clone(), samples: 1 }),
        }
    }
    // A wrong answer outweighs everything else, however rare it is.
    let weight = |one: &FailureCount| (one.failure.kind == FailureKind::WrongAnswer, one.samples);
    counts.sort_by_key(|one| std::cmp::Reverse(weight(one)));
    counts
}
