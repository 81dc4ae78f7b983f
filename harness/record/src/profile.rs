//! Where the time of a case went: sampled stacks, how they were sampled and how far to trust them.
//!
//! The engine's profiler makes them in a pass of its own, never while something is timed. They are
//! kept beside the samples of their run; `reports` folds and draws them. Nothing is drawn here.

use serde::{Deserialize, Serialize};

use crate::CaseId;

/// The profile of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What is known about it as a whole.
    pub info: ProfileInfo,
    /// Its stacks, each once, in alphabetical order.
    pub stacks: Vec<Stack>,
}

/// Samples that stood in the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Names of frames, outermost first, joined by `;`. The first one is no function: it is the
    /// thread's name without its number, or the program's.
    pub frames: String,
    /// How many samples there were.
    pub samples: u64,
    /// What they stand for, in the unit of [`ProfileInfo::weight`].
    pub weight: u64,
}

impl Stack {
    /// Its frames, outermost first.
    pub fn frames(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.frames.split(';')
    }
}

/// What a sample's weight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Nanoseconds of CPU time.
    CpuTime,
    /// Events of the kind that was sampled, for instance cache misses.
    Events,
}

/// How a profile was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileInfo {
    /// Version of this file's layout; readers refuse what they do not know.
    pub schema: u32,
    /// The case.
    pub case: CaseId,
    /// The event that was sampled, for instance `cpu-clock`.
    pub event: String,
    /// Samples that were asked for per second and core.
    pub rate_hz: u64,
    /// What a sample's weight is.
    pub weight: Weight,
    /// Whether the kernel was sampled too, or user space alone.
    pub kernel: bool,
    /// Whether functions that the compiler inlined have frames of their own.
    pub inlines: bool,
    /// What part of the program's life was profiled.
    pub region: Region,
    /// Executions of the work inside that region.
    pub executions: u32,
    /// Rows that they processed; `None` where the work does not say.
    pub rows: Option<u64>,
    /// Their wall time in ns, summed; with the profiler's own cost in it.
    pub wall_ns: u64,
    /// Samples inside the region.
    pub samples: u64,
    /// Samples outside of it, which are left out.
    pub outside: u64,
    /// Records that the kernel could not hand over because a buffer was full.
    pub lost: u64,
    /// Frames of all samples.
    pub frames: u64,
    /// Those of them that no file gives a name to.
    pub unknown_frames: u64,
    /// Samples whose stack ends before it comes to the start of its thread.
    pub broken: u64,
}

/// What part of a program's life was profiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// A worker, from each request to run to its reply: no start, no preparation, no checking.
    Work,
    /// A command, from its exec to the end of its last process.
    Process,
}

impl Region {
    /// The region in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Work => "the measured work alone",
            Self::Process => "whole processes, their start and end included",
        }
    }
}

impl ProfileInfo {
    /// The layout that this version writes.
    pub const SCHEMA: u32 = 1;

    /// Share of samples whose stack is broken, from 0 to 1.
    pub fn broken_share(&self) -> f64 {
        share(self.broken, self.samples)
    }

    /// Share of frames without a name, from 0 to 1.
    pub fn unknown_share(&self) -> f64 {
        share(self.unknown_frames, self.frames)
    }

    /// Share of records that were lost, from 0 to 1.
    pub fn lost_share(&self) -> f64 {
        share(self.lost, self.samples + self.outside + self.lost)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
