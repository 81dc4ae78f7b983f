//! Plan -> rounds: which case is measured when.
//!
//! Every round holds each case once, in a fresh random order, so that drift of the machine falls
//! on all cases alike. The order depends on the seed alone: a resumed run continues the same one.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::case::{Order, Sampling};

/// One fresh process of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The round, from 0; also the number of the process replicate.
    pub round: u32,
    /// Index of the case in the plan.
    pub case: usize,
}

/// All slots of a run of `cases` cases, round after round.
pub fn slots(cases: usize, sampling: &Sampling) -> Vec<Slot> {
    let mut all = Vec::with_capacity(cases * sampling.processes as usize);
    let mut order: Vec<usize> = (0..cases).collect();
    let mut rng = StdRng::seed_from_u64(sampling.seed);
    for round in 0..sampling.processes {
        match sampling.order {
            Order::Shuffled => order.shuffle(&mut rng),
            Order::Listed => {}
        }
        all.extend(order.iter().map(|&case| Slot { round, case }));
    }
    all
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sampling(processes: u32, order: Order, seed: u64) -> Sampling {
        Sampling {
            processes,
            iterations: 1,
            warmup: 0,
            budget: None,
            timeout: Duration::from_secs(60),
            order,
            seed,
            sync: true,
            evict: false,
            pin: None,
        }
    }

    #[test]
    fn every_round_holds_each_case_once() {
        let all = slots(7, &sampling(5, Order::Shuffled, 3));
        assert_eq!(all.len(), 35);
        for round in 0..5 {
            let mut cases: Vec<_> =
                all.iter().filter(|slot| slot.round == round).map(|slot| slot.case).collect();
            cases.sort_unstable();
            assert_eq!(cases, (0..7).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_depends_on_the_seed_alone() {
        let first = slots(9, &sampling(4, Order::Shuffled, 1));
        assert_eq!(first, slots(9, &sampling(4, Order::Shuffled, 1)));
        assert_ne!(first, slots(9, &sampling(4, Order::Shuffled, 2)));
    }

    #[test]
    fn rounds_are_shuffled_differently() {
        let all = slots(9, &sampling(2, Order::Shuffled, 1));
        let order = |round| {
            all.iter().filter(|slot| slot.round == round).map(|slot| slot.case).collect::<Vec<_>>()
        };
        assert_ne!(order(0), order(1));
    }

    #[test]
    fn listed_order_is_the_order_of_the_suite() {
        let all = slots(3, &sampling(2, Order::Listed, 1));
        assert_eq!(all.iter().map(|slot| slot.case).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
    }
}
