//! Pure mathematics for measurements: estimates and their intervals.
//!
//! Nothing here reads a clock, a file or the environment: data in, value out. Nothing here knows
//! what a metric is; reports and the engine call it with plain numbers.

mod ratio;
mod summary;

pub use ratio::{Ratio, ratio_of_medians};
pub use summary::{Interval, Observation, Summary, mad, median, per_process, quantile};

/// The coverage that intervals aim at.
pub const CONFIDENCE: f64 = 0.95;
