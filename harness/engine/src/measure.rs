//! One process replicate: a fresh process, held, counted, let go, and asked for its samples.
//!
//! The run loop calls this for every slot. What is measured is the work and nothing else: outputs
//! are removed and synced, answers checked and samples kept between two measured regions. A
//! failure of the process is a sample too, and the last one of its replicate.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use record::{
    Answer, Better, Failure, Mark, Sample, Source, Status, Unavailable, Unit, Value, metrics,
};
use twox_hash::XxHash3_128;
use workload_api::Params;
use workload_api::protocol::{Done, Prepare};

use crate::case::template::substitute;
use crate::case::{Case, CommandLine, CommandRunner, OutputMetric, RunnerKind, Sampling};
use crate::counters::{CounterSource, Counters, Target, TargetKind, from_usage};
use crate::hygiene::{empty_dir, evict_files, sync_filesystem};
use crate::worker::command::{Accept, Finished, finish, run_to_end};
use crate::worker::{
    Exit, ExitStatus, Held, Launcher, Output, Spawn, WORKER_COMMAND, Worker, extract,
};

/// How long a worker may take to go after `bye`.
const GRACE: Duration = Duration::from_secs(2);

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

/// Takes one sample to the store; says whether to go on.
pub type Keep<'k> = dyn FnMut(Sample) -> anyhow::Result<bool> + 'k;

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
        let data_dir = self.work_dir.join("data");
        fs::create_dir_all(&data_dir)
            .with_context(|| format!("cannot create `{}`", data_dir.display()))?;
        empty_dir(&data_dir)?;
        match &case.runner.kind {
            RunnerKind::Builtin => {
                let exe = self.exe.to_string_lossy().into_owned();
                let argv = vec![exe, WORKER_COMMAND.to_owned()];
                self.worker(argv, &data_dir, (case, todo), keep)
            }
            RunnerKind::Program { argv } => {
                self.worker(argv.clone(), &data_dir, (case, todo), keep)
            }
            RunnerKind::Command(runner) => self.commands(runner, &data_dir, (case, todo), keep),
        }
    }

    /// One worker, all its iterations.
    fn worker(
        &mut self,
        argv: Vec<String>,
        data_dir: &Path,
        (case, todo): (&Case, &Todo),
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let spawn = Spawn::worker(argv, &case.runner.cwd).with_env(case.runner.env.clone());
        let spawn = self.spawn(spawn, data_dir);
        let mut unavailable = Vec::new();
        let fail = |keep: &mut Keep<'_>, iteration, failure| {
            keep(blank(case, todo, iteration, Status::Failed(failure))).map(drop)
        };
        let held = match self.launcher.hold(&spawn) {
            Ok(held) => held,
            Err(failure) => {
                fail(keep, todo.first, failure)?;
                return Ok(unavailable);
            }
        };
        let mut counters = self.attach(&held, TargetKind::Worker, &mut unavailable);
        let mut worker = match self.ready(held, case, data_dir) {
            Ok(worker) => worker,
            Err(failure) => {
                fail(keep, todo.first, failure)?;
                return Ok(unavailable);
            }
        };
        for iteration in self.iterations(todo) {
            self.evict(data_dir)?;
            let sample = self.iteration(&mut worker, &mut counters, (case, todo), iteration);
            self.clean(data_dir, false)?;
            if iteration >= todo.first || sample.status != Status::Ok {
                let go_on = keep(Sample { iteration: iteration.max(todo.first), ..sample })?;
                if !go_on {
                    break;
                }
            }
        }
        // A worker that does not go when asked is killed; its samples are in the store already.
        let _ = worker.bye(GRACE);
        unavailable.extend(counters.take_unavailable());
        Ok(unavailable)
    }

    /// The iterations of a process. One that takes up a killed replicate warms up again first;
    /// those warm-ups are in the store already.
    fn iterations(&self, todo: &Todo) -> impl Iterator<Item = u32> + use<> {
        (0..todo.warmup.min(todo.first)).chain(todo.first..todo.end)
    }

    /// Lets a worker go, hears its hello and has it prepare the case.
    fn ready(&self, held: Held, case: &Case, data_dir: &Path) -> Result<Worker, Failure> {
        let timeout = self.sampling.timeout;
        let mut worker = Worker::greet(held.release()?, timeout)?;
        let prepare = Prepare {
            workload: case.workload.clone(),
            params: case.params.clone(),
            seed: self.sampling.seed,
            data_dir: data_dir.to_owned(),
        };
        worker.prepare(&prepare, timeout)?;
        Ok(worker)
    }

    /// One request: counters read, the work, counters read, and only then the answer.
    fn iteration(
        &self,
        worker: &mut Worker,
        counters: &mut Counters,
        (case, todo): (&Case, &Todo),
        iteration: u32,
    ) -> Sample {
        let mut sample = blank(case, todo, iteration, Status::Ok);
        counters.begin();
        counters.start();
        let timeout = self.sampling.timeout;
        let done = worker.run(1, timeout);
        let counted = counters.stop();
        let result = done.and_then(|done| {
            sample.values.extend(reported(&done));
            sample.values.extend(counted);
            worker.check(timeout)
        });
        match result {
            Ok(answer) => sample.answer = Some(stored(answer)),
            Err(failure) => sample.status = Status::Failed(failure),
        }
        sample
    }

    /// A command: every iteration is a process of its own.
    fn commands(
        &mut self,
        runner: &CommandRunner,
        data_dir: &Path,
        (case, todo): (&Case, &Todo),
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let mut unavailable = Vec::new();
        for iteration in self.iterations(todo) {
            self.evict(data_dir)?;
            let mut sample = blank(case, todo, iteration, Status::Ok);
            let result = self.one_command(runner, data_dir, &mut sample, (case, &mut unavailable));
            let wrote = result.unwrap_or_else(|failure| {
                sample.status = Status::Failed(failure);
                true
            });
            self.clean(data_dir, wrote)?;
            if iteration >= todo.first || sample.status != Status::Ok {
                let go_on = keep(Sample { iteration: iteration.max(todo.first), ..sample })?;
                if !go_on {
                    break;
                }
            }
        }
        Ok(unavailable)
    }

    /// Prepare, the measured process, conclude, check.
    fn one_command(
        &mut self,
        runner: &CommandRunner,
        data_dir: &Path,
        sample: &mut Sample,
        (case, unavailable): (&Case, &mut Vec<Unavailable>),
    ) -> Result<bool, Failure> {
        let Lines { measured, prepare, conclude, check } = self.lines(runner, case, data_dir);
        let timeout = self.sampling.timeout;
        if let Some(prepare) = prepare {
            run_to_end(self.launcher, &prepare, timeout, "prepare")?;
        }
        let held = self.launcher.hold(&measured)?;
        let mut counters = self.attach(&held, TargetKind::Command, unavailable);
        counters.begin();
        counters.start();
        let accept = if runner.ignore_failure { Accept::AnyCode } else { Accept::Success };
        let finished = held.release().and_then(|process| finish(process, timeout, accept));
        let counted = counters.stop();
        unavailable.extend(counters.take_unavailable());
        let Finished { exit, output } = finished?;
        sample.values = process_values(&exit, counted);
        sample.marks.extend(ending_marks(&exit));
        if let (true, ExitStatus::Code(code)) = (runner.ignore_failure, exit.status) {
            sample.values.push(metrics::EXIT_CODE.value(f64::from(code), Source::Process));
        }
        sample.values.extend(picked(&runner.metrics, &output)?);
        if let Some(conclude) = conclude {
            run_to_end(self.launcher, &conclude, timeout, "conclude")?;
        }
        if let Some(check) = check {
            let answer = run_to_end(self.launcher, &check, timeout, "check")?;
            sample.answer = Some(printed_answer(case, sample, &answer.output));
        }
        Ok(exit.usage.storage_written_bytes > 0)
    }

    fn lines(&self, runner: &CommandRunner, case: &Case, data_dir: &Path) -> Lines {
        let params = self.placeholders(case, data_dir);
        let text = |text: &str| substitute(text, &params);
        let cwd = PathBuf::from(text(&case.runner.cwd.to_string_lossy()));
        let env: Vec<_> =
            case.runner.env.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let spawn = |line: &CommandLine| {
            self.spawn(Spawn::command(&filled(line, &params), &cwd).with_env(env.clone()), data_dir)
        };
        let aside = |line: &Option<CommandLine>| line.as_ref().map(spawn);
        Lines {
            measured: spawn(&runner.command),
            prepare: aside(&runner.prepare),
            conclude: aside(&runner.conclude),
            check: aside(&runner.check),
        }
    }

    /// What `{name}` may stand for: the parameters, and what every process is told in its
    /// environment too.
    fn placeholders(&self, case: &Case, data_dir: &Path) -> Params {
        let mut params = case.params.clone();
        params.set("data_dir", data_dir.to_string_lossy().as_ref());
        params.set("seed", self.sampling.seed.cast_signed());
        params
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

    fn attach(
        &self,
        held: &Held,
        kind: TargetKind,
        unavailable: &mut Vec<Unavailable>,
    ) -> Counters {
        let (counters, lacks) =
            Counters::open(&Target { pid: held.pid().cast_unsigned(), kind }, &self.sources);
        unavailable.extend(lacks);
        counters
    }

    /// Cold inputs, where the suite asks for them.
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

/// What a case of a command starts, with its parameters in place.
struct Lines {
    measured: Spawn,
    prepare: Option<Spawn>,
    conclude: Option<Spawn>,
    check: Option<Spawn>,
}

/// A sample that begins now and holds nothing yet.
fn blank(case: &Case, todo: &Todo, iteration: u32, status: Status) -> Sample {
    Sample {
        case: case.id.clone(),
        process: todo.process,
        iteration,
        started_ns: now_ns(),
        executions: 1,
        status,
        values: Vec::new(),
        answer: None,
        marks: todo.marks(iteration),
    }
}

/// The wall clock, in ns since the Unix epoch.
pub fn now_ns() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// What a worker says of the work, as values.
fn reported(done: &Done) -> Vec<Value> {
    let from_work =
        |metric: &metrics::Metric, value: u64| metric.value(value as f64, Source::Workload);
    let mut values = vec![from_work(&metrics::WALL_TIME, done.wall_ns)];
    values.extend(done.cpu_ns.map(|cpu_ns| from_work(&metrics::WORKER_CPU_TIME, cpu_ns)));
    values.push(from_work(&metrics::ROWS, done.work.rows));
    for (metric, bytes) in
        [(&metrics::BYTES_IN, done.work.bytes_in), (&metrics::BYTES_OUT, done.work.bytes_out)]
    {
        // Zero means that the workload does not count these bytes.
        values.extend((bytes > 0).then(|| from_work(metric, bytes)));
    }
    values.extend(done.work.metrics.iter().map(|metric| Value {
        metric: metric.name.clone(),
        value: metric.value,
        unit: unit(metric.unit),
        better: better(metric.better),
        source: Source::Workload,
        counting: None,
    }));
    values
}

fn unit(unit: workload_api::Unit) -> Unit {
    match unit {
        workload_api::Unit::Nanoseconds => Unit::Nanoseconds,
        workload_api::Unit::Bytes => Unit::Bytes,
        workload_api::Unit::Count => Unit::Count,
        workload_api::Unit::Rows => Unit::Rows,
        workload_api::Unit::Ratio => Unit::Ratio,
    }
}

fn better(better: workload_api::Better) -> Better {
    match better {
        workload_api::Better::Lower => Better::Lower,
        workload_api::Better::Higher => Better::Higher,
        workload_api::Better::Neither => Better::Neither,
    }
}

fn stored(answer: workload_api::Answer) -> Answer {
    Answer { rows: answer.rows, digest: answer.digest, group: answer.group }
}

/// The values of a whole process: the harness's clock, the counters, and its accounting.
fn process_values(exit: &Exit, counted: Vec<Value>) -> Vec<Value> {
    let usage = &exit.usage;
    let mut values = vec![metrics::WALL_TIME.value(exit.wall_ns() as f64, Source::Harness)];
    values.extend(counted);
    if !values.iter().any(|value| value.metric == metrics::CPU_TIME.name) {
        // The sum of both tick-sampled parts is exact; only their split is not.
        let cpu_ns = usage.user_ns + usage.system_ns;
        values.push(metrics::CPU_TIME.value(cpu_ns as f64, Source::Process));
    }
    values.extend(from_usage(usage));
    values
}

/// A command line with its parameters in place.
fn filled(line: &CommandLine, params: &Params) -> CommandLine {
    match line {
        CommandLine::Shell(text) => CommandLine::Shell(substitute(text, params)),
        CommandLine::Argv(argv) => {
            CommandLine::Argv(argv.iter().map(|text| substitute(text, params)).collect())
        }
    }
}

/// The numbers that stand in a command's output.
fn picked(wanted: &[OutputMetric], output: &Output) -> Result<Vec<Value>, Failure> {
    let value = |wanted: &OutputMetric| {
        let value = extract::number(&wanted.pattern, output)? * wanted.scale as f64;
        Ok(Value {
            metric: wanted.name.clone(),
            value,
            unit: wanted.unit,
            better: wanted.better,
            source: Source::Workload,
            counting: None,
        })
    };
    wanted.iter().map(value).collect()
}

/// What a person should know of how a command ended.
fn ending_marks(exit: &Exit) -> impl Iterator<Item = Mark> + use<> {
    let (outlived, killed) = (exit.outlived, exit.killed);
    let outlived = (outlived > 0).then_some(Mark::Outlived { processes: outlived });
    let killed = (killed > 0).then_some(Mark::Killed { processes: killed });
    outlived.into_iter().chain(killed)
}

/// The answer of a command is what its check prints. Its rows are the command's own metric of
/// that name, or the lines of the check.
fn printed_answer(case: &Case, sample: &Sample, output: &Output) -> Answer {
    let bytes = output.stdout.bytes();
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
    let rows = sample.value(metrics::ROWS.name).map_or(lines as u64, |rows| rows as u64);
    let digest = format!("{:032x}", XxHash3_128::oneshot(bytes));
    Answer { rows, digest, group: Some(case.id.as_str().to_owned()) }
}
