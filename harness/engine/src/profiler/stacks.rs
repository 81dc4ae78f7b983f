//! Samples added up: each distinct chain of places once, inside the measured region only. Pure,
//! but for the unwind tables that it has read.
//!
//! `drain.rs` adds samples, `symbols.rs` gives the places names.

use std::collections::{BTreeMap, BTreeSet};

use super::processes::{Place, Processes};
use super::record::{Address, Sample};
use super::unwind::Unwinder;

/// Distinct stacks that are kept; samples of further ones are counted as lost.
const STACKS_MAX: usize = 200_000;

/// Frames at the end of a whole stack that belong to the start of its thread: a walk by frame
/// pointers may end at any of them.
const START_FRAMES: usize = 3;

/// What was sampled of one case.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    pub(super) by_place: BTreeMap<Key, Count>,
    /// Samples outside of the measured region.
    pub(super) outside: u64,
    /// Records that are missing.
    pub(super) lost: u64,
    /// Where threads start, as whole walks have shown.
    starts: BTreeSet<Place>,
    unwinder: Unwinder,
}

/// A distinct stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) role: String,
    /// Innermost first.
    pub(super) places: Vec<Place>,
}

/// How often a stack was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) samples: u64,
    pub(super) weight: u64,
}

impl Stacks {
    /// Adds one sample of the measured region. `starts` takes the addresses at which its thread
    /// turned out to start, if they were not known.
    pub(super) fn add(
        &mut self,
        sample: &Sample,
        processes: &Processes,
        starts: &mut BTreeSet<u64>,
    ) {
        let addresses = self.addresses(sample, processes, starts);
        let places: Vec<Place> =
            addresses.iter().map(|at| processes.place(sample.pid, *at)).collect();
        let role = processes.role(sample.pid, sample.tid).to_owned();
        let full = self.by_place.len() >= STACKS_MAX;
        let key = Key { role, places };
        if full && !self.by_place.contains_key(&key) {
            self.lost += 1;
            return;
        }
        let count = self.by_place.entry(key).or_default();
        count.samples += 1;
        count.weight += sample.period;
    }

    /// Whether a stack ends before it comes to the start of its thread. One of the kernel alone,
    /// for instance in an exec, is as it should be.
    pub(super) fn is_broken(&self, key: &Key) -> bool {
        let is_program = |place: &&Place| !matches!(place, Place::Kernel(_));
        let Some(outermost) = key.places.iter().rfind(is_program) else { return false };
        if !self.starts.is_empty() {
            return !self.starts.contains(outermost);
        }
        // No walk with the tables was whole, or there are none on this machine: then a stack with
        // fewer frames than any function of a program has below it is called broken.
        const WHOLE_FRAMES: usize = 4;
        key.places.iter().filter(is_program).count() < WHOLE_FRAMES
    }

    /// The addresses of a sample by the kernel's walk where that is whole, else by the tables.
    fn addresses(
        &mut self,
        sample: &Sample,
        processes: &Processes,
        starts: &mut BTreeSet<u64>,
    ) -> Vec<Address> {
        let all: Vec<Address> = sample.addresses().collect();
        let Some(stack) = &sample.stack else { return all };
        let outermost = sample.program().last();
        let place = outermost.map(|at| processes.place(sample.pid, at));
        if place.is_none_or(|place| self.starts.contains(&place)) {
            return all;
        }
        let walk = self.unwinder.walk(sample.pid, stack, processes);
        if walk.whole {
            for at in walk.addresses.iter().rev().take(START_FRAMES.min(walk.addresses.len() - 1)) {
                starts.insert(at.address);
                self.starts.insert(processes.place(sample.pid, *at));
            }
        } else if place != Some(Place::Nowhere) && sample.program().count() > walk.addresses.len() {
            return all;
        }
        let kernel = all.iter().copied().filter(|at| at.kernel);
        kernel.chain(walk.addresses).collect()
    }
}
