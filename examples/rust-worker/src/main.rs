//! A worker of one's own: sorts numbers, stably or not. All that it needs is `workload-api`.
//!
//! Name the built program in a suite's `[[runner]]` and its workload in a `[[case]]`;
//! `docs/protocol.md` says the rest.

use std::process::ExitCode;

use workload_api::{
    Answer, Context, CountingAllocator, Kind, ParamSpec, Params, Prepared, Spec, Work, Workload,
    WorkloadError,
};

/// Lets `dyno run --allocations` count; otherwise it hands every call on.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() -> ExitCode {
    workload_api::serve(&[&Sort])
}

struct Sort;

impl Workload for Sort {
    fn spec(&self) -> Spec {
        Spec {
            name: "sort".to_owned(),
            about: "sorts random numbers".to_owned(),
            params: vec![
                ParamSpec {
                    name: "rows".to_owned(),
                    about: "numbers to sort".to_owned(),
                    kind: Kind::Integer { min: 1, max: 100_000_000 },
                    default: Some(1_000_000.into()),
                },
                ParamSpec {
                    name: "algorithm".to_owned(),
                    about: "whether equal numbers keep their order".to_owned(),
                    kind: Kind::words(&["stable", "unstable"]),
                    default: Some("stable".into()),
                },
            ],
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let rows = params.integer("rows")?.unwrap_or(1_000_000);
        let stable = params.text("algorithm")?.unwrap_or("stable") == "stable";
        let rows = usize::try_from(rows).map_err(|error| WorkloadError::context("rows", error))?;
        let mut state = context.seed;
        let input = (0..rows).map(|_| next(&mut state)).collect();
        Ok(Box::new(Sorting { input, sorted: Vec::with_capacity(rows), stable }))
    }
}

struct Sorting {
    input: Vec<u64>,
    sorted: Vec<u64>,
    stable: bool,
}

impl Prepared for Sorting {
    /// The copy of the input is part of the work: every iteration needs a fresh one.
    fn run(&mut self) -> Result<Work, WorkloadError> {
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.input);
        if self.stable {
            self.sorted.sort();
        } else {
            self.sorted.sort_unstable();
        }
        let rows = self.sorted.len() as u64;
        Ok(Work { rows, bytes_in: rows * 8, bytes_out: rows * 8, ..Work::default() })
    }

    /// Reads the result, not the input: a number lost or out of order changes the digest.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        if !self.sorted.is_sorted() {
            return Err(WorkloadError::new("the numbers are not in order"));
        }
        let digest = self.sorted.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, number| {
            (hash ^ number).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
        });
        Ok(Answer {
            rows: self.sorted.len() as u64,
            digest: format!("numbers={digest:016x}"),
            group: Some(format!("sort of {}", self.sorted.len())),
        })
    }
}

/// The next number of a linear congruential generator (Knuth's MMIX constants), its weak low bits
/// mixed with the high ones.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state ^ (*state >> 33)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// The replies of a whole session, without a harness.
    fn session(requests: &[&str]) -> Vec<String> {
        let mut replies = Vec::new();
        let requests = requests.join("\n") + "\n";
        workload_api::serve_on(&[&Sort], Cursor::new(requests), &mut replies).unwrap();
        String::from_utf8(replies).unwrap().lines().map(str::to_owned).collect()
    }

    fn answer(algorithm: &str) -> String {
        let prepare = format!(
            r#"{{"prepare":{{"workload":"sort","params":{{"rows":1000,"algorithm":"{algorithm}"}},"seed":1,"data_dir":"/tmp"}}}}"#
        );
        let replies = session(&[&prepare, r#"{"run":{"iterations":2}}"#, r#"{"check":{}}"#]);
        assert_eq!(replies[1], r#"{"ready":{}}"#);
        assert!(replies[2].contains(r#""rows":2000"#), "{}", replies[2]);
        replies[3].clone()
    }

    #[test]
    fn both_algorithms_give_the_same_answer() {
        assert_eq!(answer("stable"), answer("unstable"));
        assert!(answer("stable").starts_with(r#"{"answer":{"rows":1000,"digest":"numbers="#));
    }

    #[test]
    fn an_order_that_is_broken_is_no_answer() {
        let mut sorting = Sorting { input: Vec::new(), sorted: vec![2, 1], stable: true };
        let error = sorting.check().unwrap_err();
        assert_eq!(error.to_string(), "the numbers are not in order");
    }
}
