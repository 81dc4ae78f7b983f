//! Whether a change belongs to the work or to the layout of the program: pairs of processes whose
//! programs were linked in other orders, judged layout by layout.
//!
//! The layout check of a gate calls it, and the replay. It links and measures nothing.

use super::{Decision, Estimate, Levels, PairGate, Thresholds};

/// Layouts of each side that are linked at a time.
pub const ROUND: u32 = 4;

/// Layouts of each side at most: what these do not tell, a few more would not.
pub const MOST: u32 = 24;

/// Process pairs that are measured in each layout. What one process has by chance, the other may
/// not have; more of them would say nothing about other layouts.
pub const PAIRS: usize = 2;

/// What other layouts say of a change that one layout has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// It is there too, by more than is tolerated.
    There,
    /// A change of `must_catch` is excluded there.
    Gone,
    /// Neither can be shown.
    Unknown,
}

/// Judges a change over layouts: takes the pairs of one layout after the other.
///
/// # What goes in
///
/// A layout is both programs linked once more, each with its functions in the order of one seed, and
/// no two layouts have a seed in common. Its number is the mean of the log ratios of its pairs.
///
/// # What comes out
///
/// The bets of a [`PairGate`], with layouts in the place of pairs. Two programs whose layouts cost
/// the same by distribution are exchangeable: which of the two got the worse layout is a coin's, so
/// the number of a layout lies above or below the true change equally often, however the linker's
/// orders are spread and however few of them are dear. That is all that a gate assumes, and its
/// error rates hold for layouts that nobody has seen, whenever one stops: no more than the
/// reciprocal of [`Levels::red`] for a change that is none to be called [`Elsewhere::There`], and
/// 1 in [`Levels::PASS`] for one of `must_catch` to be called [`Elsewhere::Gone`].
///
/// The pairs themselves would not do: those of one layout share its luck, so many pairs in few
/// layouts tell what these layouts cost, and nothing about others.
///
/// A bet on one of the first layouts wins half of the money at most. So 4 layouts decide nothing
/// (1.5^4 = 5), 8 can exclude a change (1.5^8 = 26 and 20 is asked for), and 12 can show one at 1 %
/// (1.5^12 = 130, and 100 is asked for). A permutation of two times 4 layouts has 70 ways, and so
/// could not either.
/// Source: Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong, ASPLOS
/// 2009, for layouts drawn at random; [`PairGate`] for the bets.
///
/// ```
/// use stats::sequential::{Levels, Thresholds, layouts};
///
/// let thresholds = Thresholds::of_changes(0.01, 0.03).ok_or("1 % and 3 %")?;
/// let levels = Levels::of_family(1, 0.01).ok_or("one change, 1 %")?;
/// let mut gate = layouts::LayoutGate::new(thresholds, levels);
/// for seed in 1..=u64::from(layouts::MOST) {
///     let luck = if seed % 3 == 0 { 0.002 } else { -0.001 };
///     for _ in 0..layouts::PAIRS {
///         gate.observe(seed, f64::ln_1p(0.1) + luck);
///     }
/// }
/// assert_eq!(gate.elsewhere(), layouts::Elsewhere::There);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
pub struct LayoutGate {
    gate: PairGate,
    /// The layout that is being measured, and its pairs so far.
    current: (u64, Vec<f64>),
}

impl LayoutGate {
    /// A gate that has seen no layout.
    pub fn new(thresholds: Thresholds, levels: Levels) -> Self {
        Self { gate: PairGate::new(thresholds, levels), current: (0, Vec::with_capacity(PAIRS)) }
    }

    /// Takes the log ratio of a pair of this layout. A layout counts once it has had [`PAIRS`]; one
    /// that is left before is left out, and a number that is not finite is no pair.
    pub fn observe(&mut self, layout: u64, log_ratio: f64) {
        if !log_ratio.is_finite() {
            return;
        }
        let (of, pairs) = &mut self.current;
        if *of != layout {
            *of = layout;
            pairs.clear();
        }
        pairs.push(log_ratio);
        if pairs.len() == PAIRS {
            self.gate.observe(pairs.iter().sum::<f64>() / PAIRS as f64);
        }
    }

    /// What the layouts say so far. What they have said once stays.
    pub fn elsewhere(&self) -> Elsewhere {
        match self.gate.decision() {
            Decision::Regressed => Elsewhere::There,
            Decision::Improved | Decision::Equivalent => Elsewhere::Gone,
            Decision::Open if self.gate.passes() => Elsewhere::Gone,
            Decision::Open => Elsewhere::Unknown,
        }
    }

    /// Layouts that count.
    pub fn layouts(&self) -> usize {
        self.gate.pairs()
    }

    /// Where the log ratio lies over all layouts there are; `None` before the first one.
    pub fn estimate(&self) -> Option<Estimate> {
        self.gate.estimate()
    }

    /// The smallest log ratio that the layouts exclude, and with it all that are larger.
    pub fn excluded_from(&self) -> Option<f64> {
        self.gate.excluded_from()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> LayoutGate {
        let thresholds = Thresholds::of_changes(0.01, 0.03).unwrap();
        LayoutGate::new(thresholds, Levels::of_family(1, 0.01).unwrap())
    }

    /// Layouts that all say the same.
    fn alike(count: u64, log_ratio: f64) -> LayoutGate {
        let mut gate = gate();
        for layout in 0..count {
            (0..PAIRS).for_each(|_| gate.observe(layout, log_ratio));
        }
        gate
    }

    #[test]
    fn four_layouts_decide_nothing_eight_can_clear_and_twelve_can_confirm() {
        let said = |count, log_ratio| alike(count, log_ratio).elsewhere();
        assert_eq!((said(4, 0.0), said(4, 0.5)), (Elsewhere::Unknown, Elsewhere::Unknown));
        assert_eq!((said(7, 0.0), said(8, 0.0)), (Elsewhere::Unknown, Elsewhere::Gone));
        assert_eq!((said(11, 0.5), said(12, 0.5)), (Elsewhere::Unknown, Elsewhere::There));
        assert_eq!(said(12, -0.5), Elsewhere::Gone);
    }

    #[test]
    fn a_layout_counts_once_however_many_pairs_it_has_had_and_not_before_it_has_had_its_own() {
        let mut gate = gate();
        (0..100).for_each(|_| gate.observe(7, 0.5));
        assert_eq!((gate.layouts(), gate.elsewhere()), (1, Elsewhere::Unknown));
        gate.observe(8, 0.5);
        gate.observe(9, 0.3);
        gate.observe(9, f64::NAN);
        assert_eq!(gate.layouts(), 1, "one was left early, and the other is not over");
        gate.observe(9, 0.1);
        assert_eq!(gate.layouts(), 2);
        assert!((gate.estimate().unwrap().centre - 0.35).abs() < 1e-12, "mean of 0.5 and 0.2");
    }
}
