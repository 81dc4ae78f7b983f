//! The profile pass over the cases of a plan: every profile into the store as soon as it is taken.
//!
//! `dyno profile` comes here with nothing else to do, `dyno run` after its last sample when the
//! suite has a `[profile]`.

use std::sync::atomic::AtomicBool;

use engine::case::Profiling;
use engine::measure::Bench;
use engine::plan::Plan;
use engine::profiler::{ProfilePass, Profiled};
use engine::session::Outcome;
use record::store::{RunWriter, Store};
use record::{CaseId, FailureKind, Status};
use reports::profile::{Named, View};

use crate::exit::Exit;

/// What a profile pass came to.
pub(crate) struct Passed {
    pub(crate) exit: Exit,
    /// How many cases have a profile.
    pub(crate) profiles: usize,
}

/// Profiles every case that has not failed before, without those of a sweep. What the machine
/// refuses is said once, with what helps, and ends the pass.
///
/// # Errors
/// When the store cannot be written or the launcher is lost.
pub(crate) fn pass(
    (plan, profiling): (&Plan, &Profiling),
    bench: &mut Bench<'_>,
    (store, writer): (&Store, &mut RunWriter),
    earlier: &Outcome,
    stop: &AtomicBool,
) -> anyhow::Result<Passed> {
    let mut pass = ProfilePass::new(profiling.into(), profiling.time, stop);
    let mut passed = Passed { exit: Exit::Ok, profiles: 0 };
    // Those of an earlier part of the run.
    let there: Vec<CaseId> =
        store.profiles(writer.id())?.into_iter().map(|profile| profile.info.case).collect();
    let cases: Vec<_> = plan.cases.iter().filter(|case| !case.sweep).collect();
    for (number, case) in cases.iter().enumerate() {
        if !case.is_built() || earlier.is_out(&case.id) || there.contains(&case.id) {
            continue;
        }
        eprintln!("profiling {}/{}: {}", number + 1, cases.len(), plan.label(case));
        match pass.case(bench, case)? {
            Profiled::Profile(profile) => {
                store.keep_profile(writer.id(), &profile)?;
                passed.profiles += 1;
            }
            Profiled::Failed(sample) => {
                writer.append(&sample)?;
                let Status::Failed(failure) = &sample.status else { continue };
                eprintln!("failed: {}: {}; it has no profile", case.id, failure.message);
                let wrong = failure.kind == FailureKind::WrongAnswer;
                // A wrong answer outweighs other failures.
                if wrong || passed.exit == Exit::Ok {
                    passed.exit = if wrong { Exit::WrongAnswer } else { Exit::WorkloadFailed };
                }
            }
            Profiled::Unavailable(lack) => {
                eprintln!("not profiled: {}: {}", lack.metrics.join(", "), lack.reason);
                if !lack.remedy.is_empty() {
                    eprintln!("hint: {}", lack.remedy);
                }
                return Ok(Passed { exit: Exit::Internal, ..passed });
            }
            Profiled::Interrupted => return Ok(Passed { exit: Exit::Interrupted, ..passed }),
        }
    }
    Ok(passed)
}

/// How a suite wants its profiles shown.
pub(crate) fn view(unfolded: bool) -> View {
    if unfolded { View::Unfolded } else { View::Folded }
}

/// Says on standard error what a reader of these profiles should know.
pub(crate) fn warn(profiles: &[Named]) {
    for named in profiles {
        for warning in reports::profile::warnings(&named.profile.info) {
            eprintln!("warning: {}: {warning}", named.label);
        }
    }
}
