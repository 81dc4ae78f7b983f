//! Writes the table that `stats::steps` holds scores against: the 99 % quantile of the best score
//! of a random order. Seeded: it prints the same every time. Takes half a minute.
//!
//! ```text
//! cargo run --release --package stats --example step_table
//! ```
#![expect(clippy::print_stdout, reason = "it prints a table")]

#[path = "../src/seeded.rs"]
#[expect(dead_code, reason = "the tests of the crate use more of it")]
mod seeded;

use seeded::Seeded;
use stats::{best_split, quantile};

/// Below 10 values even the perfect order is more frequent than one in a hundred; with 8 and 9 no
/// score exceeds the threshold.
const SIZES: [usize; 27] = [
    8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 25, 30, 35, 40, 50, 70, 100, 150, 200, 300,
    500, 700, 1000, 2000,
];

const ORDERS: usize = 100_000;

fn main() {
    println!("pub(super) const TABLE: [(usize, f64); {}] = [", SIZES.len());
    for n in SIZES {
        let mut seeded = Seeded::new(n as u64);
        let mut order: Vec<f64> = (0..n).map(|rank| rank as f64).collect();
        let scores: Vec<f64> = (0..ORDERS)
            .map(|_| {
                shuffle(&mut order, &mut seeded);
                best_split(&order).map_or(0.0, |split| split.score)
            })
            .collect();
        let score = quantile(&scores, 0.99).unwrap_or(f64::INFINITY);
        // Rounded up: a score that is reached exactly must not be exceeded.
        println!("    ({n}, {:.4}),", (score * 1e4).ceil() / 1e4);
    }
    println!("];");
}

/// Fisher and Yates's shuffle.
fn shuffle(values: &mut [f64], seeded: &mut Seeded) {
    for end in (1..values.len()).rev() {
        let other = (seeded.uniform() * (end + 1) as f64) as usize;
        values.swap(end, other);
    }
}
