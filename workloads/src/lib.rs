//! The built-in workloads: a Parquet shredding pipeline and its two halves, an aggregation of a
//! file, the reading of that file alone and its conversion to Parquet, a query over many files, a join,
//! and a decoder of compressed JSON.
//!
//! The binary serves [`ALL`] from a hidden subcommand, and the benchmarks of this crate use the
//! same list. Nothing here knows the harness: a workload sees its parameters, a seed and a
//! directory, and says what it did.

mod aggregation;
mod contacts;
pub mod data;
mod decoder;
mod generator;
mod instructions;
mod join;
mod kernel;
mod params;
mod pipeline;
mod planted;
mod reading;
mod taxi;
mod workers;
mod writer;

use workload_api::Workload;

pub use aggregation::{Aggregation, Conversion};
pub use decoder::{DECODER_COMMAND, Decoder, decoder_main, segment_json};
pub use generator::Generator;
pub use join::Join;
pub use kernel::Kernel;
pub use pipeline::Pipeline;
pub use reading::Reading;
pub use taxi::Taxi;
pub use writer::Writer;

/// Every built-in workload, one file each.
pub const ALL: &[&dyn Workload] = &[
    &Generator,
    &Writer,
    &Pipeline,
    &Aggregation,
    &Conversion,
    &Reading,
    &Taxi,
    &Join,
    &Decoder,
    &Kernel,
];
