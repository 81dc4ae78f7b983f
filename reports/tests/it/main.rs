//! Everything that reads a run set, held against made-up runs with known numbers.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic and tell"
)]

mod acceptance;
mod browser;
mod ceiling;
mod charts;
mod compare;
mod counters;
mod fixture;
mod gallery;
mod gate;
mod history;
mod index;
mod layouts;
mod page;
mod profiles;
mod ready;
mod references;
mod run_set;
mod show;
mod sweeps;
mod warnings;
