//! Which functions a change of time lies in, from profiles of both sides. Pure.
//!
//! A profile tells how CPU time is divided, and the pairs tell how much of it there is: the parts of
//! the candidate are scaled by the change that was measured. So a machine that was slower while one
//! side was profiled moves nothing, and the parts of all functions add up to the change.

use std::collections::BTreeMap;

use record::Profile;
use record::gate::Moved;

use crate::profile::{SAMPLES_MIN, View, functions, stacks};

/// Functions that are told, the largest first.
const MOST: usize = 5;

/// Normal quantile of a two-sided 99 % interval: many functions are looked at.
const Z: f64 = 2.58;

/// The functions whose part of the baseline's CPU time moved beyond the error of sampling; each by
/// its own time, what it calls left out. `change` is that of the CPU time: 0.05 is 5 % more.
pub fn moved(before: &[Profile], after: &[Profile], change: f64) -> Vec<Moved> {
    let (old, new) = (Side::of(before), Side::of(after));
    let scale = 1.0 + change;
    let names = old.own.keys().chain(new.own.keys());
    let names: std::collections::BTreeSet<&String> = names.collect();
    let mut moved: Vec<Moved> = names
        .into_iter()
        .filter_map(|name| {
            let (was, is) = (old.part(name), new.part(name));
            let (before, after) = (was.share, scale * is.share);
            let error = Z * (was.variance + scale * scale * is.variance).sqrt();
            let is_seen = was.samples.max(is.samples) >= SAMPLES_MIN;
            let is_moved = is_seen && (after - before).abs() > error;
            is_moved.then(|| Moved { name: name.clone(), before, after })
        })
        .collect();
    let size = |one: &Moved| (one.after - one.before).abs();
    moved.sort_by(|one, other| size(other).total_cmp(&size(one)));
    moved.truncate(MOST);
    moved
}

/// What all profiles of one side say.
struct Side {
    /// Samples in each function itself.
    own: BTreeMap<String, u64>,
    all: u64,
}

struct Part {
    samples: u64,
    share: f64,
    variance: f64,
}

impl Side {
    fn of(profiles: &[Profile]) -> Self {
        let mut own: BTreeMap<String, u64> = BTreeMap::new();
        for function in
            profiles.iter().flat_map(|profile| functions(&stacks(profile, View::Folded)))
        {
            *own.entry(function.name).or_default() += function.own_samples;
        }
        let all = profiles.iter().map(|profile| profile.info.samples).sum();
        Self { own, all }
    }

    /// A share of independent samples has the variance of a binomial.
    fn part(&self, name: &String) -> Part {
        let samples = self.own.get(name).copied().unwrap_or(0);
        let all = self.all.max(1) as f64;
        let share = samples as f64 / all;
        Part { samples, share, variance: share * (1.0 - share) / all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    #[test]
    fn the_parts_add_up_to_the_change_and_what_did_not_move_is_not_told() {
        let before = profile(&[("t;main;parse", 6000), ("t;main;write", 4000)], None);
        // 20 % more time, all of it in `parse`: 6000 -> 8000 of 10,000; sampled at another rate.
        let after = profile(&[("t;main;parse", 20_000), ("t;main;write", 10_000)], None);
        let moved = moved(&[before], &[after], 0.2);
        assert_eq!(moved.len(), 1, "{moved:?}");
        assert_eq!(moved[0].name, "parse");
        assert!((moved[0].before - 0.6).abs() < 1e-12 && (moved[0].after - 0.8).abs() < 1e-12);
    }

    #[test]
    fn a_machine_that_is_slower_meanwhile_moves_nothing() {
        let stacks = [("t;a", 3000), ("t;b", 1000)];
        let slower = [("t;a", 6000), ("t;b", 2000)];
        assert!(moved(&[profile(&stacks, None)], &[profile(&slower, None)], 0.0).is_empty());
    }

    #[test]
    fn few_samples_show_little_and_a_new_function_is_told() {
        let before = profile(&[("t;a", 1000)], None);
        let after = profile(&[("t;a", 1000), ("t;rare", 20), ("t;new", 300)], None);
        let moved = moved(&[before], &[after], 0.32);
        let told: Vec<&str> = moved.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(told, ["new"]);
        assert!(moved[0].before == 0.0 && moved[0].after > 0.2);
    }
}
