//! The check whether a change of time is one of the layout alone: both sides linked again with their
//! functions in other orders, as `layout` in `[build]` says, and the suspects measured again.
//!
//! The unit is a pair of processes of two layouts that were drawn at random.

use anyhow::Context;
use engine::case::Case;
use engine::pairs::{Contest, Party};
use engine::plan::Plan;

use super::sides::Sides;
use crate::commands::builds::{Builder, Copies};

/// Layouts of each side where nothing else is asked for.
pub(super) const USUAL: u32 = 4;

/// Programs of both sides in other layouts.
pub(super) struct Layouts {
    sides: [Vec<Party>; 2],
    /// Kept as long as they are started.
    _copies: Copies,
}

impl Layouts {
    /// Links both sides so many times.
    ///
    /// # Errors
    /// When the suite does not say how, the sides are no builds, or linking fails.
    pub(super) fn link(
        builder: &mut Builder<'_>,
        (plan, sides): (&Plan, &Sides),
        count: u32,
    ) -> anyhow::Result<Self> {
        let stated = plan.build.as_ref().and_then(|build| build.layout.as_ref());
        stated.context("`[build]` of the suite states no `layout`")?;
        anyhow::ensure!(sides.are_built(), "both sides must be built from revisions");
        let copies = Copies::beside("layouts")?;
        let mut linked = [Vec::new(), Vec::new()];
        let commits = [sides.baseline.commit.as_deref(), sides.candidate.commit.as_deref()];
        for ((commit, into), side) in commits.into_iter().zip(&mut linked).zip(["old", "new"]) {
            for number in 0..count {
                let seed = plan.sampling.seed.wrapping_add(u64::from(number)) % (1 << 31);
                let name = format!("{side}-{number}");
                into.push(builder.layout(commit, seed.max(1), &copies, &name)?);
            }
            if let Some(commit) = commit {
                builder.remove_tree(commit);
            }
        }
        Ok(Self { sides: linked, _copies: copies })
    }

    /// The same contests between these layouts.
    ///
    /// # Errors
    /// When a side has no program for a case.
    pub(super) fn all(&self, contests: Vec<Contest>) -> Result<Vec<Contest>, String> {
        let of = |parties: &[Party], case: &Case| {
            parties.iter().map(|party| party.case(case)).collect::<Result<Vec<_>, _>>()
        };
        let [old, new] = &self.sides;
        let linked = contests.into_iter().map(|contest| {
            let layouts = [of(old, &contest.baseline)?, of(new, &contest.candidate)?];
            Ok(Contest { layouts, ..contest })
        });
        linked.collect()
    }
}
