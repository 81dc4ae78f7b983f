//! Pure mathematics for measurements: estimates and their intervals.
//!
//! Nothing here reads a clock, a file or the environment: data in, value out. Nothing here knows
//! what a metric is; reports and the engine call it with plain numbers.

mod exact;
mod families;
mod hodges_lehmann;
mod knee;
mod modes;
mod outliers;
mod quantiles;
mod ratio;
pub mod scaling;
pub mod search;
mod seeded;
pub mod sequential;
mod start;
mod steps;
mod summary;
mod trend;
mod variance;

pub use exact::Exact;
pub use families::{bonferroni, e_benjamini_hochberg};
pub use hodges_lehmann::hodges_lehmann;
pub use knee::{Better, Knee, Setting, knee};
pub use modes::{Modes, two_modes};
pub use outliers::{modified_z_scores, outlier_share, outliers};
pub use ratio::{Ratio, ratio_of_medians};
pub use start::{SlowStart, slow_start};
pub use steps::{STEPS_VALUES_MAX, Split, Step, best_split, steps, steps_of_groups};
pub use summary::{Interval, Observation, Summary, mad, median, per_process, quantile};
pub use trend::{Trend, trend};
pub use variance::Variances;

/// The coverage that intervals aim at.
pub const CONFIDENCE: f64 = 0.95;
