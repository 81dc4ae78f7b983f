//! The data of the shredding study, contacts with phones, and everything the three workloads
//! share: their options, the two samplers, the builders, the Parquet files and the digest.
//!
//! Only `generator`, `writer` and `pipeline` use it. Generation knows no files and files know no
//! generation; they meet in a `RecordBatch`.

pub(crate) mod declare;
pub(crate) mod digest;
pub(crate) mod limit;
pub(crate) mod options;
pub(crate) mod parquet_file;
pub(crate) mod produce;

mod columns;
mod interner;
mod names;
mod numbers;
mod partial;
mod sample_light;
mod sample_proptest;
mod schema;
mod stage;
mod steps;
pub(crate) mod words;
