//! The log ratios that the bets exclude: the decision's e-process, read as a function of its claim.
//!
//! The gate calls it for its confidence sequence and for the smallest change excluded. It must not
//! choose bets: those that were placed are the only valid ones.

use super::bet::Bet;

/// The smallest h for which the wealth from betting against "at least h" reaches `level`. It grows
/// with h, so all that are larger are excluded too. `None` if no h is.
pub(super) fn upper(pairs: &[f64], bets: &[Bet], level: f64) -> Option<f64> {
    invert(pairs.iter().copied().zip(bets), level.ln())
}

/// The largest h for which the wealth from betting against "at most h" reaches `level`.
pub(super) fn lower(pairs: &[f64], bets: &[Bet], level: f64) -> Option<f64> {
    invert(pairs.iter().map(|x| -x).zip(bets), level.ln()).map(|h| -h)
}

fn invert<'a>(placed: impl Iterator<Item = (f64, &'a Bet)> + Clone, log_level: f64) -> Option<f64> {
    let wealth = |h: f64| placed.clone().map(|(x, bet)| bet.log_factor(h - x)).sum::<f64>();
    // Beyond these every bet is lost, or won, in full.
    let mut low = placed.clone().map(|(x, bet)| x - bet.scale).reduce(f64::min)?;
    let mut high = placed.clone().map(|(x, bet)| x + bet.scale).reduce(f64::max)?;
    if wealth(high) < log_level {
        return None;
    }
    const CLOSE: f64 = 1e-12;
    // A bound on the halvings for values so large that neighbouring numbers lie further apart.
    const HALVINGS_MAX: u32 = 200;
    for _ in 0..HALVINGS_MAX {
        if high - low <= CLOSE {
            break;
        }
        let middle = low + (high - low) / 2.0;
        if wealth(middle) < log_level { low = middle } else { high = middle }
    }
    Some(high)
}
