//! How large the best score of a series without any step gets in one of a hundred.
//!
//! Written by `cargo run --release --package stats --example step_table`. The distribution depends
//! on the number of values alone, because every order of their ranks is equally probable.

/// Number of values, and the 99 % quantile of the largest score.
pub(super) const TABLE: [(usize, f64); 27] = [
    (8, 2.3095),
    (9, 2.4495),
    (10, 2.5585),
    (11, 2.6458),
    (12, 2.7175),
    (13, 2.7775),
    (14, 2.8285),
    (15, 2.8285),
    (16, 2.9105),
    (17, 2.9147),
    (18, 2.9435),
    (19, 2.9627),
    (20, 2.9717),
    (25, 3.0572),
    (30, 3.1180),
    (35, 3.1704),
    (40, 3.2104),
    (50, 3.2573),
    (70, 3.3250),
    (100, 3.4031),
    (150, 3.4757),
    (200, 3.5181),
    (300, 3.5637),
    (500, 3.6319),
    (700, 3.6451),
    (1000, 3.6835),
    (2000, 3.7393),
];

/// The score that a series of `n` values must exceed: between two lines by the logarithm of `n`,
/// infinite below the first and constant above the last.
pub(super) fn threshold(n: usize) -> f64 {
    let above = TABLE.partition_point(|(values, _)| *values <= n);
    match (above.checked_sub(1).map(|below| TABLE[below]), TABLE.get(above)) {
        (None, _) => f64::INFINITY,
        (Some((_, score)), None) => score,
        (Some((low, from)), Some(&(high, to))) => {
            let share = (n as f64 / low as f64).ln() / (high as f64 / low as f64).ln();
            from + share * (to - from)
        }
    }
}
