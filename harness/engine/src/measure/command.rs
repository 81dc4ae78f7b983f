//! A command: every sample is a process of its own, with `prepare` before it and `conclude` and
//! `check` after it, none of them measured.

use std::path::{Path, PathBuf};

use record::{Answer, Failure, FailureKind, Mark, Sample, Source, Status, Unavailable, metrics};
use twox_hash::XxHash3_128;
use workload_api::Params;

use super::values::{picked, process_values};
use super::{Attempt, Bench, Keep, Taken, Todo, blank};
use crate::case::template::substitute;
use crate::case::{Case, CommandLine, CommandRunner};
use crate::counters::{Counters, TargetKind, Turn};
use crate::worker::command::{Accept, Finished, finish, run_to_end};
use crate::worker::{Exit, ExitStatus, Held, Output, Spawn};

/// What a case of a command starts, with its parameters in place.
pub(super) struct Lines {
    measured: Spawn,
    turn: Turn,
    prepare: Option<Spawn>,
    conclude: Option<Spawn>,
    check: Option<Spawn>,
    data_dir: PathBuf,
}

impl Bench<'_> {
    /// A command: every iteration is a process of its own.
    pub(super) fn commands(
        &mut self,
        runner: &CommandRunner,
        data_dir: &Path,
        (case, todo): (&Case, &Todo),
        keep: &mut Keep<'_>,
    ) -> anyhow::Result<Vec<Unavailable>> {
        let lines = self.lines(runner, (case, todo), data_dir);
        let mut unavailable = Vec::new();
        self.samples(data_dir, todo, keep, |bench, iteration| {
            let what = (runner, &lines);
            bench.one_command(what, (case, todo), iteration, &mut unavailable)
        })?;
        Ok(unavailable)
    }

    /// One process of a command.
    pub(super) fn one_command(
        &mut self,
        (runner, lines): (&CommandRunner, &Lines),
        (case, todo): (&Case, &Todo),
        iteration: u32,
        unavailable: &mut Vec<Unavailable>,
    ) -> Attempt {
        let mut taken = Taken { sample: blank(case, todo, iteration), output: String::new() };
        let result = self.surrounded(runner, lines, &mut taken);
        let mut wrote = true;
        match result {
            Ok(done) => {
                wrote = done.wrote;
                unavailable.extend(done.unavailable);
                // Without a group of the suite's, a command must agree with itself.
                let group = Some(case.id.as_str().to_owned());
                taken.sample.answer = done.answer.map(|answer| Answer { group, ..answer });
            }
            Err(failure) => taken.sample.status = Status::Failed(failure),
        }
        Attempt { taken, wrote }
    }

    /// `prepare`, the measured command, `conclude` (whatever came of the command, since it may
    /// have to take back what `prepare` did), `check`.
    fn surrounded(
        &mut self,
        runner: &CommandRunner,
        lines: &Lines,
        taken: &mut Taken,
    ) -> Result<Done, Failure> {
        let timeout = self.sampling.timeout;
        if let Some(prepare) = &lines.prepare {
            run_to_end(self.launcher, prepare, timeout, "prepare")?;
        }
        let cold = self.evict(&lines.data_dir).map_err(|error| failure(format!("{error:#}")));
        taken.sample.started_ns = super::now_ns();
        let measured = cold.and_then(|()| self.measured(runner, lines, taken));
        let concluded = match &lines.conclude {
            Some(line) => run_to_end(self.launcher, line, timeout, "conclude").map(drop),
            None => Ok(()),
        };
        let mut done = measured?;
        concluded?;
        if let Some(check) = &lines.check {
            let said = run_to_end(self.launcher, check, timeout, "check")?;
            done.answer = Some(printed_answer(&taken.sample, &said.output));
        }
        Ok(done)
    }

    /// The command itself, counted from its exec to the end of the last process it leaves.
    fn measured(
        &mut self,
        runner: &CommandRunner,
        lines: &Lines,
        Taken { sample, output: said }: &mut Taken,
    ) -> Result<Done, Failure> {
        let held = self.launcher.hold(&lines.measured)?;
        let (mut counters, mut unavailable) = self.attach(&held, TargetKind::Command, lines.turn);
        let accept = if runner.ignore_failure { Accept::AnyCode } else { Accept::Success };
        let (finished, counted) = self.counted(held, &mut counters, accept);
        unavailable.extend(counters.take_unavailable());
        let Finished { exit, output } = finished?;
        *said = output.both.text();
        sample.values = process_values(&exit, counted);
        sample.marks.extend(ending_marks(&exit));
        if exit.killed > 0 {
            return Err(left_behind(&exit, self.sampling.timeout));
        }
        if let (true, ExitStatus::Code(code)) = (runner.ignore_failure, exit.status) {
            sample.values.push(metrics::EXIT_CODE.value(f64::from(code), Source::Process));
        }
        sample.values.extend(picked(&runner.metrics, &output)?);
        let wrote = exit.usage.storage_written_bytes > 0;
        Ok(Done { unavailable, wrote, answer: None })
    }

    fn counted(
        &self,
        held: Held,
        counters: &mut Counters,
        accept: Accept,
    ) -> (Result<Finished, Failure>, Vec<record::Value>) {
        counters.begin();
        counters.start();
        let timeout = self.sampling.timeout;
        let finished = held.release().and_then(|process| finish(process, timeout, accept));
        (finished, counters.stop())
    }

    pub(super) fn lines(
        &self,
        runner: &CommandRunner,
        (case, todo): (&Case, &Todo),
        data_dir: &Path,
    ) -> Lines {
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
            turn: self.turn(case, todo),
            prepare: aside(&runner.prepare),
            conclude: aside(&runner.conclude),
            check: aside(&runner.check),
            data_dir: data_dir.to_owned(),
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
}

/// A command that was measured.
struct Done {
    unavailable: Vec<Unavailable>,
    wrote: bool,
    answer: Option<Answer>,
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

/// What a person should know of how a command ended.
fn ending_marks(exit: &Exit) -> impl Iterator<Item = Mark> + use<> {
    let (outlived, killed) = (exit.outlived, exit.killed);
    let outlived = (outlived > 0).then_some(Mark::Outlived { processes: outlived });
    let killed = (killed > 0).then_some(Mark::Killed { processes: killed });
    outlived.into_iter().chain(killed)
}

/// Its wall time would be the timeout, and nobody knows when the work would have ended.
fn left_behind(exit: &Exit, timeout: std::time::Duration) -> Failure {
    let processes = match exit.killed {
        1 => "a process that it left behind was".to_owned(),
        n => format!("{n} processes that it left behind were"),
    };
    let message = format!("{processes} still alive after {timeout:?}, and killed");
    Failure { kind: FailureKind::Timeout, message, output: String::new() }
}

fn failure(message: String) -> Failure {
    Failure { kind: FailureKind::Run, message, output: String::new() }
}

/// The answer of a command is what its check prints. Its rows are the command's own metric of
/// that name, or the lines of the check.
fn printed_answer(sample: &Sample, output: &Output) -> Answer {
    let bytes = output.stdout.bytes();
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count();
    let rows = sample.value(metrics::ROWS.name).map_or(lines as u64, |rows| rows as u64);
    let digest = format!("{:032x}", XxHash3_128::oneshot(bytes));
    Answer { rows, digest, group: None }
}
