//! A running process: its output is drained while it is waited for, its end comes from the
//! launcher, and whatever waits has a deadline.
//!
//! There are no threads and no ticks: one poll(2) over the launcher's socket, the output pipes
//! and, for a worker, the reply pipe.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::{Duration, Instant};

use record::{Failure, FailureKind};
use rustix::event::{PollFd, PollFlags};
use rustix::io::{Errno, read};
use rustix::pipe::{PipeFlags, pipe_with};

use super::failure::{failure, seconds};
use super::launcher::wire::{Event, Over, STATUS_BYTES, Stage};
use super::launcher::{Link, wait_for};
use super::output::Output;
use super::spawn::{Exit, Spawn};

/// From SIGTERM to SIGKILL.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// From SIGKILL to giving up on the launcher.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes taken from a pipe at once: all that a pipe holds by default.
const CHUNK_BYTES: usize = 64 << 10;

/// A process that was released to exec. Dropped, its whole tree is killed.
#[derive(Debug)]
pub struct Process {
    link: Rc<Link>,
    id: u64,
    pid: i32,
    name: String,
    pipes: Pipes,
    output: Output,
    chunk: Vec<u8>,
    released: Instant,
    main_ended: bool,
    over: Option<Over>,
    /// When it came to exec, once the status pipe was read.
    started_ns: Option<u64>,
}

/// The parent's ends. Outputs are `None` once they are at their end.
#[derive(Debug)]
pub(super) struct Pipes {
    status: OwnedFd,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
    /// Requests and replies of a worker.
    pub(super) protocol: Option<(OwnedFd, OwnedFd)>,
}

impl Pipes {
    /// Our ends and the child's ends, those in the order in which the launcher wants them.
    pub(super) fn open(protocol: bool) -> io::Result<(Self, Vec<OwnedFd>)> {
        let pipe = || pipe_with(PipeFlags::CLOEXEC);
        let (status, their_status) = pipe()?;
        let (stdout, their_stdout) = pipe()?;
        let (stderr, their_stderr) = pipe()?;
        let mut theirs = vec![their_status, their_stdout, their_stderr];
        let mut ours = Self { status, stdout: Some(stdout), stderr: Some(stderr), protocol: None };
        if protocol {
            let (their_requests, requests) = pipe()?;
            let (replies, their_replies) = pipe()?;
            theirs.extend([their_requests, their_replies]);
            ours.protocol = Some((requests, replies));
        }
        Ok((ours, theirs))
    }
}

/// What a step of waiting brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The descriptor that was watched in addition is ready.
    Ready,
    /// Something else happened: output, or an event; look and go on.
    Other,
    /// The deadline has passed.
    Late,
}

/// A descriptor of a worker to watch in addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    Nothing,
    Requests,
    Replies,
}

impl Process {
    pub(super) fn new(link: Rc<Link>, id: u64, pid: i32, pipes: Pipes, spawn: &Spawn) -> Self {
        Self {
            link,
            id,
            pid,
            name: spawn.argv.first().cloned().unwrap_or_default(),
            pipes,
            output: Output::new(spawn.capture),
            chunk: Vec::new(),
            released: Instant::now(),
            main_ended: false,
            over: None,
            started_ns: None,
        }
    }

    /// Its process id, which is also the id of its process group.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// What it has printed so far, as far as it was waited for.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Takes what it has printed; what comes later begins anew.
    pub(super) fn take_output(&mut self) -> Output {
        std::mem::replace(&mut self.output, Output::new(false))
    }

    /// The last 64 KiB of standard output and standard error, as they came.
    pub fn output_tail(&self) -> String {
        self.output.both.text()
    }

    /// Waits until the process and all that it left behind have ended, at most `limit` from its
    /// release. What outlives the main process until then is killed, and counted in the exit.
    ///
    /// # Errors
    /// [`FailureKind::Timeout`] when the main process has not ended by then: it is ended.
    /// [`FailureKind::Start`] when it never came to exec.
    pub fn wait(&mut self, limit: Duration) -> Result<Exit, Failure> {
        let deadline = self.released + limit;
        if self.until_over(deadline)? {
            return self.exit();
        }
        if !self.main_ended {
            self.terminate(GRACE);
            let message = format!("did not end within {}", seconds(limit));
            return Err(self.failure(FailureKind::Timeout, message));
        }
        self.kill_rest()
    }

    /// The exit of a tree whose main process has ended; what else there is of it is killed.
    pub(super) fn end_rest(&mut self) -> Result<Exit, Failure> {
        if self.over.is_some() { self.exit() } else { self.kill_rest() }
    }

    /// Ends the tree: SIGTERM, after `grace` SIGKILL. The exit, unless there is none to be had.
    pub fn terminate(&mut self, grace: Duration) -> Option<Exit> {
        if self.over.is_none() {
            self.link.kill(self.id, false).ok()?;
            if !self.until_over(Instant::now() + grace).ok()? {
                return self.kill_rest().ok();
            }
        }
        self.exit().ok()
    }

    /// Kills what is left of the tree and waits for the end of it.
    fn kill_rest(&mut self) -> Result<Exit, Failure> {
        let lost = |error: io::Error| failure(FailureKind::Start, format!("{error}"));
        self.link.kill(self.id, true).map_err(lost)?;
        if self.until_over(Instant::now() + KILL_TIMEOUT)? {
            return self.exit();
        }
        let message = format!("process {} did not end even when killed", self.pid);
        Err(self.failure(FailureKind::Timeout, message))
    }

    pub(super) fn released(&mut self) {
        self.released = Instant::now();
    }

    pub(super) fn protocol(&self) -> Option<&(OwnedFd, OwnedFd)> {
        self.pipes.protocol.as_ref()
    }

    /// Closes the request pipe: a worker that listens ends.
    pub(super) fn close_protocol(&mut self) {
        self.pipes.protocol = None;
    }

    /// Whether the main process is known to have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.main_ended
    }

    /// A failure with the last output.
    pub(super) fn failure(&self, kind: FailureKind, message: impl Into<String>) -> Failure {
        Failure { kind, message: message.into(), output: self.output_tail() }
    }

    /// Why it never came to exec, once that is known to be so.
    pub(super) fn start_failure(&mut self) -> Failure {
        let _ = self.until_over(Instant::now() + KILL_TIMEOUT);
        match self.read_status() {
            Err(failure) => failure,
            Ok(_) => failure(FailureKind::Start, format!("cannot start `{}`", self.name)),
        }
    }

    /// Waits for one thing to happen, output being taken on the way.
    pub(super) fn step(&mut self, watch: Watch, deadline: Instant) -> Result<Step, Failure> {
        let lost = |error: io::Error| failure(FailureKind::Start, format!("{error}"));
        let socket = self.link.socket();
        let extra = match (watch, self.pipes.protocol.as_ref()) {
            (Watch::Requests, Some((requests, _))) => Some((requests, PollFlags::OUT)),
            (Watch::Replies, Some((_, replies))) => Some((replies, PollFlags::IN)),
            _ => None,
        };
        let mut fds = Vec::with_capacity(4);
        fds.push(PollFd::new(&socket, PollFlags::IN));
        let has_extra = extra.is_some();
        fds.extend(extra.map(|(fd, flags)| PollFd::new(fd, flags)));
        let outputs = [&self.pipes.stdout, &self.pipes.stderr];
        fds.extend(outputs.into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::IN)));
        if !wait_for(&mut fds, deadline).map_err(lost)? {
            return Ok(Step::Late);
        }
        let mut revents = fds.iter().map(PollFd::revents);
        let mut next = |is_there: bool| {
            if is_there { revents.next() } else { None }.unwrap_or(PollFlags::empty())
        };
        let event_came = !next(true).is_empty();
        let extra_ready = !next(has_extra).is_empty();
        let stdout = next(self.pipes.stdout.is_some());
        let stderr = next(self.pipes.stderr.is_some());
        drop(fds);
        self.take_output_of(stdout, stderr);
        if event_came {
            self.link.pump().map_err(lost)?;
        }
        self.take_events();
        // Output without end must not keep the deadline away.
        let late = !event_came && Instant::now() >= deadline;
        Ok(match (extra_ready, late) {
            (true, _) => Step::Ready,
            (false, true) => Step::Late,
            (false, false) => Step::Other,
        })
    }

    /// Takes what lies in the output pipes, and closes those that have nothing but an end.
    fn take_output_of(&mut self, stdout: PollFlags, stderr: PollFlags) {
        if stdout.contains(PollFlags::IN) {
            self.take_stdout();
        } else if !stdout.is_empty() {
            self.pipes.stdout = None;
        }
        if stderr.contains(PollFlags::IN) {
            self.take_stderr();
        } else if !stderr.is_empty() {
            self.pipes.stderr = None;
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.link.take(self.id) {
            match event {
                Event::Main { .. } => self.main_ended = true,
                Event::Over(over) => {
                    self.main_ended = true;
                    self.over = Some(over);
                    self.drain();
                }
                Event::Forked { .. } | Event::Refused { .. } => {}
            }
        }
    }

    /// Waits until nothing of the tree is left; `false` when the deadline came first.
    fn until_over(&mut self, deadline: Instant) -> Result<bool, Failure> {
        self.take_events();
        while self.over.is_none() {
            if self.step(Watch::Nothing, deadline)? == Step::Late {
                return Ok(self.over.is_some());
            }
        }
        Ok(true)
    }

    /// Waits until the main process has ended; `false` when the deadline came first.
    pub(super) fn until_main_ended(&mut self, deadline: Instant) -> Result<bool, Failure> {
        self.take_events();
        while !self.main_ended {
            if self.step(Watch::Nothing, deadline)? == Step::Late {
                return Ok(self.main_ended);
            }
        }
        Ok(true)
    }

    fn take_stdout(&mut self) {
        if !take(self.pipes.stdout.as_ref(), &mut self.chunk) {
            self.pipes.stdout = None;
        }
        self.output.push_stdout(&self.chunk);
    }

    fn take_stderr(&mut self) {
        if !take(self.pipes.stderr.as_ref(), &mut self.chunk) {
            self.pipes.stderr = None;
        }
        self.output.push_stderr(&self.chunk);
    }

    /// Takes what still lies in the output pipes. Bounded, because a process that left its tree
    /// may hold them open and go on printing.
    fn drain(&mut self) {
        const ROUNDS_MAX: usize = 64;
        let look = |fd: &Option<OwnedFd>| {
            let Some(fd) = fd else { return PollFlags::empty() };
            let mut fds = [PollFd::new(fd, PollFlags::IN)];
            let _ = wait_for(&mut fds, Instant::now());
            fds[0].revents()
        };
        for _ in 0..ROUNDS_MAX {
            let (stdout, stderr) = (look(&self.pipes.stdout), look(&self.pipes.stderr));
            if (stdout | stderr).is_empty() {
                return;
            }
            self.take_output_of(stdout, stderr);
        }
    }

    fn exit(&mut self) -> Result<Exit, Failure> {
        let started_ns = match self.started_ns {
            Some(started_ns) => started_ns,
            None => *self.started_ns.insert(self.read_status()?),
        };
        let Some(over) = &self.over else {
            return Err(self.failure(FailureKind::Start, "it has not ended"));
        };
        Ok(Exit {
            status: over.status,
            started_ns,
            main_ended_ns: over.main_ended_ns,
            ended_ns: over.ended_ns,
            usage: over.usage,
            outlived: over.outlived,
            killed: over.killed,
        })
    }

    /// When it came to exec, or why it did not. Only to be called once it has ended: the pipe is
    /// read to its end.
    fn read_status(&self) -> Result<u64, Failure> {
        let mut records = [0u8; 2 * STATUS_BYTES];
        let length = loop {
            match read(&self.pipes.status, &mut records) {
                Err(Errno::INTR) => {}
                other => break other.unwrap_or(0),
            }
        };
        let mut started_ns = None;
        for record in records[..length].chunks_exact(STATUS_BYTES) {
            let (stage, errno, ns) = parse_record(record);
            match stage {
                Some(Stage::Started) => started_ns = Some(ns),
                stage => return Err(self.set_up_failure(stage, errno)),
            }
        }
        started_ns.ok_or_else(|| {
            failure(
                FailureKind::Start,
                format!("cannot start `{}`: it ended before exec", self.name),
            )
        })
    }

    fn set_up_failure(&self, stage: Option<Stage>, errno: i32) -> Failure {
        let error = io::Error::from_raw_os_error(errno);
        let why = match stage {
            Some(Stage::Pin) => format!("cannot pin it to the CPUs asked for: {error}"),
            Some(Stage::Cwd) => format!("cannot change to its working directory: {error}"),
            Some(Stage::Descriptors) => format!("cannot arrange its descriptors: {error}"),
            // The file was there before the fork, so what is missing is its interpreter.
            _ if errno == libc::ENOENT => "no such file; or its interpreter is missing".to_owned(),
            _ if errno == libc::ENOEXEC => {
                "not a program; a script needs a first line such as `#!/bin/sh`".to_owned()
            }
            _ => error.to_string(),
        };
        failure(FailureKind::Start, format!("cannot start `{}`: {why}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.over.is_none() {
            let _ = self.kill_rest();
        }
        self.link.forget(self.id);
    }
}

/// Reads what is there into `chunk`; `false` at the end of the stream.
fn take(fd: Option<&OwnedFd>, chunk: &mut Vec<u8>) -> bool {
    chunk.resize(CHUNK_BYTES, 0);
    let read = loop {
        match fd.map_or(Ok(0), |fd| read(fd.as_fd(), chunk.as_mut_slice())) {
            Err(Errno::INTR) => {}
            other => break other.unwrap_or(0),
        }
    };
    chunk.truncate(read);
    read > 0
}

fn parse_record(record: &[u8]) -> (Option<Stage>, i32, u64) {
    let mut stage = [0; 4];
    let mut errno = [0; 4];
    let mut ns = [0; 8];
    stage.copy_from_slice(&record[..4]);
    errno.copy_from_slice(&record[4..8]);
    ns.copy_from_slice(&record[8..16]);
    let stage = Stage::from_u32(u32::from_ne_bytes(stage));
    (stage, i32::from_ne_bytes(errno), u64::from_ne_bytes(ns))
}
