//! In which pass of a run a sample was taken.
//!
//! Times are taken of the work alone. What slows the work down (a simulator, a counting allocator, a
//! profiler) gets samples of its own, and no statistic of times may see those. The same holds for
//! what another tool counted in executions of its own.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// A pass over the cases of a run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// The work as it is, with time and counters.
    #[default]
    Timed,
    /// The work on a modelled CPU: its simulated counters, at a size of its own.
    Simulated,
    /// The work with the counting allocator switched on: what it allocates.
    Allocation,
    /// The work under the sampling profiler: where its time goes.
    Profile,
    /// Other executions than the timed ones, counted by another tool: imported.
    Counters,
    /// The timed executions, but only their sums: imported from a tool that keeps no more of them.
    Totals,
}

impl Pass {
    /// Whether times of this pass are those of the work.
    pub fn is_timed(&self) -> bool {
        *self == Self::Timed
    }
}

words!(Pass {
    Timed => "timed",
    Simulated => "simulated",
    Allocation => "allocation",
    Profile => "profile",
    Counters => "counters",
    Totals => "totals",
});
