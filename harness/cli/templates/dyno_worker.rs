//! Serves work of this crate to dyno: `dyno run dyno-worker.toml` measures it.
//!
//! The work here sorts numbers. Put yours in its place: what must not be measured goes into
//! `prepare`, the work into `run`, a look at the result into `check`.

use std::process::ExitCode;

use workload_api::{
    Answer, Context, CountingAllocator, Kind, ParamSpec, Params, Prepared, Spec, Work, Workload, WorkloadError,
};

/// Lets `dyno run --allocations` count; otherwise it hands every call on.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() -> ExitCode {
    workload_api::serve(&[&Sort])
}

struct Sort;

impl Workload for Sort {
    /// Name and parameters. dyno checks every suite against them before it runs anything.
    fn spec(&self) -> Spec {
        let rows = ParamSpec {
            name: "rows".to_owned(),
            about: "numbers to sort".to_owned(),
            kind: Kind::Integer { min: 1, max: 100_000_000 },
            default: Some(1_000_000.into()),
        };
        let algorithm = ParamSpec {
            name: "algorithm".to_owned(),
            about: "whether equal numbers keep their order".to_owned(),
            kind: Kind::words(&["stable", "unstable"]),
            default: Some("stable".into()),
        };
        Spec {
            name: "sort".to_owned(),
            about: "sorts random numbers".to_owned(),
            params: vec![rows, algorithm],
        }
    }

    /// Everything that must not be measured: make or read the input, allocate, start threads.
    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let rows = params.integer("rows")?.unwrap_or(1_000_000);
        let stable = params.text("algorithm")?.unwrap_or("stable") == "stable";
        let mut state = context.seed;
        let input = (0..rows).map(|_| next(&mut state)).collect();
        Ok(Box::new(Sorting { input, sorted: Vec::new(), stable }))
    }
}

struct Sorting {
    input: Vec<u64>,
    sorted: Vec<u64>,
    stable: bool,
}

impl Prepared for Sorting {
    /// The measured region, and nothing else.
    fn run(&mut self) -> Result<Work, WorkloadError> {
        self.sorted.clone_from(&self.input);
        if self.stable {
            self.sorted.sort();
        } else {
            self.sorted.sort_unstable();
        }
        let rows = self.sorted.len() as u64;
        Ok(Work { rows, bytes_in: rows * 8, bytes_out: rows * 8, ..Work::default() })
    }

    /// Looks at the result, not at the input: what was lost or is out of order must show.
    /// Cases of one group have to give the same digest.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        if !self.sorted.is_sorted() {
            return Err(WorkloadError::new("the numbers are not in order"));
        }
        let digest = self.sorted.iter().fold(0, |hash: u64, number| {
            (hash ^ number).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
        });
        Ok(Answer {
            rows: self.sorted.len() as u64,
            digest: format!("numbers={digest:016x}"),
            group: Some(format!("sort of {}", self.sorted.len())),
        })
    }
}

/// The next number of a linear congruential generator (Knuth's MMIX constants). Same seed, same
/// numbers: runs of tomorrow can be held against runs of today.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state ^ (*state >> 33)
}
