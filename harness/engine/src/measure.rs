//! One process replicate: a fresh process, held, counted, let go, and asked for its samples.
//!
//! The run loop calls this for every slot. What is measured is the work and nothing else: outputs
//! are removed and synced, answers checked and samples kept between two measured regions. A
//! failure of the process is a sample too, and the last one of its replicate. How a worker is
//! asked stands in `measure/served.rs`, how a command is run in `measure/command.rs`, and what other
//! passes than the timed one do in `measure/passes.rs`.

mod callgrind;
mod command;
mod counted;
pub mod paired;
mod passes;
mod served;
mod values;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use record::{Mark, Pass, Sample, Status, Unavailable};

use crate::case::{Case, RunnerKind, Sampling};
use crate::counters::{CounterSource, Counters, Target, TargetKind, Turn};
use crate::hygiene::{empty_dir, evict_files, sync_filesystem};
use crate::schedule::rounds;
use crate::worker::{Held, Launcher, Spawn, WORKER_COMMAND};
pub use passes::tool;

/// What measures: the launcher, the counters, and a directory for what the work writes.
pub struct Bench<'a> {
    /// Forks every process.
    pub launcher: &'a mut Launcher,
    /// The executable that serves the built-in workloads.
    pub exe: PathBuf,
    /// How to sample.
    pub sampling: &'a Sampling,
    /// What to count.
    pub sources: Vec<&'a dyn CounterSource>,
    /// Where processes write; each gets a directory of its own.
    pub work_dir: PathBuf,
}

/// What is left to do of one process replicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Todo {
    /// The pass.
    pub pass: Pass,
    /// Number of the replicate.
    pub process: u32,
    /// The first iteration that is not in the store yet.
    pub first: u32,
    /// Iterations below this do not count.
    pub warmup: u32,
    /// One past the last iteration.
    pub end: u32,
}

impl Todo {
    /// Samples left that count.
    pub fn counted(&self) -> u32 {
        self.end - self.first.max(self.warmup)
    }

    /// The marks of one iteration.
    fn marks(&self, iteration: u32) -> Vec<Mark> {
        let mut marks = Vec::new();
        if iteration < self.warmup {
            marks.push(Mark::Warmup);
        }
        if self.first > 0 {
            marks.push(Mark::Resumed);
        }
        marks
    }
}

/// A sample that was taken, on its way to the store.
pub struct Taken {
    /// The sample.
    pub sample: Sample,
    /// The last output of its process, for a failure that is found only now.
    pub output: String,
}

/// Takes one sample to the store; says how to go on.
pub type Keep<'k> = dyn FnMut(Taken) -> anyhow::Result<Next> + 'k;

/// How a process replicate goes on after a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// With the next sample.
    On,
    /// As before, and with one sample more than planned: this one was taken out.
    Again,
    /// Not at all.
    Stop,
}

/// What came of one request or one command.
struct Attempt {
    taken: Taken,
    /// Whether something was written that may still be on its way to the disk.
    wrote: bool,
}

impl Bench<'_> {
    /// Measures what is left of one process replicate, sample by sample into `keep`. Returns what
    /// could not be counted.
    ///
    /// # Errors
    /// When `keep` cannot keep, or the directory of the process cannot be made. What the process
    /// does wrong is a failed sample.
    pub fn replicate(
        &mut self,
        case: &Case,
        todo: &Todo,
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let data_dir = self.fresh_data_dir()?;
        match &case.runner.kind {
            RunnerKind::Builtin => self.worker(self.builtin_argv()?, &data_dir, (case, todo), keep),
            RunnerKind::Program { argv } => {
                self.worker(argv.clone(), &data_dir, (case, todo), keep)
            }
            RunnerKind::Command(runner) => self.commands(runner, &data_dir, (case, todo), keep),
        }
    }

    /// An empty directory for what the work writes.
    fn fresh_data_dir(&self) -> anyhow::Result<PathBuf> {
        let data_dir = self.work_dir.join("data");
        fs::create_dir_all(&data_dir)
            .with_context(|| format!("cannot create `{}`", data_dir.display()))?;
        empty_dir(&data_dir)?;
        Ok(data_dir)
    }

    /// What serves the built-in workloads.
    fn builtin_argv(&self) -> anyhow::Result<Vec<String>> {
        let exe = self.exe.to_str().context("the path of dyno is not UTF-8")?.to_owned();
        Ok(vec![exe, WORKER_COMMAND.to_owned()])
    }

    /// Takes every sample that is left, cleans up after each, and keeps it. A process that takes
    /// up a killed replicate warms up again first; those warm-ups are in the store already and
    /// are kept only where they fail.
    fn samples(
        &mut self,
        data_dir: &Path,
        todo: &Todo,
        keep: &mut Keep<'_>,
        mut take: impl FnMut(&mut Self, u32) -> Attempt,
    ) -> anyhow::Result<()> {
        let mut end = todo.end;
        let mut warm = 0..todo.warmup.min(todo.first);
        let mut next = todo.first;
        loop {
            let iteration = match warm.next() {
                Some(iteration) => iteration,
                None if next < end => next,
                None => break,
            };
            next += u32::from(iteration >= todo.first);
            let Attempt { mut taken, wrote } = take(self, iteration);
            self.clean(data_dir, wrote)?;
            if iteration < todo.first && taken.sample.status == Status::Ok {
                continue;
            }
            taken.sample.iteration = iteration.max(todo.first);
            match keep(taken)? {
                Next::On => {}
                Next::Again => end += 1,
                Next::Stop => break,
            }
        }
        Ok(())
    }

    /// What every process is started with.
    fn spawn(&self, spawn: Spawn, data_dir: &Path) -> Spawn {
        spawn
            .with_env([
                ("DYNO_DATA_DIR", data_dir.to_string_lossy().into_owned()),
                ("DYNO_SEED", self.sampling.seed.to_string()),
            ])
            .with_pin(self.sampling.pin.clone())
    }

    /// Whose turn it is on the PMU in this replicate.
    fn turn(&self, case: &Case, todo: &Todo) -> Turn {
        Turn { round: todo.process, rounds: rounds(case, self.sampling) }
    }

    fn attach(&self, held: &Held, kind: TargetKind, turn: Turn) -> (Counters, Vec<Unavailable>) {
        let target =
            Target { pid: held.pid().cast_unsigned(), kind, choice: &self.sampling.counters, turn };
        Counters::open(&target, &self.sources)
    }

    /// Makes what lies in the data directory cold, where the suite asks for it.
    fn evict(&self, data_dir: &Path) -> anyhow::Result<()> {
        if self.sampling.evict {
            evict_files(data_dir)?;
        }
        Ok(())
    }

    /// What a sample leaves behind must not be the next one's noise: outputs go before they are
    /// written back, and what was written back elsewhere is waited for.
    fn clean(&self, data_dir: &Path, wrote: bool) -> anyhow::Result<()> {
        let removed = empty_dir(data_dir)?;
        if self.sampling.sync && (removed || wrote) {
            sync_filesystem(data_dir)?;
        }
        Ok(())
    }
}

/// A sample that begins now and holds nothing yet.
fn blank(case: &Case, todo: &Todo, iteration: u32) -> Sample {
    Sample {
        case: case.id.clone(),
        pass: todo.pass,
        process: todo.process,
        iteration,
        started_ns: now_ns(),
        executions: 1,
        status: Status::Ok,
        values: Vec::new(),
        answer: None,
        marks: todo.marks(iteration),
    }
}

/// The wall clock, in ns since the Unix epoch.
pub fn now_ns() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}
