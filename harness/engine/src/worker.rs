//! Worker processes: started by the launcher, held before exec, spoken to, ended.
//!
//! The measuring loop calls this. A [`Launcher`] forks; [`Held`] is a process that waits to exec, so
//! that counters can be attached; [`Process`] runs; [`Worker`] is a process that speaks the
//! protocol. Everything has a deadline and every failure is a value. Nothing here measures or
//! decides what a sample is.

pub mod command;
pub mod extract;

#[cfg(target_os = "linux")]
mod client;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod failure;
#[cfg(target_os = "linux")]
mod launcher;
mod output;
#[cfg(target_os = "linux")]
mod process;
mod spawn;

#[cfg(target_os = "linux")]
pub use client::Worker;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Held, Launcher, Process, Worker, launcher_main};
#[cfg(target_os = "linux")]
pub use launcher::{Held, Launcher, launcher_main};
pub use output::{Output, Tail};
#[cfg(target_os = "linux")]
pub use process::Process;
pub use spawn::{Exit, ExitStatus, Spawn, Usage};

/// First argument that makes dyno's executable the launcher.
pub const LAUNCHER_COMMAND: &str = "__launcher";

/// First argument that makes dyno's executable serve the built-in workloads.
pub const WORKER_COMMAND: &str = "__worker";
