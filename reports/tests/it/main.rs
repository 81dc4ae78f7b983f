//! Everything that reads a run set, held against made-up runs with known numbers.

mod browser;
mod fixture;
mod run_set;
mod show;
