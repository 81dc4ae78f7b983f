//! Whether a counted share contradicts a promised rate: one-sided tests by the exact binomial
//! distribution (Clopper and Pearson, The Use of Confidence or Fiducial Limits Illustrated in the
//! Case of the Binomial, Biometrika 26, 1934).
//!
//! A share of few replays lies below its rate half of the time. So a goal on a rate is not held
//! against the share but against what is improbable: it falls short where its rate would bring so
//! few, or so many, in less than one of a thousand tries.

/// The probability with which a rate that is just kept is said not to be.
const ERROR: f64 = 0.001;

/// Whether `count` of `n` contradict "at least `rate`". Where the worst of `members` counts is looked
/// at, each has a part of the error (Bonferroni).
pub(crate) fn too_few(count: u32, n: u32, rate: f64, members: usize) -> bool {
    // As many as are expected contradict nothing, and below that the terms of the tail fall.
    let is_below = f64::from(count) < rate * f64::from(n);
    is_below && at_most(count, n, rate) < ERROR / members as f64
}

/// Whether `count` of `n` contradict "at most `rate`".
pub(crate) fn too_many(count: u32, n: u32, rate: f64, members: usize) -> bool {
    too_few(n - count, n, 1.0 - rate, members)
}

/// The probability of `count` or fewer of `n`, where each comes with probability `rate`.
fn at_most(count: u32, n: u32, rate: f64) -> f64 {
    let odds = (1.0 - rate) / rate;
    let choose: f64 =
        (1..=count).map(|i| f64::from(n - count + i) / f64::from(i)).map(f64::ln).sum();
    let last = choose + f64::from(count) * rate.ln() + f64::from(n - count) * (1.0 - rate).ln();
    // From the most probable of them down; each has so many times the probability of the one above.
    let down = (1..=count).rev().scan(1.0, |term, i| {
        *term *= odds * f64::from(i) / f64::from(n - i + 1);
        Some(*term)
    });
    (last.exp() * (1.0 + down.sum::<f64>())).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_binomial_distribution() {
        // The sums of the terms as exact fractions, by Python's `fractions`.
        for (count, n, rate, expect) in [
            (0, 10, 0.5, 0.000_976_562_5),
            (3, 10, 0.25, 0.775_875_091_552_734_4),
            (276, 300, 0.95, 0.016_844_074_417_006_3),
            (9, 1000, 0.01, 0.457_300_592_174_890_83),
            (3740, 4000, 0.95, 1.690_800_937_663_966_8e-5),
        ] {
            let found = at_most(count, n, rate);
            assert!((found / expect - 1.0).abs() < 1e-9, "{count} of {n} at {rate}: {found}");
        }
    }

    #[test]
    fn a_rate_is_contradicted_only_by_what_is_improbable_under_it() {
        assert!(!too_few(285, 300, 0.95, 1) && !too_few(276, 300, 0.95, 1));
        assert!(too_few(260, 300, 0.95, 1));
        assert!(!too_many(10, 1000, 0.01, 1) && too_many(22, 1000, 0.01, 1));
        assert!(!too_many(22, 1000, 0.01, 34), "the worst of many may be worse");
        assert!(!too_many(0, 100, 0.01, 1) && too_many(100, 100, 0.01, 1));
    }
}
