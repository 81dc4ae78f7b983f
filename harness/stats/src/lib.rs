//! Pure mathematics for measurements: estimates and their intervals.
//!
//! Nothing here reads a clock, a file or the environment: data in, value out. Nothing here knows
//! what a metric is; reports and the engine call it with plain numbers.

mod families;
mod hodges_lehmann;
mod modes;
mod outliers;
mod ratio;
#[cfg(test)]
mod seeded;
pub mod sequential;
mod start;
mod summary;
mod trend;

pub use families::{bonferroni, e_benjamini_hochberg};
pub use hodges_lehmann::hodges_lehmann;
pub use modes::{Modes, two_modes};
pub use outliers::{modified_z_scores, outliers};
pub use ratio::{Ratio, ratio_of_medians};
pub use start::{SlowStart, slow_start};
pub use summary::{Interval, Observation, Summary, mad, median, per_process, quantile};
pub use trend::{Trend, trend};

/// The coverage that intervals aim at.
pub const CONFIDENCE: f64 = 0.95;
