//! Plan -> rounds: which case is measured when.
//!
//! Every round holds each case once, in a fresh random order, so that drift of the machine falls
//! on all cases alike. The order depends on the seed alone: a resumed run continues the same one.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use record::Pass;

use crate::case::{Case, Order, RunnerKind, Sampling};
use crate::pass::PassPlan;

/// What is asked of one process replicate of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The pass.
    pub pass: Pass,
    /// The round of the pass, from 0; also the number of the process replicate.
    pub round: u32,
    /// Index of the case in the plan.
    pub case: usize,
    /// Samples that do not count, taken first.
    pub warmup: u32,
    /// Samples that count.
    pub iterations: u32,
}

/// All slots of a run, round after round.
///
/// A worker is asked for its warm-ups and all its iterations in each of `processes` rounds. Every
/// sample of a command is a fresh process anyway: each is a round of its own, so that commands
/// alternate sample by sample, and the warm-ups, which can only warm the machine, come once.
pub fn slots(cases: &[Case], sampling: &Sampling) -> Vec<Slot> {
    let mut all = Vec::new();
    let mut order: Vec<usize> = (0..cases.len()).collect();
    let mut rng = StdRng::seed_from_u64(sampling.seed);
    let rounds = cases.iter().map(|case| rounds(case, sampling)).max().unwrap_or(0);
    for round in 0..rounds {
        match sampling.order {
            Order::Shuffled => order.shuffle(&mut rng),
            Order::Listed => {}
        }
        all.extend(order.iter().filter_map(|&case| slot(case, &cases[case], sampling, round)));
    }
    all
}

/// The slots of a pass beside the timed one, round after round in the order of the suite: what is
/// counted there does not drift with the machine, so nothing is gained by shuffling.
pub fn pass_slots(plan: &PassPlan) -> Vec<Slot> {
    let slot = |round, case| Slot { pass: plan.pass, round, case, warmup: 0, iterations: 1 };
    let rounds = 0..plan.repeats;
    rounds.flat_map(|round| (0..plan.cases.len()).map(move |case| slot(round, case))).collect()
}

fn is_command(case: &Case) -> bool {
    matches!(case.runner.kind, RunnerKind::Command(_))
}

/// Process replicates of a case.
pub(crate) fn rounds(case: &Case, sampling: &Sampling) -> u32 {
    let samples = if is_command(case) { sampling.iterations } else { 1 };
    sampling.processes.saturating_mul(samples)
}

fn slot(index: usize, case: &Case, sampling: &Sampling, round: u32) -> Option<Slot> {
    let (warmup, iterations) = match (is_command(case), round) {
        (false, _) => (sampling.warmup, sampling.iterations),
        (true, 0) => (sampling.warmup, 1),
        (true, _) => (0, 1),
    };
    let slot = Slot { pass: Pass::Timed, round, case: index, warmup, iterations };
    (round < rounds(case, sampling)).then_some(slot)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use record::CaseId;
    use workload_api::Params;

    use super::*;
    use crate::case::{CommandLine, CommandRunner, Expect, Runner};

    fn sampling(order: Order, seed: u64) -> Sampling {
        Sampling {
            processes: 4,
            iterations: 3,
            warmup: 2,
            budget: None,
            timeout: Duration::from_secs(60),
            order,
            seed,
            sync: true,
            evict: false,
            pin: None,
            counters: crate::counters::Choice::usual(),
            reject: None,
        }
    }

    fn case(kind: RunnerKind) -> Case {
        let runner =
            Runner { name: "r".to_owned(), kind, env: BTreeMap::new(), cwd: PathBuf::from("/") };
        Case {
            id: CaseId::new("c"),
            workload: "w".to_owned(),
            runner: Arc::new(runner),
            params: Params::default(),
            title: String::new(),
            answer: None,
            at: None,
            expect: Expect::default(),
            stage: None,
            sweep: false,
            reverted: false,
        }
    }

    fn workers(count: usize) -> Vec<Case> {
        vec![case(RunnerKind::Builtin); count]
    }

    fn command() -> Case {
        case(RunnerKind::Command(Box::new(CommandRunner {
            command: CommandLine::Argv(vec!["true".to_owned()]),
            prepare: None,
            conclude: None,
            check: None,
            ignore_failure: false,
            metrics: Vec::new(),
        })))
    }

    fn order(all: &[Slot], round: u32) -> Vec<usize> {
        all.iter().filter(|slot| slot.round == round).map(|slot| slot.case).collect()
    }

    #[test]
    fn every_round_holds_each_case_once() {
        let all = slots(&workers(7), &sampling(Order::Shuffled, 3));
        assert_eq!(all.len(), 28);
        assert!(all.iter().all(|slot| (slot.warmup, slot.iterations) == (2, 3)));
        for round in 0..4 {
            let mut cases = order(&all, round);
            cases.sort_unstable();
            assert_eq!(cases, (0..7).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_depends_on_the_seed_alone() {
        let first = slots(&workers(9), &sampling(Order::Shuffled, 1));
        assert_eq!(first, slots(&workers(9), &sampling(Order::Shuffled, 1)));
        assert_ne!(first, slots(&workers(9), &sampling(Order::Shuffled, 2)));
        assert_ne!(order(&first, 0), order(&first, 1));
    }

    #[test]
    fn listed_order_is_the_order_of_the_suite() {
        let all = slots(&workers(3), &sampling(Order::Listed, 1));
        assert_eq!(order(&all, 0), [0, 1, 2]);
        assert_eq!(order(&all, 3), [0, 1, 2]);
    }

    #[test]
    fn every_sample_of_a_command_is_a_round_and_its_warm_ups_come_once() {
        let cases = [command(), case(RunnerKind::Builtin), command()];
        let all = slots(&cases, &sampling(Order::Listed, 1));
        let of = |case| all.iter().filter(|slot| slot.case == case).copied().collect::<Vec<_>>();
        assert_eq!(of(1).len(), 4);
        assert_eq!(of(0).len(), 4 * 3);
        assert_eq!(of(0)[0].warmup, 2);
        assert!(of(0)[1..].iter().all(|slot| slot.warmup == 0));
        assert!(of(0).iter().all(|slot| slot.iterations == 1));
        assert_eq!(order(&all, 0), [0, 1, 2]);
        assert_eq!(order(&all, 11), [0, 2]);
    }
}
