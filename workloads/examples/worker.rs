//! The built-in workloads in a program of their own. `dyno gate --base-exe` and `--candidate-exe`
//! take it as they take a whole dyno, and it is built in half the time: the experiment with planted
//! changes does so (`harness/cli/examples/planted.rs`).

use std::process::ExitCode;

use workload_api::CountingAllocator;

/// As in dyno itself, so that allocations can be counted.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() -> ExitCode {
    workload_api::serve(workloads::ALL)
}
