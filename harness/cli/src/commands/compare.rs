//! `dyno compare`: two runs case by case, or the cases of one run; and the baselines of `dyno run`.

use record::RunId;
use record::store::{Store, StoreError};
use reports::RunSet;
use reports::compare::{self, Comparison, Yardstick};

use super::reading;
use crate::args::{CompareArgs, StepArgs, TableFormat};
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

/// Prints a comparison; keeps the judged run as a baseline where that is asked for.
///
/// # Errors
/// When a run or case is not there, or the two cannot be held against each other.
pub(crate) fn run(args: &CompareArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    if let Some(name) = &args.save_baseline {
        check(&store, name)?;
    }
    let (comparison, judged) = compared(&store, args)?;
    print(&comparison.text(args.format.into())?)?;
    if let Some(name) = &args.save_baseline {
        save(&store, name, &judged)?;
    }
    Ok(Exit::Ok)
}

/// The comparison, and the run that was judged.
fn compared(store: &Store, args: &CompareArgs) -> anyhow::Result<(Comparison, RunId)> {
    let yardstick = Yardstick { metric: args.metric.clone(), tolerance: args.tolerance };
    let names: Vec<&str> = args.runs.iter().map(String::as_str).collect();
    let (old, new) = match (args.baseline.as_deref(), names.as_slice()) {
        (None, [old, new]) if !args.within => (*old, *new),
        (Some(baseline), []) => (baseline, "last"),
        (Some(baseline), [run]) => (baseline, *run),
        (None, [run]) => return within(store, Some(run), args, &yardstick),
        (None, []) if args.within => return within(store, None, args, &yardstick),
        (None, []) => {
            return Err(usage(
                "name two runs, or one to compare its cases, or `--baseline NAME`; \
                 `dyno runs` lists what there is",
            ));
        }
        (None, _) => return Err(usage("`--within` compares the cases of one run: name one")),
        (Some(_), _) => return Err(usage("`--baseline` is one side: name one run beside it")),
    };
    if args.against.is_some() {
        return Err(usage("`--against` names a case of one run; here are two"));
    }
    let (old, new) = (reading::resolve(store, Some(old))?, reading::resolve(store, Some(new))?);
    let baseline = reading::run_set(store, &[old])?;
    let candidate = reading::run_set(store, std::slice::from_ref(&new))?;
    Ok((between(&baseline, &candidate, &yardstick)?, new))
}

fn within(
    store: &Store,
    run: Option<&str>,
    args: &CompareArgs,
    yardstick: &Yardstick,
) -> anyhow::Result<(Comparison, RunId)> {
    let id = reading::resolve(store, run)?;
    let set = reading::run_set(store, std::slice::from_ref(&id))?;
    let comparison = compare::within(&set, args.against.as_deref(), yardstick)
        .map_err(|error| usage(&error.to_string()))?;
    Ok((comparison, id))
}

fn between(
    baseline: &RunSet,
    candidate: &RunSet,
    yardstick: &Yardstick,
) -> anyhow::Result<Comparison> {
    compare::between(baseline, candidate, yardstick).map_err(|error| usage(&error.to_string()))
}

fn usage(text: &str) -> anyhow::Error {
    UsageError(text.to_owned()).into()
}

/// What `dyno run` compares with, looked up before anything is measured.
pub(crate) struct Against {
    baseline: Option<RunId>,
}

impl Against {
    /// Finds the baseline and checks the name of the one to be saved.
    ///
    /// # Errors
    /// When there is no such run, or a baseline cannot have that name.
    pub(crate) fn find(store: &Store, args: &StepArgs) -> anyhow::Result<Self> {
        if let Some(name) = &args.save_baseline {
            check(store, name)?;
        }
        let name = args.baseline.as_deref();
        let baseline = name.map(|name| reading::resolve(store, Some(name))).transpose()?;
        Ok(Self { baseline })
    }

    /// Compares a run that has ended, then keeps it as a baseline where that is asked for.
    ///
    /// # Errors
    /// When the baseline cannot be read or the store cannot be written.
    pub(crate) fn conclude(
        &self,
        (store, args, format): (&Store, &StepArgs, TableFormat),
        set: &RunSet,
        exit: Exit,
    ) -> anyhow::Result<()> {
        if let Some(id) = &self.baseline {
            let baseline = reading::run_set(store, std::slice::from_ref(id))?;
            let comparison = between(&baseline, set, &Yardstick::default())?;
            match format {
                TableFormat::Table | TableFormat::Markdown => {
                    print(&format!("\n{}", comparison.text(format.into())?))?;
                }
                // Standard output holds one document already.
                TableFormat::Json | TableFormat::Csv => {
                    eprint!("{}", comparison.text(TableFormat::Table.into())?);
                }
            }
        }
        match &args.save_baseline {
            None => Ok(()),
            Some(name) if exit == Exit::Ok => save(store, name, &set.runs[0].id),
            Some(name) => {
                eprintln!("baseline `{name}` stays as it is: this run has failures");
                Ok(())
            }
        }
    }
}

fn check(store: &Store, name: &str) -> anyhow::Result<()> {
    store.check_baseline(name).map_err(|error| match error {
        StoreError::BadBaseline { .. } => UsageError(error.to_string()).into(),
        other => other.into(),
    })
}

fn save(store: &Store, name: &str, id: &RunId) -> anyhow::Result<()> {
    let before = store.save_baseline(name, id)?;
    let was = before.filter(|before| before != id);
    let was = was.map(|before| format!("; it was {before}")).unwrap_or_default();
    eprintln!("baseline `{name}`: {id}{was}");
    Ok(())
}
