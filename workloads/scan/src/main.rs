//! The program `scan`: without arguments a dyno worker, with `serve` the servers alone, else one of
//! the processes that the workload starts.

use std::process::ExitCode;

use scan::{Scan, role, serve};
use workload_api::CountingAllocator;

/// Lets `dyno run --allocations` count; otherwise it hands every call on.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => workload_api::serve(&[&Scan::default()]),
        Some("serve") => serve::run(arguments.next().as_deref()),
        Some(role) => role::run(role, arguments.next().as_deref()),
    }
}
