//! Profiles as people look at them: folded stacks, flame graphs, differences, other tools' files.
//!
//! The command line reads profiles from the store and calls this. Plain data in, text out; the
//! same profile gives the same bytes.

mod diff;
mod flamegraph;
mod functions;
mod plumbing;
mod quality;
mod speedscope;
mod text;

use std::collections::BTreeMap;

use record::{Profile, RunInfo, Stack};

pub use diff::{Change, Diff, FunctionChange, SAMPLES_MIN};
pub(crate) use diff::{changes, cost_of_weight, cost_unit};
pub use flamegraph::flamegraph;
pub use functions::{Function, functions};
pub use plumbing::is_plumbing;
pub(crate) use quality::percent;
pub use quality::{sentence, warnings};
pub use speedscope::speedscope;
pub use text::summary;

/// A profile with the name that it has among the others of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Short name of the case.
    pub label: String,
    /// Its profile.
    pub profile: Profile,
}

/// Gives the profiles of a run short names, each another one.
pub fn named(run: &RunInfo, profiles: Vec<Profile>) -> Vec<Named> {
    let cases: Vec<_> = run.cases.iter().collect();
    let labels = crate::labels::with_steps(run, &cases, &crate::labels::varying(&cases));
    let name = |profile: Profile| {
        let number = run.cases.iter().position(|case| case.id == profile.info.case);
        let label = number.and_then(|number| labels.get(number).cloned());
        Named { label: label.unwrap_or_else(|| profile.info.case.to_string()), profile }
    };
    profiles.into_iter().map(name).collect()
}

/// Which frames are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Without the frames of thread pools and of the language's runtime, so that one function is
    /// one tower.
    Folded,
    /// Every frame.
    Unfolded,
}

/// The stacks of a profile in a view, each once, in alphabetical order.
pub fn stacks(profile: &Profile, view: View) -> Vec<Stack> {
    if view == View::Unfolded {
        return profile.stacks.clone();
    }
    let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for stack in &profile.stacks {
        let (samples, weight) = sums.entry(plumbing::folded(stack)).or_default();
        *samples += stack.samples;
        *weight += stack.weight;
    }
    let stack = |(frames, (samples, weight))| Stack { frames, samples, weight };
    sums.into_iter().map(stack).collect()
}

/// One line per stack: its frames joined by `;`, a space, its samples. What nearly every tool for
/// flame graphs reads.
pub fn folded_text(profile: &Profile, view: View) -> String {
    let line = |stack: Stack| format!("{} {}\n", stack.frames, stack.samples);
    stacks(profile, view).into_iter().map(line).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use record::{CaseId, ProfileInfo, Region, Weight};

    use super::*;

    /// A profile of these stacks, each of whose samples stands for a millisecond.
    pub(crate) fn profile(stacks: &[(&str, u64)], rows: Option<u64>) -> Profile {
        let samples: u64 = stacks.iter().map(|(_, samples)| samples).sum();
        let stacks = stacks.iter().map(|(frames, samples)| Stack {
            frames: (*frames).to_owned(),
            samples: *samples,
            weight: samples * 1_000_000,
        });
        Profile {
            info: ProfileInfo {
                schema: ProfileInfo::SCHEMA,
                case: CaseId::new("pipeline/step=00"),
                event: "cpu-clock".to_owned(),
                rate_hz: 1000,
                weight: Weight::CpuTime,
                kernel: true,
                inlines: false,
                region: Region::Work,
                executions: 2,
                rows,
                wall_ns: 1_000_000_000,
                samples,
                outside: 0,
                lost: 0,
                frames: samples * 5,
                unknown_frames: 0,
                broken: 0,
            },
            stacks: stacks.collect(),
        }
    }

    #[test]
    fn folding_adds_up_what_differs_only_in_plumbing() {
        let profile = profile(
            &[
                ("producer;rayon_core::join::join_context;app::draw;malloc", 2),
                (
                    "producer;rayon_core::registry::in_worker;rayon_core::join::join_context;app::draw;malloc",
                    3,
                ),
                ("writer;app::write", 1),
            ],
            None,
        );
        assert_eq!(
            folded_text(&profile, View::Folded),
            "producer;app::draw;malloc 5\nwriter;app::write 1\n"
        );
        assert_eq!(folded_text(&profile, View::Unfolded).lines().count(), 3);
        let weights: Vec<_> = stacks(&profile, View::Folded).iter().map(|s| s.weight).collect();
        assert_eq!(weights, [5_000_000, 1_000_000]);
    }
}
