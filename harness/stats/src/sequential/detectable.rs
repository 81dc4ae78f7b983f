//! How large a change must be to be seen, from the noise that was seen.
//!
//! The gate calls it. It is a forecast, not a decision: nothing is judged by it.

use super::bet::{Bet, YOUNG};
use crate::median;

/// Fewer pairs say too little about the noise.
const SEEN_MIN: usize = 8;

/// The distance beyond the claim at which the wealth reaches `log_level` within `pairs` bets with
/// a probability of 90 %. `None` where there is none, or too few pairs were seen.
///
/// The logarithm of the wealth is a sum of one factor for each pair, so it is taken as normal,
/// with the mean and the variance that the residuals seen give, each with both signs. The first
/// pairs are not bet on or bet on carefully, and what is not bet is not won: they are left out. The
/// spread of n values is known to about one part in sqrt(2 n), and the distance is so much longer.
pub(super) fn distance(seen: &[f64], bet: Bet, pairs: usize, log_level: f64) -> Option<f64> {
    /// The 90 % point of the normal distribution.
    const Z: f64 = 1.281_551_565_544_600_4;
    if seen.len() < SEEN_MIN {
        return None;
    }
    let centre = median(seen)?;
    let residuals: Vec<f64> = seen.iter().map(|x| x - centre).collect();
    let bets = pairs.checked_sub(YOUNG)? as f64;
    let reached = |distance: f64| {
        let factors = residuals.iter().flat_map(|r| [distance + r, distance - r]);
        let factors: Vec<f64> = factors.map(|at| bet.log_factor(at)).collect();
        let count = factors.len() as f64;
        let mean = factors.iter().sum::<f64>() / count;
        let variance = factors.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / count;
        bets * mean - Z * (bets * variance).sqrt() >= log_level
    };
    // Where every pair that was seen would have been won in full, more distance changes nothing.
    let widest = residuals.iter().map(|r| r.abs()).fold(0.0, f64::max);
    let (mut low, mut high) = (0.0, widest + bet.scale);
    if !reached(high) {
        return None;
    }
    const HALVINGS: u32 = 50;
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        if reached(middle) { high = middle } else { low = middle }
    }
    Some(high * (1.0 + 1.0 / (2.0 * seen.len() as f64).sqrt()))
}
