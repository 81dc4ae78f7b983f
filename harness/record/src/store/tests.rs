//! Tests of the store as a whole. Unlike unit tests beside the code they share one fixture.

mod crash;
mod edits;
pub(super) mod fixture;
mod full_disk;
mod fuzz;
mod names;
mod profiles;
mod queries;
mod round_trip;
