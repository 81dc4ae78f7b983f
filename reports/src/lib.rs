//! Reads what the store keeps: tables, charts and the report page. Never measures.
//!
//! The command line calls [`show`], [`runs_table`] and [`html`]. Everything here is data in, text
//! out: no path, no clock, no environment, so that equal stores give equal bytes.

pub mod bisect;
pub mod charts;
pub mod compare;
pub mod derived;
pub mod format;
pub mod formats;
pub mod gate;
pub mod history;
pub mod profile;
pub mod run_set;
pub mod trend;
pub mod warnings;

mod columns;
mod document;
mod index;
mod labels;
mod markdown;
mod notes;
mod page;
mod passes;
mod runs;
mod table;
mod verdicts;
mod view;

pub use index::{IndexRun, index};
pub use markdown::report as markdown;
pub use page::{Assets, PageOptions, html, sections};
pub use run_set::RunSet;
pub use runs::{RunLine, runs_table};
pub use table::{Format, ShowOptions, show};
