//! The passes beside the timed one: a worker on a simulated CPU, and one that counts what it
//! allocates. Both are asked as in the timed pass; their times and the machine's counters are left
//! alone, because they would be those of the simulator or of the counting.
//!
//! Called by the run loop. A worker that cannot be measured this way is no failure: what is missing
//! is said.

use std::path::Path;
use std::time::Duration;

use record::{Failure, FailureKind, Source, Status, Unavailable, Value, metrics};
use workload_api::protocol::{ALLOCATIONS_VAR, Done, Prepare};

use super::callgrind::{self, Files};
use super::served::{GRACE, failed, stored};
use super::values::worked;
use super::{Attempt, Bench, Keep, Next, Taken, Todo, blank};
use crate::case::{Case, RunnerKind};
use crate::pass::{ALLOCATED, Caches, PassPlan};
use crate::worker::{Spawn, Worker};

/// Simulated work takes some hundred times as long, so its requests may.
const PATIENCE: u32 = 100;

/// What was counted around one request; nothing where the worker cannot count.
type Counted<'a> = dyn FnMut(&Done) -> Result<Option<Vec<Value>>, Failure> + 'a;

/// What tells a simulated CPU from a real one: what the work counts comes in its own way.
struct Way<'a> {
    argv: Vec<String>,
    env: Vec<(&'static str, &'static str)>,
    timeout: Duration,
    /// Whether this worker can be measured so.
    fits: &'a dyn Fn(&Worker) -> Result<(), Unavailable>,
    /// What was counted around one request; nothing where the worker cannot count.
    counted: &'a mut Counted<'a>,
    /// What is said where nothing was counted.
    nothing: &'a dyn Fn() -> Unavailable,
}

/// Whether a pass can be taken on this machine, and with which tool.
///
/// # Errors
/// What is missing, and what would help.
pub fn tool(pass: &PassPlan) -> Result<String, Unavailable> {
    match pass.pass {
        record::Pass::Simulated => {
            Ok(format!("{} callgrind; {}", callgrind::version()?, pass.caches))
        }
        _ => Ok("the counting allocator of the worker".to_owned()),
    }
}

impl Bench<'_> {
    /// One process replicate on a simulated CPU.
    ///
    /// # Errors
    /// As [`Bench::replicate`].
    pub fn simulate(
        &mut self,
        case: &Case,
        todo: &Todo,
        caches: &Caches,
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let Some(worker) = self.worker_argv(case)? else {
            let reason =
                format!("runner `{}` is a command, which marks no region", case.runner.name);
            return Ok(vec![callgrind::missing(&reason, "")]);
        };
        let mut files = Files::new(&self.work_dir.join("callgrind"))?;
        let marks_no_region = || {
            let reason = format!("runner `{}` marks no region for callgrind", case.runner.name);
            callgrind::missing(&reason, "serve the work by the crate workload-api, on x86-64")
        };
        let way = Way {
            argv: callgrind::argv(worker, caches, &files.out),
            env: Vec::new(),
            timeout: self.sampling.timeout.saturating_mul(PATIENCE),
            fits: &|worker| if worker.marks_region() { Ok(()) } else { Err(marks_no_region()) },
            counted: &mut |_| files.take().map(Some).map_err(failure),
            nothing: &marks_no_region,
        };
        self.in_a_way(way, case, todo, keep).map_err(|error| error.context("simulated pass"))
    }

    /// One process replicate that counts what it allocates.
    ///
    /// # Errors
    /// As [`Bench::replicate`].
    pub fn count_allocations(
        &mut self,
        case: &Case,
        todo: &Todo,
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let Some(argv) = self.worker_argv(case)? else {
            let reason =
                format!("runner `{}` is a command, which has no such allocator", case.runner.name);
            return Ok(vec![no_allocator(reason, "")]);
        };
        let nothing = || {
            let reason = format!("runner `{}` does not count its allocations", case.runner.name);
            let remedy = "`#[global_allocator] static A: workload_api::CountingAllocator = \
                          workload_api::CountingAllocator::new();` in the worker";
            no_allocator(reason, remedy)
        };
        let way = Way {
            argv,
            env: vec![(ALLOCATIONS_VAR, "1")],
            timeout: self.sampling.timeout,
            fits: &|_| Ok(()),
            counted: &mut |done| Ok(done.allocation.as_ref().map(allocated)),
            nothing: &nothing,
        };
        self.in_a_way(way, case, todo, keep).map_err(|error| error.context("allocation pass"))
    }

    fn in_a_way(
        &mut self,
        way: Way<'_>,
        case: &Case,
        todo: &Todo,
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let data_dir = self.fresh_data_dir()?;
        let Way { argv, env, timeout, fits, counted, nothing } = way;
        let spawn = Spawn::worker(argv, &case.runner.cwd).with_env(case.runner.env.clone());
        let spawn = self.spawn(spawn.with_env(env), &data_dir);
        let greeted = self.launcher.hold(&spawn).and_then(|held| {
            // Simulated or not, the process itself is started as fast as any.
            Worker::greet(held.release()?, timeout)
        });
        let mut worker = match greeted {
            Ok(worker) => worker,
            Err(failure) => return refused(case, todo, failure, keep),
        };
        if let Err(unavailable) = fits(&worker) {
            let _ = worker.bye(GRACE);
            return Ok(vec![unavailable]);
        }
        // The first execution warms up, and is not kept: in this pass no time is looked at.
        match self.warm_up(&mut worker, case, &data_dir, timeout).and_then(|done| counted(&done)) {
            Ok(Some(_)) => self.clean(&data_dir, false)?,
            Ok(None) => {
                let _ = worker.bye(GRACE);
                return Ok(vec![nothing()]);
            }
            Err(failure) => return refused(case, todo, failure, keep),
        }
        self.samples(&data_dir, todo, keep, |_, iteration| {
            one(&mut worker, (case, todo), iteration, timeout, counted)
        })?;
        // A worker that does not go when asked is killed; its samples are in the store already.
        let _ = worker.bye(GRACE);
        Ok(Vec::new())
    }

    fn warm_up(
        &self,
        worker: &mut Worker,
        case: &Case,
        data_dir: &Path,
        timeout: Duration,
    ) -> Result<Done, Failure> {
        let prepare = Prepare {
            workload: case.workload.clone(),
            params: case.params.clone(),
            seed: self.sampling.seed,
            data_dir: data_dir.to_owned(),
        };
        worker.prepare(&prepare, timeout)?;
        worker.run(1, timeout)
    }

    /// The program that serves a case; `None` for a command.
    fn worker_argv(&self, case: &Case) -> anyhow::Result<Option<Vec<String>>> {
        match &case.runner.kind {
            RunnerKind::Builtin => self.builtin_argv().map(Some),
            RunnerKind::Program { argv } => Ok(Some(argv.clone())),
            RunnerKind::Command(_) => Ok(None),
        }
    }
}

/// One request, what was counted around it, and its answer.
fn one(
    worker: &mut Worker,
    (case, todo): (&Case, &Todo),
    iteration: u32,
    timeout: Duration,
    counted: &mut Counted<'_>,
) -> Attempt {
    let mut sample = blank(case, todo, iteration);
    let result = worker.run(1, timeout).and_then(|done| {
        sample.values = worked(&done);
        sample.values.extend(counted(&done)?.unwrap_or_default());
        worker.check(timeout)
    });
    match result {
        Ok(answer) => sample.answer = Some(stored(answer)),
        Err(failure) => sample.status = Status::Failed(failure),
    }
    let output = worker.process().output_tail();
    Attempt { taken: Taken { sample, output }, wrote: false }
}

/// A worker that did not come to its work is a failed sample.
fn refused(
    case: &Case,
    todo: &Todo,
    failure: Failure,
    keep: &mut Keep<'_>,
) -> anyhow::Result<Vec<Unavailable>> {
    let _: Next = keep(failed(case, todo, todo.first, failure))?;
    Ok(Vec::new())
}

fn allocated(counted: &workload_api::Allocation) -> Vec<Value> {
    let counts = [counted.allocations, counted.reallocations, counted.bytes, counted.peak_bytes];
    let value =
        |(metric, count): (&&metrics::Metric, u64)| metric.value(count as f64, Source::Allocation);
    ALLOCATED.iter().zip(counts).map(value).collect()
}

fn no_allocator(reason: String, remedy: &str) -> Unavailable {
    Unavailable {
        metrics: ALLOCATED.iter().map(|metric| metric.name.to_owned()).collect(),
        source: Source::Allocation,
        errno: None,
        reason,
        remedy: remedy.to_owned(),
    }
}

fn failure(message: String) -> Failure {
    Failure { kind: FailureKind::Run, message, output: String::new() }
}
