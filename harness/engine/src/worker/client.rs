//! The harness's side of the protocol: requests to a worker, replies from it, each with a
//! deadline.
//!
//! A call that fails for any other reason than a `failed` reply has ended the worker, because
//! nobody knows any more what state it is in.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use record::{Failure, FailureKind};
use rustix::io::{Errno, read, write};
use workload_api::protocol::{
    self, Done, Empty, Hello, LINE_BYTES_MAX, Prepare, Reply, Request, Run, VERSION,
};
use workload_api::{Answer, Spec};

use super::failure::{ending, excerpt, hint, seconds};
use super::process::{Process, Step, Watch};
use super::spawn::{Exit, ExitStatus};

/// From a closed reply pipe to the end of the process that closed it, usually a few microseconds.
/// Only when it takes longer, closing the pipe was all that the worker did.
const EXIT_AFTER_CLOSE: Duration = Duration::from_millis(250);

/// From a fault to SIGKILL; between the two comes SIGTERM.
const GRACE_AFTER_FAULT: Duration = Duration::from_millis(100);

/// A worker process that has said `hello`. Dropped, its whole tree is killed.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    hello: Hello,
    lines: Lines,
}

/// Bytes from the reply pipe that are not yet taken as a line.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    chunk: Vec<u8>,
}

impl Worker {
    /// Waits for the `hello` of a process that was released.
    ///
    /// # Errors
    /// [`FailureKind::Start`] when it never came to exec, [`FailureKind::Protocol`] when it says
    /// anything else or speaks another version, [`FailureKind::Died`], [`FailureKind::Timeout`].
    pub fn greet(process: Process, timeout: Duration) -> Result<Self, Failure> {
        let hello = Hello { protocol: VERSION, workloads: Vec::new(), simulated: false };
        let mut worker = Self { process, hello, lines: Lines::default() };
        let line = worker.read_line("hello", timeout)?;
        if let Some(version) = version_of(&line).filter(|version| *version != u64::from(VERSION)) {
            let message = format!("speaks protocol {version}, this dyno speaks {VERSION}");
            return Err(worker.fault(FailureKind::Protocol, message));
        }
        match worker.parse(&line)? {
            Reply::Hello(hello) => worker.hello = hello,
            other => return Err(worker.unexpected(&other, "hello")),
        }
        Ok(worker)
    }

    /// What it can prepare.
    pub fn specs(&self) -> &[Spec] {
        &self.hello.workloads
    }

    /// Whether it says that it runs under callgrind and tells it what to count.
    pub fn marks_region(&self) -> bool {
        self.hello.simulated
    }

    /// Whether it runs on a simulated CPU, whatever it says: then its program is valgrind's.
    pub fn is_simulated(&self) -> bool {
        let program = std::fs::read_link(format!("/proc/{}/exe", self.pid()));
        let is_tool = |path: &Path| path.components().any(|part| part.as_os_str() == "valgrind");
        self.hello.simulated || program.is_ok_and(|program| is_tool(&program))
    }

    /// Its process id, which is also the id of its process group.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// The process, for its output.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Gets a workload ready.
    ///
    /// # Errors
    /// Any [`Failure`]; [`FailureKind::Prepare`] when the worker says that it cannot.
    pub fn prepare(&mut self, prepare: &Prepare, timeout: Duration) -> Result<(), Failure> {
        match self.ask(&Request::Prepare(prepare.clone()), "prepare", timeout)? {
            Reply::Ready(_) => Ok(()),
            other => Err(self.unexpected(&other, "ready")),
        }
    }

    /// Executes the work. From the first byte of the request to the last of the reply, nothing
    /// else happens in this process than waiting.
    ///
    /// # Errors
    /// Any [`Failure`]; [`FailureKind::Run`] when the worker says that the work failed.
    pub fn run(&mut self, iterations: u32, timeout: Duration) -> Result<Done, Failure> {
        match self.ask(&Request::Run(Run { iterations }), "run", timeout)? {
            Reply::Done(done) => Ok(done),
            other => Err(self.unexpected(&other, "done")),
        }
    }

    /// Asks what the last [`Self::run`] really produced.
    ///
    /// # Errors
    /// Any [`Failure`]; [`FailureKind::Check`] when the worker cannot read its result back.
    pub fn check(&mut self, timeout: Duration) -> Result<Answer, Failure> {
        match self.ask(&Request::Check(Empty {}), "check", timeout)? {
            Reply::Answer(answer) => Ok(answer),
            other => Err(self.unexpected(&other, "answer")),
        }
    }

    /// Says that nothing more will come and waits for the end; a worker that is still there after
    /// `grace` gets SIGTERM, then SIGKILL. What it leaves behind is killed.
    ///
    /// # Errors
    /// [`FailureKind::Died`] when the worker cannot be brought to an end.
    pub fn bye(mut self, grace: Duration) -> Result<Exit, Failure> {
        let deadline = Instant::now() + grace;
        // A worker that is gone already needs no bye.
        let _ = self.write(&Request::Bye(Empty {}), deadline);
        self.process.close_protocol();
        if self.process.until_main_ended(deadline)? {
            return self.process.end_rest();
        }
        let exit = self.process.terminate(grace);
        exit.ok_or_else(|| self.process.failure(FailureKind::Died, "did not end"))
    }

    fn ask(
        &mut self,
        request: &Request,
        name: &'static str,
        timeout: Duration,
    ) -> Result<Reply, Failure> {
        if let Some(line) = self.lines.take() {
            let message = format!("sent a line that nobody asked for: `{}`", excerpt(&line));
            return Err(self.fault(FailureKind::Protocol, message));
        }
        match self.write(request, Instant::now() + timeout) {
            Ok(true) => {}
            Ok(false) => {
                let message = format!("did not read `{name}` within {}", seconds(timeout));
                return Err(self.fault(FailureKind::Timeout, message));
            }
            Err(Errno::PIPE) => return Err(self.closed(name)),
            Err(error) => {
                let message = format!("cannot be sent `{name}`: {error}");
                return Err(self.fault(FailureKind::Died, message));
            }
        }
        let line = self.read_line(name, timeout)?;
        match self.parse(&line)? {
            Reply::Failed(failed) => {
                let kind = match failed.kind {
                    protocol::FailureKind::Protocol => FailureKind::Protocol,
                    protocol::FailureKind::Prepare => FailureKind::Prepare,
                    protocol::FailureKind::Run | protocol::FailureKind::Panic => FailureKind::Run,
                    protocol::FailureKind::Check => FailureKind::Check,
                };
                Err(self.process.failure(kind, failed.message))
            }
            reply => Ok(reply),
        }
    }

    /// Writes one line; `false` when the worker did not take it in time.
    fn write(&mut self, request: &Request, deadline: Instant) -> Result<bool, Errno> {
        let mut line = serde_json::to_vec(request).map_err(|_| Errno::INVAL)?;
        line.push(b'\n');
        let mut rest = line.as_slice();
        // One write of up to PIPE_BUF bytes into an empty pipe does not block; longer lines go in
        // pieces of that size, each once poll says that there is room for it.
        const PIPE_BUF: usize = 4096;
        while !rest.is_empty() {
            if line.len() > PIPE_BUF {
                match self.process.step(Watch::Requests, deadline) {
                    Ok(Step::Ready) => {}
                    Ok(Step::Other) if !self.process.has_ended() => continue,
                    Ok(Step::Late) => return Ok(false),
                    Ok(Step::Other) | Err(_) => return Err(Errno::PIPE),
                }
            }
            let Some((requests, _)) = self.process.protocol() else { return Err(Errno::PIPE) };
            match write(requests, &rest[..rest.len().min(PIPE_BUF)]) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// The next line, without its end.
    fn read_line(&mut self, asked: &str, timeout: Duration) -> Result<Vec<u8>, Failure> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(line) = self.lines.take() {
                return Ok(line);
            }
            if self.lines.bytes.len() > LINE_BYTES_MAX {
                let message = "sent a line longer than 1 MiB";
                return Err(self.fault(FailureKind::Protocol, message));
            }
            // A worker that has ended may have said its last words before; its children may hold
            // the pipe open, so its end cannot be waited for.
            let ended = self.process.has_ended();
            let until = if ended { Instant::now() } else { deadline };
            match self.process.step(Watch::Replies, until)? {
                Step::Ready => {
                    if !self.take_replies()? {
                        return Err(self.closed(asked));
                    }
                }
                Step::Late if ended => return Err(self.closed(asked)),
                Step::Late => {
                    let message = format!("no reply to `{asked}` within {}", seconds(timeout));
                    let message = match asked {
                        "hello" => format!("no `hello` within {}", seconds(timeout)),
                        _ => message,
                    };
                    return Err(self.fault(FailureKind::Timeout, message));
                }
                Step::Other => {}
            }
        }
    }

    /// Reads what is in the reply pipe; `false` at its end.
    fn take_replies(&mut self) -> Result<bool, Failure> {
        let Some((_, replies)) = self.process.protocol() else { return Ok(false) };
        match self.lines.fill(replies.as_fd()) {
            Ok(more) => Ok(more),
            Err(Errno::INTR) => Ok(true),
            Err(error) => {
                let message = format!("its replies cannot be read: {error}");
                Err(self.fault(FailureKind::Died, message))
            }
        }
    }

    fn parse(&mut self, line: &[u8]) -> Result<Reply, Failure> {
        serde_json::from_slice(line).map_err(|error| {
            let message = format!("sent a line that is not a reply: `{}` ({error})", excerpt(line));
            self.fault(FailureKind::Protocol, message)
        })
    }

    fn unexpected(&mut self, reply: &Reply, wanted: &str) -> Failure {
        let sent = match reply {
            Reply::Hello(_) => "hello",
            Reply::Ready(_) => "ready",
            Reply::Done(_) => "done",
            Reply::Answer(_) => "answer",
            Reply::Failed(_) => "failed",
        };
        let message = format!("sent `{sent}` where `{wanted}` was expected");
        self.fault(FailureKind::Protocol, message)
    }

    /// The reply pipe is at its end: mostly because the process is.
    fn closed(&mut self, asked: &str) -> Failure {
        match self.process.until_main_ended(Instant::now() + EXIT_AFTER_CLOSE) {
            Ok(true) => {}
            Ok(false) => {
                let message = "closed its reply pipe without a word";
                return self.fault(FailureKind::Died, message);
            }
            Err(failure) => return failure,
        }
        match self.process.end_rest() {
            Ok(exit) => {
                let place = match asked {
                    "hello" => "before `hello`".to_owned(),
                    _ => format!("during `{asked}`"),
                };
                let hint = match exit.status {
                    ExitStatus::Code(_) if asked == "hello" => "; is it a dyno worker?",
                    status => hint(status),
                };
                let message = format!("{} {place}{hint}", ending(&exit));
                self.process.failure(FailureKind::Died, message)
            }
            Err(failure) => failure,
        }
    }

    /// A failure after which the worker cannot be used: it is ended.
    fn fault(&mut self, kind: FailureKind, message: impl Into<String>) -> Failure {
        self.process.terminate(GRACE_AFTER_FAULT);
        self.process.failure(kind, message)
    }
}

impl Lines {
    /// The first whole line, without its end.
    fn take(&mut self) -> Option<Vec<u8>> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
        let mut line: Vec<u8> = self.bytes.drain(..=end).collect();
        line.pop();
        Some(line)
    }

    fn fill(&mut self, replies: impl AsFd) -> Result<bool, Errno> {
        const CHUNK_BYTES: usize = 16 << 10;
        self.chunk.resize(CHUNK_BYTES, 0);
        let length = read(replies, self.chunk.as_mut_slice())?;
        self.bytes.extend_from_slice(&self.chunk[..length]);
        Ok(length > 0)
    }
}

/// The protocol version in a `hello` of whatever version.
fn version_of(line: &[u8]) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_slice(line).ok()?;
    value.get("hello")?.get("protocol")?.as_u64()
}
