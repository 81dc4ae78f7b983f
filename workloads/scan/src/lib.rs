//! The workload `scan`: a query that a planner splits into tasks, workers that run one task each,
//! and a client that fetches many at once; all of it over Arrow Flight on loopback.
//!
//! A program of its own, `scan`, so that nobody else compiles a gRPC stack. The same program is the
//! dyno worker, the planner, a cluster worker and a client process: which one, its first argument
//! says ([`role`]). With [`serve`] it is the servers alone, for other clients.

mod client;
mod clients;
mod cluster;
mod cpu;
pub mod data;
mod link;
mod model;
mod planner;
mod process;
pub mod role;
pub mod serve;
mod server;
mod settings;
mod users;
mod worker;
mod workload;

pub use workload::Scan;
