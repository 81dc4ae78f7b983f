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
    /// Adds one sample of the measured region.
    pub(super) fn add(&mut self, sample: &Sample<'_>, processes: &Processes) {
        let addresses = self.addresses(sample, processes);
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

    /// The addresses of a sample by the tables, and where these do not lead to the start of the
    /// thread, by the kernel's walk. That one passes over the callers of functions that have no
    /// frame of their own, and says nothing of it.
    fn addresses(&mut self, sample: &Sample<'_>, processes: &Processes) -> Vec<Address> {
        let all: Vec<Address> = sample.addresses().collect();
        let Some(stack) = &sample.stack else { return all };
        let (kernel, chain): (Vec<_>, Vec<_>) = all.iter().copied().partition(|at| at.kernel);
        let Some(outermost) = chain.last() else { return all };
        let place = processes.place(sample.pid, *outermost);
        let walk = self.unwinder.walk(sample.pid, stack, processes);
        let mut found = walk.addresses;
        if walk.whole {
            for at in found.iter().rev().take(START_FRAMES.min(found.len() - 1)) {
                self.starts.insert(processes.place(sample.pid, *at));
            }
        } else if self.starts.contains(&place) {
            continue_along(&mut found, &chain);
        } else if place != Place::Nowhere && chain.len() > found.len() {
            return all;
        }
        [kernel, found].concat()
    }
}

/// From the outermost address that both walks have on, that of the kernel.
fn continue_along(found: &mut Vec<Address>, chain: &[Address]) {
    let in_chain = |at: &Address| chain.iter().position(|other| other.address == at.address);
    let met = found.iter().enumerate().rev().find_map(|(at, one)| Some((at, in_chain(one)?)));
    // OK because both begin with the instruction that was executing.
    let (at, other) = met.unwrap_or((0, 0));
    found.truncate(at + 1);
    found.extend(&chain[other + 1..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_that_ends_too_early_goes_on_where_the_kernel_has_been() {
        let walk = |addresses: &[u64]| -> Vec<Address> {
            let at = |address: &u64| Address { address: *address, kernel: false, returns: true };
            addresses.iter().map(at).collect()
        };
        for (tables, kernel, expect) in [
            (&[1, 2, 3][..], &[1, 3, 5, 6][..], &[1, 2, 3, 5, 6][..]),
            (&[1, 2, 3, 4], &[1, 3, 5, 6], &[1, 2, 3, 5, 6]),
            (&[1, 2], &[1, 5, 6], &[1, 5, 6]),
            (&[1], &[1], &[1]),
        ] {
            let mut found = walk(tables);
            continue_along(&mut found, &walk(kernel));
            assert_eq!(found, walk(expect));
        }
    }
}
