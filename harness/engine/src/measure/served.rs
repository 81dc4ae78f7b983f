//! A worker: one process, asked for its samples one after the other.

use std::path::Path;
use std::time::Duration;

use record::{Answer, Failure, FailureKind, Status, Unavailable, metrics};
use workload_api::protocol::{Done, Prepare};

use super::values::reported;
use super::{Attempt, Bench, Keep, Taken, Todo, blank};
use crate::case::Case;
use crate::counters::{Counters, TargetKind};
use crate::worker::{Held, Spawn, Worker};

/// How long a worker may take to go after `bye`.
pub(super) const GRACE: Duration = Duration::from_secs(2);

impl Bench<'_> {
    /// One worker, all its iterations.
    pub(super) fn worker(
        &mut self,
        argv: Vec<String>,
        data_dir: &Path,
        (case, todo): (&Case, &Todo),
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let spawn = Spawn::worker(argv, &case.runner.cwd).with_env(case.runner.env.clone());
        let spawn = self.spawn(spawn, data_dir);
        let started = self.launcher.hold(&spawn);
        let started = started.and_then(|held| self.ready(held, (case, todo), data_dir));
        let (mut worker, mut counters, mut unavailable) = match started {
            Ok(started) => started,
            // What could not be counted of a process that never came to its work says nothing
            // about this machine.
            Err(failure) => {
                keep(failed(case, todo, todo.first, failure))?;
                return Ok(Vec::new());
            }
        };
        self.samples(data_dir, todo, keep, |bench, iteration| {
            bench.iteration(&mut worker, &mut counters, (case, todo), iteration)
        })?;
        // A worker that does not go when asked is killed; its samples are in the store already.
        let _ = worker.bye(GRACE);
        unavailable.extend(counters.take_unavailable());
        Ok(unavailable)
    }

    /// Attaches the counters, lets a worker go, hears its hello and has it prepare the case.
    pub(super) fn ready(
        &self,
        held: Held,
        (case, todo): (&Case, &Todo),
        data_dir: &Path,
    ) -> Result<(Worker, Counters, Vec<Unavailable>), Failure> {
        let timeout = self.sampling.timeout;
        let (counters, unavailable) = self.attach(&held, TargetKind::Worker, self.turn(case, todo));
        let mut worker = Worker::greet(held.release()?, timeout)?;
        refuse_simulated(&worker)?;
        let prepare = Prepare {
            workload: case.workload.clone(),
            params: case.params.clone(),
            seed: self.sampling.seed,
            data_dir: data_dir.to_owned(),
        };
        worker.prepare(&prepare, timeout)?;
        Ok((worker, counters, unavailable))
    }

    /// One request: counters read, the work, counters read, and only then the answer.
    fn iteration(
        &self,
        worker: &mut Worker,
        counters: &mut Counters,
        (case, todo): (&Case, &Todo),
        iteration: u32,
    ) -> Attempt {
        let asked = Asked { iteration, executions: 1, check: true };
        self.asked(worker, counters, (case, todo), asked)
    }

    /// One request of one or more executions, with or without a look at the answer.
    pub(super) fn asked(
        &self,
        worker: &mut Worker,
        counters: &mut Counters,
        (case, todo): (&Case, &Todo),
        asked: Asked,
    ) -> Attempt {
        let timeout = self.sampling.timeout;
        let mut sample = blank(case, todo, asked.iteration);
        sample.executions = asked.executions;
        counters.begin();
        counters.start();
        let done = worker.run(asked.executions, timeout);
        let counted = counters.stop();
        let result = done.and_then(|done| {
            refuse_taken_names(&done)?;
            sample.values = reported(&done, counted);
            asked.check.then(|| worker.check(timeout)).transpose()
        });
        match result {
            Ok(answer) => sample.answer = answer.map(stored),
            Err(failure) => sample.status = Status::Failed(failure),
        }
        let output = worker.process().output_tail();
        Attempt { taken: Taken { sample, output }, wrote: false }
    }
}

/// A worker under valgrind would give the times of valgrind's CPU.
fn refuse_simulated(worker: &Worker) -> Result<(), Failure> {
    if !worker.is_simulated() {
        return Ok(());
    }
    let message = "runs under valgrind, so its times would be those of the simulator: leave \
                   valgrind out of the runner's `program`, and simulate with `--simulate`";
    Err(Failure { kind: FailureKind::Start, message: message.to_owned(), output: String::new() })
}

/// What is asked in one request.
pub(super) struct Asked {
    pub(super) iteration: u32,
    pub(super) executions: u32,
    pub(super) check: bool,
}

/// A metric of a workload's own may not be called like one of dyno's: the store would hold two
/// meanings under one name.
fn refuse_taken_names(done: &Done) -> Result<(), Failure> {
    let taken = done.work.metrics.iter().find(|own| metrics::find(&own.name).is_some());
    let Some(own) = taken else { return Ok(()) };
    let message = format!("metric `{}` has the name of one of dyno's own", own.name);
    Err(Failure { kind: FailureKind::Protocol, message, output: String::new() })
}

pub(super) fn failed(case: &Case, todo: &Todo, iteration: u32, failure: Failure) -> Taken {
    let mut sample = blank(case, todo, iteration);
    sample.status = Status::Failed(failure);
    Taken { sample, output: String::new() }
}

pub(super) fn stored(answer: workload_api::Answer) -> Answer {
    Answer { rows: answer.rows, digest: answer.digest, group: answer.group }
}
