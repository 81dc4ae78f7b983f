//! The arguments of comparing runs and of keeping an optimisation history.

use clap::{ArgGroup, Args};
use record::Step;

use super::{StoreArgs, TableFormat};

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Two runs, the baseline first; or one, whose cases are compared with each other. An id, the
    /// beginning of one, a baseline, a label, a step, `last`, or `last~1`.
    #[arg(value_name = "RUN", num_args = 0..=2)]
    pub(crate) runs: Vec<String>,
    /// Compare with this baseline [the other run: last].
    #[arg(long, value_name = "NAME", conflicts_with = "within")]
    pub(crate) baseline: Option<String>,
    /// Compare the cases of one run with each other [default: of the last].
    #[arg(long)]
    pub(crate) within: bool,
    /// The case that the others of one run are held against [default: the first].
    #[arg(long, value_name = "CASE", conflicts_with = "baseline")]
    pub(crate) against: Option<String>,
    /// The metric that is compared; `dyno show --format json` lists those of a run.
    #[arg(long, value_name = "NAME", default_value = record::metrics::WALL_TIME.name)]
    pub(crate) metric: String,
    /// A change of at most this share is none.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    #[arg(default_value_t = reports::compare::TOLERANCE)]
    pub(crate) tolerance: f64,
    /// Keep the run that was judged as the baseline of that name, after comparing.
    #[arg(long, value_name = "NAME")]
    pub(crate) save_baseline: Option<String>,
    /// How the comparison is printed.
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true)
    .args(["step", "title", "note", "reverted", "kept"])))]
pub(crate) struct MarkArgs {
    /// The run: an id, the beginning of one, a baseline, a label, a step, or `last` [default: last].
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// The change was taken back.
    #[arg(long, conflicts_with = "kept")]
    pub(crate) reverted: bool,
    /// The change stays.
    #[arg(long)]
    pub(crate) kept: bool,
    /// Number or name of the step that the run stands for.
    #[arg(long, value_name = "ID", value_parser = step_id)]
    pub(crate) step: Option<String>,
    /// What was changed.
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// What was learned.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// What a new run stands for, and what it is held against.
#[derive(Debug, Args)]
pub(crate) struct StepArgs {
    /// The step of an optimisation history that this run stands for, for instance 09.
    #[arg(long, value_name = "ID", value_parser = step_id, conflicts_with = "resume")]
    pub(crate) step: Option<String>,
    /// What was changed in this step.
    #[arg(long, value_name = "TEXT", requires = "step")]
    pub(crate) title: Option<String>,
    /// What was learned in this step.
    #[arg(long, value_name = "TEXT", requires = "step")]
    pub(crate) note: Option<String>,
    /// Compare the run with this baseline when it has ended.
    #[arg(long, value_name = "NAME")]
    pub(crate) baseline: Option<String>,
    /// Keep the run as the baseline of that name when it has ended without a failure.
    #[arg(long, value_name = "NAME")]
    pub(crate) save_baseline: Option<String>,
}

impl StepArgs {
    /// The step, as the run will carry it.
    pub(crate) fn step(&self) -> Option<Step> {
        Some(Step {
            id: self.step.clone()?,
            title: self.title.clone().unwrap_or_default(),
            note: self.note.clone().unwrap_or_default(),
            reverted: false,
        })
    }
}

/// The runs that are shown together.
#[derive(Debug, Args)]
pub(crate) struct ChoiceArgs {
    /// Runs: ids, beginnings of ids, baselines, labels, steps, or `last` [default: last].
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<String>,
    /// All steps of the suite of RUN in one history [default: of the newest step].
    #[arg(long)]
    pub(crate) history: bool,
    /// Only the case of that name, by id or label.
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Option<String>,
}

/// A tolerance is a share such as 0.02; 2 % may be written with its sign.
fn share(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let value = match text.trim().strip_suffix('%') {
        Some(percent) => number(percent).map(|value| value / 100.0),
        None => number(text),
    };
    match value {
        Some(value) if (0.0..1.0).contains(&value) => Ok(value),
        _ => Err("a tolerance is a share from 0 to below 1, for instance 0.02 or 2%".to_owned()),
    }
}

/// A step's name stands on an axis: one short line.
fn step_id(text: &str) -> Result<String, String> {
    const LENGTH_MAX: usize = 40;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("a step needs a name, for instance 09".to_owned());
    }
    if text.chars().count() > LENGTH_MAX {
        return Err(format!("a step's name has at most {LENGTH_MAX} characters; use --title"));
    }
    Ok(text.to_owned())
}
