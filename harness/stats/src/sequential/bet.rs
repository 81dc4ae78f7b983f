//! How much is bet on the next pair, and at which scale: chosen from the past pairs only.
//!
//! The gate calls it before it looks at a pair. It must not see that pair: the error rates rest on
//! it.

use crate::{mad, median};

/// A bet on one pair: the stake, and the distance at which it is won or lost in full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bet {
    pub(super) stake: f64,
    pub(super) scale: f64,
}

impl Bet {
    /// No money on the table.
    pub(super) const NONE: Self = Self { stake: 0.0, scale: 1.0 };

    /// The logarithm of the factor by which the gambler's wealth changes when the pair lies
    /// `distance` to the side that was bet on.
    pub(super) fn log_factor(self, distance: f64) -> f64 {
        (self.stake * (distance / self.scale).clamp(-1.0, 1.0)).ln_1p()
    }
}

/// Scales that are tried, in robust standard deviations, and stakes.
const SCALES: [f64; 4] = [0.1, 0.4, 1.0, 2.0];
const STAKES: [f64; 6] = [0.1, 0.2, 0.35, 0.5, 0.7, 0.9];

/// Pairs after which their spread gives a scale.
const BURN_IN: usize = 4;
/// The bet on the pairs before: on their side alone, which is won or lost in full at any distance
/// and so needs no scale.
const SIDE: Bet = Bet { stake: CAUTIOUS, scale: f64::MIN_POSITIVE };
/// Until here, no stake above `CAUTIOUS`: few pairs say little about the spread.
pub(super) const YOUNG: usize = 12;
const CAUTIOUS: f64 = 0.5;
/// Until here every pair brings a new choice, then every sixth.
const OFTEN: usize = 24;
const SELDOM: usize = 6;
/// Pairs of the past that are looked at.
const MEMORY: usize = 160;
/// Keeps the scale above 0 where more than half of the pairs are equal.
const SPREAD_MIN: f64 = 1e-9;
/// Makes the median absolute deviation of normal values their standard deviation.
const NORMAL: f64 = 1.4826;

/// Chooses bets. `gap` is the distance between the two claims that are bet against: a true change
/// at one of them lies so far from the other.
#[derive(Clone, Debug)]
pub(super) struct Bettor {
    gap: f64,
    current: Bet,
}

impl Bettor {
    pub(super) fn new(gap: f64) -> Self {
        Self { gap, current: SIDE }
    }

    /// The bet on the pair that comes after `past`.
    ///
    /// The scale s is 1.4826 MAD of the past, times 1 + 1/n because the MAD of few values is too
    /// small. Of all stakes and scales that is taken which would have let the wealth grow most, on
    /// average over both gamblers: Kelly's rule on the past residuals.
    pub(super) fn place(&mut self, past: &[f64]) -> Bet {
        let n = past.len();
        if n >= BURN_IN && (n < OFTEN || n.is_multiple_of(SELDOM)) {
            self.current = self.choose(past).unwrap_or(Bet::NONE);
        }
        self.current
    }

    /// The bet that the last pairs recommend. `None` without a pair.
    pub(super) fn choose(&self, past: &[f64]) -> Option<Bet> {
        let n = past.len();
        let past = &past[n.saturating_sub(MEMORY)..];
        let centre = median(past)?;
        let spread = (NORMAL * mad(past)? + SPREAD_MIN) * (1.0 + 1.0 / n as f64);
        let stake_max = if n < YOUNG { CAUTIOUS } else { 1.0 };
        let mut best = (f64::NEG_INFINITY, Bet::NONE);
        for scale in SCALES.map(|c| c * spread) {
            let score = |distance: f64| (distance / scale).clamp(-1.0, 1.0);
            let scores: Vec<(f64, f64)> = past
                .iter()
                .map(|x| x - centre)
                .map(|r| (score(r + self.gap), score(-r + self.gap)))
                .collect();
            for stake in STAKES.into_iter().filter(|stake| *stake <= stake_max) {
                let growth = growth(stake, &scores);
                if growth > best.0 {
                    best = (growth, Bet { stake, scale });
                }
            }
        }
        Some(best.1)
    }
}

/// The growth of the logarithm of both gamblers' wealth over the past.
///
/// One logarithm of a product instead of one for each pair: factors are within 0.1 to 1.9 and at
/// most 160, so a product can neither vanish nor overflow.
fn growth(stake: f64, scores: &[(f64, f64)]) -> f64 {
    let (up, down) = scores.iter().fold((1.0, 1.0), |(up, down), (one, other)| {
        (up * (1.0 + stake * one), down * (1.0 + stake * other))
    });
    up.ln() + down.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::Seeded;

    #[test]
    fn until_the_spread_is_known_only_the_side_of_a_pair_is_bet_on() {
        let mut bettor = Bettor::new(0.02);
        assert_eq!(bettor.place(&[]), SIDE);
        assert_eq!(bettor.place(&[0.1, 0.2, 0.1]), SIDE);
        assert!(bettor.place(&[0.1, 0.2, 0.1, 0.0]).scale > 1e-3);
        assert_eq!(SIDE.log_factor(1e-12), 0.5f64.ln_1p());
        assert_eq!(SIDE.log_factor(-1e-12), (-0.5f64).ln_1p());
        assert_eq!(SIDE.log_factor(0.0), 0.0);
    }

    #[test]
    fn quiet_pairs_are_bet_on_with_all_that_is_allowed_and_wild_ones_with_little() {
        let quiet: Vec<f64> = (0..20).map(|i| 0.001 * f64::from(i % 3)).collect();
        assert_eq!(Bettor::new(0.02).place(&quiet).stake, 0.9);
        assert_eq!(Bettor::new(0.02).place(&quiet[..11]).stake, 0.5);
        let mut seeded = Seeded::new(8);
        let wild: Vec<f64> = (0..300).map(|_| 0.1 * seeded.normal()).collect();
        assert_eq!(Bettor::new(0.0001).place(&wild).stake, 0.1);
    }

    #[test]
    fn a_factor_is_bounded_however_far_the_pair_lies() {
        let bet = Bet { stake: 0.9, scale: 0.01 };
        assert_eq!(bet.log_factor(1e9), 0.9f64.ln_1p());
        assert_eq!(bet.log_factor(-1e9), (-0.9f64).ln_1p());
        assert_eq!(Bet::NONE.log_factor(-1e9), 0.0);
    }

    #[test]
    fn a_product_of_all_losses_that_are_remembered_is_still_a_number() {
        let losses = vec![(-1.0, -1.0); MEMORY];
        assert!(growth(0.9, &losses).is_finite());
    }
}
