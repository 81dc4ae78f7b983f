//! One process pair: two fresh processes of two builds that take turns, couple by couple.
//!
//! The loop of `pairs.rs` calls this. Both processes get fresh copies of their programs under paths
//! of one length and directories that a coin deals out; who begins is a coin's too, and from then
//! on they alternate strictly: work that follows its own side's finds the caches warm, and has run
//! up to twice as fast. Only one side ever works. What the numbers mean is not decided here.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use rand::RngExt;
use rand::rngs::StdRng;
use record::gate::{Side, SideFailure};
use record::{Answer, Pass, Sample, Status, Unavailable};

use super::command::Lines;
use super::served::Asked;
use super::{Attempt, Bench, Todo};
use crate::case::{Case, CommandLine, CommandRunner, Runner, RunnerKind};
use crate::counters::Counters;
use crate::hygiene::empty_dir;
use crate::worker::{Spawn, WORKER_COMMAND, Worker};

/// How long a worker may take to go after `bye`.
const GRACE: Duration = Duration::from_secs(2);

/// Couples that warm up a pair and do not count.
pub const WARMUP: u32 = 1;

/// Couples of a pair that count, while nothing else is known.
pub const COUPLES: u32 = 8;

/// How often two processes take turns. A pair ends early when its time is spent; since that time is
/// the sum of both sides, it favours neither.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turns {
    /// Number of the pair, which decides whose turn it is on the PMU.
    pub pair: u32,
    /// Couples at first that do not count.
    pub warmup: u32,
    /// Couples that count, at most.
    pub couples: u32,
    /// Executions of the work in each half of a couple.
    pub executions: u32,
    /// When to stop before `couples`, but not before one couple.
    pub time: Duration,
}

impl Turns {
    fn todo(&self) -> Todo {
        let (first, warmup, end) = (0, self.warmup, u32::MAX);
        Todo { pass: Pass::Timed, process: self.pair, first, warmup, end }
    }
}

/// Two samples of two sides, one after the other.
#[derive(Clone, Debug)]
pub struct Couple {
    /// Who went first.
    pub first: Side,
    /// The baseline's.
    pub baseline: Sample,
    /// The candidate's.
    pub candidate: Sample,
}

/// What came of a pair.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// The couples that count.
    pub couples: Vec<Couple>,
    /// Every answer that was asked for, in order.
    pub answers: Vec<Given>,
    /// Why there is nothing more.
    pub failure: Option<SideFailure>,
    /// What could not be counted.
    pub unavailable: Vec<Unavailable>,
    /// How long the couples that count took.
    pub inside: Duration,
}

/// What one side says of its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Whose.
    pub side: Side,
    /// Rows of one execution, where the work says so.
    pub rows: Option<u64>,
    /// Its answer, where there is one.
    pub answer: Option<Answer>,
}

/// One side of a pair and where it lives.
struct Seat {
    side: Side,
    case: Case,
    data_dir: PathBuf,
    player: Player,
}

/// What does the work.
enum Player {
    Worker(Box<Worker>, Counters),
    Command(Box<CommandRunner>, Box<Lines>),
}

impl Bench<'_> {
    /// Measures one process pair of two cases that differ in their programs alone.
    ///
    /// # Errors
    /// When a directory or a copy cannot be made. What a process does wrong is in the pair.
    pub fn pair(
        &mut self,
        [baseline, candidate]: [&Case; 2],
        turns: &Turns,
        rng: &mut StdRng,
    ) -> anyhow::Result<Pair> {
        let mut pair = Pair::default();
        let places = if rng.random_bool(0.5) { ["a", "b"] } else { ["b", "a"] };
        let mut sides =
            [(Side::Baseline, baseline, places[0]), (Side::Candidate, candidate, places[1])];
        if rng.random_bool(0.5) {
            sides.reverse();
        }
        let mut seats: Vec<Seat> = Vec::new();
        for (side, case, place) in sides {
            match self.seat((side, case), place, turns, &mut pair)? {
                Some(seat) => seats.push(seat),
                None => break,
            }
        }
        if let Ok(seats) = <&mut [Seat; 2]>::try_from(seats.as_mut_slice()) {
            self.take_turns(seats, turns, &mut pair)?;
        }
        for seat in seats {
            pair.unavailable.extend(seat.end());
        }
        Ok(pair)
    }

    /// Copies a side's program, starts it and has it prepare; `None` when it fails at that.
    fn seat(
        &mut self,
        (side, case): (Side, &Case),
        place: &str,
        turns: &Turns,
        pair: &mut Pair,
    ) -> anyhow::Result<Option<Seat>> {
        let dir = self.work_dir.join(place);
        let data_dir = dir.join("data");
        fs::create_dir_all(&data_dir)
            .with_context(|| format!("cannot create `{}`", data_dir.display()))?;
        empty_dir(&data_dir)?;
        let case = self.with_copy(case, &dir)?;
        let argv = match &case.runner.kind {
            RunnerKind::Program { argv } => argv.clone(),
            RunnerKind::Builtin => {
                let exe = self.exe.to_str().context("the path of dyno is not UTF-8")?.to_owned();
                vec![exe, WORKER_COMMAND.to_owned()]
            }
            RunnerKind::Command(runner) => {
                let lines = self.lines(runner, (&case, &turns.todo()), &data_dir);
                let player = Player::Command(runner.clone(), Box::new(lines));
                return Ok(Some(Seat { side, data_dir, player, case }));
            }
        };
        let spawn = Spawn::worker(argv, &case.runner.cwd).with_env(case.runner.env.clone());
        let spawn = self.spawn(spawn, &data_dir);
        let todo = turns.todo();
        let held = self.launcher.hold(&spawn);
        let started = held.and_then(|held| self.ready(held, (&case, &todo), &data_dir));
        Ok(match started {
            Ok((worker, counters, unavailable)) => {
                pair.unavailable.extend(unavailable);
                let player = Player::Worker(Box::new(worker), counters);
                Some(Seat { side, case, data_dir, player })
            }
            Err(failure) => {
                pair.failure = Some(SideFailure { side, failure });
                None
            }
        })
    }

    fn take_turns(
        &mut self,
        seats: &mut [Seat; 2],
        turns: &Turns,
        pair: &mut Pair,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let mut number = 0;
        for _ in 0..turns.warmup {
            if self.couple(seats, (number, turns), pair)?.is_none() {
                return Ok(());
            }
            number += 1;
            // A slow case is warm after one couple, or cannot afford to be.
            if started.elapsed() >= turns.time / 4 {
                break;
            }
        }
        let counted = Instant::now();
        for _ in 0..turns.couples {
            let Some(couple) = self.couple(seats, (number, turns), pair)? else {
                return Ok(());
            };
            pair.couples.push(couple);
            pair.inside = counted.elapsed();
            number += 1;
            if started.elapsed() >= turns.time {
                break;
            }
        }
        Ok(())
    }

    /// Both sides once, in the order of all couples of the pair; `None` after a failure.
    fn couple(
        &mut self,
        seats: &mut [Seat; 2],
        (number, turns): (u32, &Turns),
        pair: &mut Pair,
    ) -> anyhow::Result<Option<Couple>> {
        let first = seats[0].side;
        let mut taken = Vec::with_capacity(2);
        for seat in seats.iter_mut() {
            let Attempt { taken: one, wrote } = self.half(seat, number, turns, pair);
            self.clean(&seat.data_dir, wrote)?;
            if let Status::Failed(failure) = one.sample.status {
                pair.failure = Some(SideFailure { side: seat.side, failure });
                return Ok(None);
            }
            taken.push((seat.side, one.sample));
        }
        taken.sort_by_key(|(side, _)| *side);
        let samples = <[_; 2]>::try_from(taken).ok();
        Ok(samples.map(|[(_, baseline), (_, candidate)]| Couple { first, baseline, candidate }))
    }

    /// One half of a couple. Answers of workers are asked for in the first couple of a process:
    /// reading a result back can cost more than making it.
    fn half(&mut self, seat: &mut Seat, number: u32, turns: &Turns, pair: &mut Pair) -> Attempt {
        let todo =
            Todo { pass: Pass::Timed, process: 0, first: 0, warmup: turns.warmup, end: u32::MAX };
        let attempt = match &mut seat.player {
            Player::Command(runner, lines) => {
                let lines = (runner.as_ref(), lines.as_ref());
                self.one_command(lines, (&seat.case, &todo), number, &mut pair.unavailable)
            }
            Player::Worker(worker, counters) => {
                let asked =
                    Asked { iteration: number, executions: turns.executions, check: number == 0 };
                self.asked(worker, counters, (&seat.case, &todo), asked)
            }
        };
        let sample = &attempt.taken.sample;
        if sample.status == Status::Ok {
            let rows = sample.value(record::metrics::ROWS.name).map(|rows| rows as u64);
            let rows = rows.map(|rows| rows / u64::from(sample.executions.max(1)));
            let answer = sample.answer.clone();
            if number == 0 || answer.is_some() {
                pair.answers.push(Given { side: seat.side, rows, answer });
            }
        }
        attempt
    }

    /// The case with a fresh copy of its program in `dir`.
    ///
    /// # Errors
    /// When the directory or the copy cannot be made.
    pub(super) fn with_copy(&self, case: &Case, dir: &Path) -> anyhow::Result<Case> {
        fs::create_dir_all(dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
        Ok(Case { runner: Arc::new(self.copied(&case.runner, dir)?), ..case.clone() })
    }

    /// A runner that starts a fresh copy of its program, where that is a file of machine code that
    /// is named by its path. A script or a program from `PATH` is started as it is.
    fn copied(&self, runner: &Runner, dir: &Path) -> anyhow::Result<Runner> {
        let mut copy = runner.clone();
        let argv = match &mut copy.kind {
            RunnerKind::Program { argv } => argv,
            RunnerKind::Command(command) => match &mut command.command {
                CommandLine::Argv(argv) => argv,
                CommandLine::Shell(_) => return Ok(copy),
            },
            RunnerKind::Builtin => return Ok(copy),
        };
        let Some(program) = argv.first_mut().filter(|program| program.contains('/')) else {
            return Ok(copy);
        };
        let from = runner.cwd.join(&*program);
        if !is_machine_code(&from) {
            return Ok(copy);
        }
        let to = dir.join("program");
        // Another inode, so that no page of the old copy is taken again.
        let _ = fs::remove_file(&to);
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy `{}` to `{}`", from.display(), to.display()))?;
        *program = to.to_str().context("the work directory is not UTF-8")?.to_owned();
        Ok(copy)
    }
}

impl Seat {
    /// Lets the process go; says what could not be counted.
    fn end(self) -> Vec<Unavailable> {
        match self.player {
            Player::Command(..) => Vec::new(),
            Player::Worker(worker, mut counters) => {
                // A worker that does not go when asked is killed; its samples are taken.
                let _ = worker.bye(GRACE);
                counters.take_unavailable()
            }
        }
    }
}

fn is_machine_code(path: &Path) -> bool {
    use std::io::Read;
    let mut magic = [0; 4];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == *b"\x7fELF"
}
