//! The decision rules of other tools, rebuilt for the comparison from their documentation and
//! source. Each takes baseline and candidate values and says whether it would call a regression.
//! None of them is used by anything but this replay.

use crate::seeded::Seeded;

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A threshold on the means: 5 % slower is red. What many projects write themselves.
pub(crate) fn fixed(a: &[f64], b: &[f64], _: &mut Seeded) -> bool {
    mean(b) / mean(a) > 1.05
}

/// Welch's t-test at 5 %, as in the script that comes with hyperfine.
pub(crate) fn welch(a: &[f64], b: &[f64], _: &mut Seeded) -> bool {
    let [va, vb] = [a, b].map(|side| variance(side) / side.len() as f64);
    let freedom =
        (va + vb).powi(2) / (va * va / (a.len() as f64 - 1.0) + vb * vb / (b.len() as f64 - 1.0));
    (mean(b) - mean(a)) / (va + vb).sqrt() > t_point(freedom)
}

/// The Mann-Whitney U test at 5 %, as in google/benchmark's `compare.py` and in benchstat: by the
/// normal approximation with continuity correction, direction by the medians.
pub(crate) fn mann_whitney(a: &[f64], b: &[f64], _: &mut Seeded) -> bool {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let wins: f64 = b
        .iter()
        .flat_map(|y| {
            a.iter().map(move |x| {
                if x < y {
                    1.0
                } else if x == y {
                    0.5
                } else {
                    0.0
                }
            })
        })
        .sum();
    let deviation = (n * m * (n + m + 1.0) / 12.0).sqrt();
    let z = ((wins - n * m / 2.0).abs() - 0.5) / deviation;
    z > Z && stats::median(b) > stats::median(a)
}

/// criterion's comparison: a permutation-like bootstrap of t over the pooled values at 5 %, then the
/// 95 % interval of the ratio of means must lie above the noise threshold of 1 %. With 1000 draws
/// where criterion makes 100,000.
pub(crate) fn criterion(a: &[f64], b: &[f64], seeded: &mut Seeded) -> bool {
    const DRAWS: usize = 1000;
    const NOISE: f64 = 0.01;
    let pool = [a, b].concat();
    let mut draw = |from: &[f64], n: usize| -> Vec<f64> {
        (0..n).map(|_| from[seeded.below(from.len())]).collect()
    };
    let observed = t(b, a);
    let below =
        (0..DRAWS).filter(|_| t(&draw(&pool, b.len()), &draw(&pool, a.len())) < observed).count();
    if 2.0 * below.min(DRAWS - below) as f64 / DRAWS as f64 >= 0.05 {
        return false;
    }
    let ratios: Vec<f64> =
        (0..DRAWS).map(|_| mean(&draw(b, b.len())) / mean(&draw(a, a.len())) - 1.0).collect();
    stats::quantile(&ratios, 0.025).is_some_and(|low| low > NOISE)
}

/// tango's rule: the mean difference of couples in one process pair is red when it is 2.6 standard
/// errors and 0.5 % above 0.
pub(crate) fn tango(a: &[f64], b: &[f64], _: &mut Seeded) -> bool {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let centre = mean(&differences);
    let error = (variance(&differences) / differences.len() as f64).sqrt();
    centre / error >= 2.6 && centre / mean(a) > 0.005
}

fn t(a: &[f64], b: &[f64]) -> f64 {
    let error = variance(a) / a.len() as f64 + variance(b) / b.len() as f64;
    (mean(a) - mean(b)) / error.sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (values.len() as f64 - 1.0)
}

/// The 97.5 % point of Student's distribution: Abramowitz and Stegun, 26.7.5, good to 1e-4 from 10
/// degrees of freedom on.
fn t_point(freedom: f64) -> f64 {
    let first = (Z.powi(3) + Z) / 4.0;
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0;
    let third = (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0;
    Z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}
