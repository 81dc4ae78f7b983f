//! Whether values rise or fall with time.
//!
//! Reports call it to warn of drift. It says nothing of the cause, and its probability holds for
//! values that are independent of their neighbours.

use crate::median;

/// A trend over values in their order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// What a line through the values rises by from the first to the last, in their unit: the
    /// median of the slopes of all pairs (Theil, 1950; Sen, 1968) times the number of steps.
    pub rise: f64,
    /// The probability of so strong an order, up or down, if there were no trend.
    pub p: f64,
}

/// The Mann-Kendall test: does the number of pairs that rise differ from the number that fall by
/// more than chance explains? It assumes no distribution. Source: Mann, Nonparametric Tests against
/// Trend, Econometrica 13, 1945; Kendall, Rank Correlation Methods, 1948. The distribution is exact
/// up to 60 values without ties; otherwise normal, corrected for ties and continuity.
///
/// `None` for fewer than 4 values, or if one is not finite.
pub fn trend(values: &[f64]) -> Option<Trend> {
    let n = values.len();
    if n < 4 || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let (mut slopes, mut score, mut tied) = (Vec::new(), 0i64, false);
    for later in 1..n {
        for earlier in 0..later {
            let difference = values[later] - values[earlier];
            slopes.push(difference / (later - earlier) as f64);
            match difference.total_cmp(&0.0) {
                _ if difference == 0.0 => tied = true,
                std::cmp::Ordering::Greater => score += 1,
                _ => score -= 1,
            }
        }
    }
    let rise = median(&slopes)? * (n - 1) as f64;
    let p = if tied || n > EXACT_MAX { normal_p(values, score) } else { exact_p(n, score) };
    Some(Trend { rise, p })
}

const EXACT_MAX: usize = 60;

/// Both tails of the number of inversions of a random order (Mahonian numbers): `score` is the
/// number of all pairs less twice the inversions.
fn exact_p(n: usize, score: i64) -> f64 {
    // The share of orders by inversions; one more value takes any place with equal probability.
    let mut shares = vec![1.0];
    for size in 2..=n {
        let mut next = vec![0.0; shares.len() + size - 1];
        for (inversions, share) in shares.iter().enumerate() {
            for place in 0..size {
                next[inversions + place] += share / size as f64;
            }
        }
        shares = next;
    }
    let pairs = (n * (n - 1) / 2) as u64;
    let fewest = (pairs - score.unsigned_abs()) / 2;
    let tail: f64 = shares.iter().take(fewest as usize + 1).sum();
    (2.0 * tail).min(1.0)
}

fn normal_p(values: &[f64], score: i64) -> f64 {
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|tie| spread(tie.len() as f64)).sum();
    let variance = (spread(values.len() as f64) - ties) / 18.0;
    if variance <= 0.0 {
        return 1.0;
    }
    let distance = (score.unsigned_abs() as f64 - 1.0).max(0.0);
    (2.0 * upper_tail(distance / variance.sqrt())).min(1.0)
}

/// The probability that a standard normal value is above `z`, which is not negative. Source:
/// Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17; error below 7.5e-8.
fn upper_tail(z: f64) -> f64 {
    const FACTORS: [f64; 5] =
        [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = FACTORS.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    series * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeded::{Seeded, UNIMODAL};

    #[test]
    fn values_in_perfect_order_have_the_smallest_probability() {
        let found = trend(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        // Two of the 120 orders are perfect.
        assert!((found.p - 2.0 / 120.0).abs() < 1e-12);
        assert_eq!(found.rise, 4.0);
        let falling = trend(&[5.0, 4.0, 3.0, 2.0, 1.0]).unwrap();
        assert_eq!((falling.rise, falling.p), (-4.0, found.p));
    }

    #[test]
    fn probabilities_agree_with_the_published_table() {
        // Hollander and Wolfe, Nonparametric Statistical Methods, table A.30: one tail.
        for (n, score, tail) in [(4, 6, 0.042), (8, 16, 0.031), (10, 21, 0.036), (10, 33, 0.0011)] {
            let p = exact_p(n, score);
            assert!((p / 2.0 - tail).abs() < 6e-4, "n = {n}, S = {score}: {p}");
            assert_eq!(exact_p(n, -score), p);
        }
    }

    #[test]
    fn the_normal_form_meets_the_exact_one() {
        assert!((upper_tail(0.0) - 0.5).abs() < 1e-7);
        assert!((upper_tail(1.959_964) - 0.025).abs() < 1e-6);
        let values: Vec<f64> = (0..40).map(f64::from).collect();
        for score in [0, 100, 200, 300] {
            let (exact, normal) = (exact_p(40, score), normal_p(&values, score));
            assert!((exact - normal).abs() < 0.002, "{score}: {exact} and {normal}");
        }
    }

    #[test]
    fn equal_and_missing_values_have_no_trend() {
        assert_eq!(trend(&[3.0; 9]).unwrap(), Trend { rise: 0.0, p: 1.0 });
        assert_eq!(trend(&[1.0, 2.0, 3.0]), None);
        assert_eq!(trend(&[1.0, 2.0, 3.0, f64::NAN]), None);
    }

    #[test]
    fn without_a_trend_small_probabilities_are_as_rare_as_they_say() {
        let mut seeded = Seeded::new(5);
        for (name, draw) in UNIMODAL {
            for n in [8, 20, 62] {
                let rate = seeded.rate(600, n, draw, |v| trend(v).is_some_and(|t| t.p < 0.05));
                assert!(rate < 0.08, "{name}, n = {n}: {rate}");
                let rate = seeded.rate(1200, n, draw, |v| trend(v).is_some_and(|t| t.p < 0.01));
                println!("drift: {name}, n = {n}: {:.2} %", rate * 100.0);
                assert!(rate < 0.02, "{name}, n = {n}: {rate}");
            }
        }
    }

    proptest! {
        #[test]
        fn turning_the_order_turns_the_trend(
            values in prop::collection::vec(-1e6..1e6f64, 4..40),
        ) {
            let mut turned = values.clone();
            turned.reverse();
            let (there, back) = (trend(&values).unwrap(), trend(&turned).unwrap());
            prop_assert_eq!((there.rise, there.p), (-back.rise, back.p));
            prop_assert!((0.0..=1.0).contains(&there.p));
        }
    }
}
