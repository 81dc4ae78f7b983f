//! Everything that reads a run set, held against made-up runs with known numbers.

mod browser;
mod charts;
mod fixture;
mod page;
mod run_set;
mod show;
