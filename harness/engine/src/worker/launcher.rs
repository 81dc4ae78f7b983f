//! The parent's side of the launcher: start it, ask it for held processes, hear of their ends.
//!
//! The launcher itself is in `launcher/server.rs`; `launcher/wire.rs` is what the two say to each
//! other, `launcher/system.rs` the system calls.

mod server;
mod system;
pub(super) mod wire;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use record::{Failure, FailureKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, Shutdown, SocketFlags, SocketType, shutdown, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};

pub use self::server::launcher_main;
use self::wire::{Event, Fork, MESSAGE_BYTES_MAX, Order};
use super::LAUNCHER_COMMAND;
use super::failure::failure;
use super::process::{Pipes, Process};
use super::spawn::Spawn;

/// How long the launcher may take to fork. It takes a fraction of a millisecond; this is for a
/// machine that swaps.
const FORK_TIMEOUT: Duration = Duration::from_secs(30);

/// A small process that forks every worker and command. Start it before this process has grown:
/// see the module's words on peak memory in `docs/protocol.md`.
///
/// When it is dropped, and when this process ends in any way, all processes that it started end.
#[derive(Debug)]
pub struct Launcher {
    link: Rc<Link>,
    child: Child,
    /// Where programs were found in PATH, by name and working directory.
    found: BTreeMap<(String, PathBuf), PathBuf>,
}

impl Launcher {
    /// Starts `exe __launcher`; `exe` is an executable whose `main` calls [`launcher_main`] then.
    ///
    /// # Errors
    /// When the executable cannot be started.
    pub fn start(exe: &Path) -> Result<Self> {
        Self::start_with(exe, &[])
    }

    /// As [`Launcher::start`], with variables that everything it starts inherits.
    ///
    /// # Errors
    /// When the executable cannot be started.
    pub fn start_with(exe: &Path, env: &[(&str, &OsStr)]) -> Result<Self> {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .context("no socket for the launcher")?;
        let child = Command::new(exe)
            .arg(LAUNCHER_COMMAND)
            .envs(env.iter().copied())
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start the launcher `{}`", exe.display()))?;
        let state =
            State { inbox: BTreeMap::new(), next_id: 0, buffer: vec![0; MESSAGE_BYTES_MAX] };
        let link = Rc::new(Link { socket: ours, state: RefCell::new(state) });
        Ok(Self { link, child, found: BTreeMap::new() })
    }

    /// Forks a process and holds it directly before exec, so that counters can be attached to its
    /// pid. What goes wrong later, in its set-up or its exec, is told by whoever waits for it.
    ///
    /// # Errors
    /// [`FailureKind::Start`] when there is no such program or no process can be made.
    pub fn hold(&mut self, spawn: &Spawn) -> Result<Held, Failure> {
        let start = |error: io::Error| {
            failure(FailureKind::Start, format!("cannot start `{}`: {error}", label(spawn)))
        };
        let program = self.program(spawn)?;
        let (ours, theirs) = Pipes::open(spawn.protocol).map_err(start)?;
        let (gate_read, gate) = pipe_with(PipeFlags::CLOEXEC).map_err(|e| start(e.into()))?;
        let id = self.link.new_id();
        let mut env = spawn.env.clone();
        if spawn.protocol {
            let version = workload_api::protocol::VERSION.to_string();
            env.push((workload_api::protocol::ENV_VAR.to_owned(), version));
        }
        let order = Order::Fork(Fork {
            id,
            program,
            argv: spawn.argv.clone(),
            env,
            cwd: spawn.cwd.clone(),
            pin: spawn.pin.clone(),
        });
        let mut fds = vec![gate_read.as_fd()];
        fds.extend(theirs.iter().map(AsFd::as_fd));
        self.link.send(&order, &fds).map_err(start)?;
        let pid = match self.link.wait(id, Instant::now() + FORK_TIMEOUT).map_err(start)? {
            Event::Forked { pid, .. } => pid,
            Event::Refused { errno, .. } => {
                self.link.forget(id);
                return Err(start(io::Error::from_raw_os_error(errno)));
            }
            other => return Err(start(io::Error::other(format!("odd reply {other:?}")))),
        };
        let process = Process::new(Rc::clone(&self.link), id, pid, ours, spawn);
        Ok(Held { process, gate })
    }

    /// The file to execute. One that was found in PATH before is taken again while it is there:
    /// a search of PATH before every sample is a dozen system calls.
    fn program(&mut self, spawn: &Spawn) -> Result<PathBuf, Failure> {
        let own_path = spawn.env.iter().any(|(name, _)| name == "PATH");
        if own_path || label(spawn).contains('/') {
            return resolve(spawn);
        }
        let key = (label(spawn).to_owned(), spawn.cwd.clone());
        if let Some(found) = self.found.get(&key).filter(|found| is_program(found)) {
            return Ok(found.clone());
        }
        let program = resolve(spawn)?;
        self.found.insert(key, program.clone());
        Ok(program)
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        // The launcher sees the end of its socket, ends every tree, and exits.
        let _ = shutdown(&self.link.socket, Shutdown::Both);
        let _ = self.child.wait();
    }
}

/// A process that was forked and waits before exec. Dropped, it ends without having run.
#[derive(Debug)]
pub struct Held {
    process: Process,
    gate: OwnedFd,
}

impl Held {
    /// Its process id, which is also the id of its process group.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// Lets it exec. An exec that fails is told by whoever waits for the process.
    ///
    /// # Errors
    /// [`FailureKind::Start`] when it has already ended, with what its set-up could not do.
    pub fn release(mut self) -> Result<Process, Failure> {
        self.process.released();
        match rustix::io::write(&self.gate, &[1]) {
            Ok(_) => Ok(self.process),
            // It ended in its set-up (a bad working directory): the status pipe says why.
            Err(_) => Err(self.process.start_failure()),
        }
    }
}

/// The connection, shared by the launcher's handle and its processes. Single-threaded: whoever
/// waits reads for all, and keeps what is for others.
#[derive(Debug)]
pub(super) struct Link {
    socket: OwnedFd,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    /// Events not yet taken, of the processes that somebody still holds.
    inbox: BTreeMap<u64, VecDeque<Event>>,
    next_id: u64,
    buffer: Vec<u8>,
}

impl Link {
    fn new_id(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.next_id += 1;
        let id = state.next_id;
        state.inbox.insert(id, VecDeque::new());
        id
    }

    /// Drops what was said and will be said of a process.
    pub(super) fn forget(&self, id: u64) {
        self.state.borrow_mut().inbox.remove(&id);
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn send(&self, order: &Order, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        wire::send(self.socket.as_fd(), order, fds)
    }

    /// Asks for the end of a tree.
    pub(super) fn kill(&self, id: u64, force: bool) -> io::Result<()> {
        self.send(&Order::Kill { id, force }, &[])
    }

    /// Reads one event; blocks unless the socket is readable.
    pub(super) fn pump(&self) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        let received = wire::receive::<Event>(self.socket.as_fd(), &mut state.buffer)?;
        let Some((event, _)) = received else {
            return Err(io::Error::other("the launcher is gone"));
        };
        if let Some(events) = state.inbox.get_mut(&event.id()) {
            events.push_back(event);
        }
        Ok(())
    }

    /// The next event of a process, if it has come.
    pub(super) fn take(&self, id: u64) -> Option<Event> {
        self.state.borrow_mut().inbox.get_mut(&id)?.pop_front()
    }

    fn wait(&self, id: u64, deadline: Instant) -> io::Result<Event> {
        loop {
            if let Some(event) = self.take(id) {
                return Ok(event);
            }
            if !wait_for(&mut [PollFd::new(&self.socket, PollFlags::IN)], deadline)? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.pump()?;
        }
    }
}

/// Polls until something is ready or the deadline has passed, which gives `false`.
pub(super) fn wait_for(fds: &mut [PollFd<'_>], deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(fds, Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The name of a process in messages.
fn label(spawn: &Spawn) -> &str {
    spawn.argv.first().map_or("", String::as_str)
}

/// The file to execute: a name without a slash from PATH, as execvp(3) does.
fn resolve(spawn: &Spawn) -> Result<PathBuf, Failure> {
    let name = label(spawn);
    let refuse =
        |why: &str| Err(failure(FailureKind::Start, format!("cannot start `{name}`: {why}")));
    if name.is_empty() {
        return refuse("the command line is empty");
    }
    if !spawn.cwd.is_dir() {
        return refuse(&format!("no working directory `{}`", spawn.cwd.display()));
    }
    if name.contains('/') {
        let path = spawn.cwd.join(name);
        return match path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => refuse("no such file"),
            Err(error) => refuse(&error.to_string()),
            Ok(meta) if meta.is_dir() => refuse("it is a directory"),
            Ok(meta) if meta.permissions().mode() & 0o111 == 0 => refuse("it is not executable"),
            Ok(_) => Ok(path),
        };
    }
    let own = spawn.env.iter().rev().find(|(name, _)| name == "PATH");
    let path = own.map_or_else(|| env::var_os("PATH"), |(_, value)| Some(OsString::from(value)));
    let path = path.unwrap_or_else(|| OsString::from("/usr/local/bin:/usr/bin:/bin"));
    match find_in(&path, name, &spawn.cwd) {
        Some(found) => Ok(found),
        None => refuse("no such program in PATH"),
    }
}

fn find_in(path: &OsStr, name: &str, cwd: &Path) -> Option<PathBuf> {
    let mut candidates = env::split_paths(path).map(|folder| cwd.join(folder).join(name));
    candidates.find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
