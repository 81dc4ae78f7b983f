//! What a machine can measure, and how well: counters, tools, clocks, storage, and a program held
//! against itself.
//!
//! `dyno doctor` asks and puts it into words. Nothing here judges, and nothing is kept.

mod clocks;
mod disk;
mod facilities;
mod identical;

pub use clocks::{Clock, process_cpu_clock, wall_clock};
pub use disk::{Speed, disk};
pub use facilities::{Counted, Facilities, facilities};
pub use identical::{CHANGE, Identical, Noisiness, identical, in_turns};
