//! How much of a profile each function has: by itself, and with what it calls. Pure.

use std::collections::{BTreeMap, BTreeSet};

use record::Stack;

/// One function of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Samples in it, none of its callees.
    pub own_samples: u64,
    /// Weight of those.
    pub own_weight: u64,
    /// Samples in it or in what it called; a stack that holds it twice counts once.
    pub samples: u64,
    /// Weight of those.
    pub weight: u64,
}

/// Every function of these stacks, the one with most time of its own first. The names of threads
/// are no functions.
pub fn functions(stacks: &[Stack]) -> Vec<Function> {
    let mut by_name: BTreeMap<&str, Function> = BTreeMap::new();
    for stack in stacks {
        let frames: Vec<&str> = stack.frames().skip(1).collect();
        let last = frames.last().copied();
        for name in frames.into_iter().collect::<BTreeSet<_>>() {
            let function = by_name.entry(name).or_insert_with(|| Function {
                name: name.to_owned(),
                own_samples: 0,
                own_weight: 0,
                samples: 0,
                weight: 0,
            });
            function.samples += stack.samples;
            function.weight += stack.weight;
            if last == Some(name) {
                function.own_samples += stack.samples;
                function.own_weight += stack.weight;
            }
        }
    }
    let mut functions: Vec<_> = by_name.into_values().collect();
    // Stable, so that equals stay in alphabetical order.
    functions.sort_by_key(|function| std::cmp::Reverse((function.own_weight, function.weight)));
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_time_and_time_with_callees_are_told_apart_and_recursion_counts_once() {
        let stack = |frames: &str, samples| Stack {
            frames: frames.to_owned(),
            samples,
            weight: samples * 10,
        };
        let found = functions(&[stack("t;a;b;a", 3), stack("t;a;b", 4), stack("t", 9)]);
        let row = |f: &Function| (f.name.clone(), f.own_samples, f.samples, f.weight);
        let expect = [("b".to_owned(), 4, 7, 70), ("a".to_owned(), 3, 7, 70)];
        assert_eq!(found.iter().map(row).collect::<Vec<_>>(), expect);
    }
}
