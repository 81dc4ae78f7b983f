//! The launcher process: forks children on request, adopts and reaps everything they leave.
//!
//! It is the hidden subcommand `__launcher` of the executable and stays small on purpose: the peak
//! memory that the kernel reports of a child includes what its parent had at the fork. It ends
//! when its socket closes, that is when the harness ends in whatever way, and takes every process
//! of every tree with it.

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

use super::system::{self, ChildFds, Next, Plan, Reaped};
use super::wire::{self, Event, Fork, MESSAGE_BYTES_MAX, Order, Over};
use crate::worker::spawn::{ExitStatus, Usage};

/// The whole of the hidden subcommand [`crate::worker::LAUNCHER_COMMAND`]. Its standard input is
/// one end of the socket pair that [`super::Launcher::start`] makes.
#[expect(clippy::print_stderr, reason = "this is the end of a process's main")]
pub fn launcher_main() -> ExitCode {
    match serve(io::stdin().as_fd()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("launcher: {error}");
            eprintln!("hint: dyno starts its launcher itself");
            ExitCode::from(2)
        }
    }
}

fn serve(socket: BorrowedFd<'_>) -> io::Result<()> {
    // No PR_SET_PDEATHSIG here: it would fire when the thread that started the launcher ends, and
    // it would kill the launcher before that could clean up. The socket tells the same, better.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // A session of its own: a Ctrl-C is for the harness, and children cannot ask the terminal.
    let _ = rustix::process::setsid();
    let signals = system::child_signals()?;
    let mut trees = Trees { list: Vec::new(), house: House::new()? };
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    let result = loop {
        let mut fds = [PollFd::new(&signals, PollFlags::IN), PollFd::new(&socket, PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => continue,
            other => other?,
        };
        let [signalled, asked] = fds.map(|fd| !fd.revents().is_empty());
        if signalled {
            let mut discarded = [0u8; 1024];
            let _ = rustix::io::read(&signals, &mut discarded);
            for event in trees.reap()? {
                // A harness that is gone is noticed below.
                let _ = wire::send(socket, &event, &[]);
            }
        }
        if asked {
            match wire::receive(socket, &mut buffer) {
                Ok(Some((Order::Fork(fork), fds))) => {
                    let event = trees.fork(&fork, fds);
                    let _ = wire::send(socket, &event, &[]);
                }
                Ok(Some((Order::Kill { id, force }, _))) => trees.kill(id, force),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        }
    };
    trees.end_all();
    result
}

/// One child, and everything that descends from it.
struct Tree {
    id: u64,
    main: i32,
    ended: Option<(ExitStatus, u64)>,
    last_ended_ns: u64,
    usage: Usage,
    outlived: u32,
    killed: u32,
    /// Whether SIGKILL was asked for: from then on orphans are killed as they appear.
    killing: bool,
    /// Whether the parent knows that the main process has ended.
    told: bool,
}

struct Trees {
    list: Vec<Tree>,
    house: House,
}

/// What every child is given, made once.
struct House {
    null: OwnedFd,
    /// `NAME=value`, as this process has inherited it.
    env: Vec<CString>,
}

impl House {
    fn new() -> io::Result<Self> {
        let inherited = std::env::vars_os()
            .filter(|(name, _)| name != workload_api::protocol::ENV_VAR)
            .map(|(name, value)| pair(name.as_bytes(), value.as_bytes()));
        let env = inherited.collect::<Result<_, _>>()?;
        Ok(Self { null: OwnedFd::from(fs::File::open("/dev/null")?), env })
    }

    /// The environment of a child: what is inherited, and what was asked for over it.
    fn env_with(&self, added: &[(String, String)]) -> io::Result<Vec<Cow<'_, CStr>>> {
        let is = |name: &str, pair: &CStr| {
            pair.to_bytes()
                .strip_prefix(name.as_bytes())
                .is_some_and(|rest| rest.first() == Some(&b'='))
        };
        let inherited =
            self.env.iter().filter(|pair| !added.iter().any(|(name, _)| is(name, pair)));
        let mut env: Vec<_> = inherited.map(|pair| Cow::Borrowed(pair.as_c_str())).collect();
        for (index, (name, value)) in added.iter().enumerate() {
            // Of two with one name the last one counts.
            if !added[index + 1..].iter().any(|(other, _)| other == name) {
                env.push(Cow::Owned(pair(name.as_bytes(), value.as_bytes())?));
            }
        }
        Ok(env)
    }
}

fn pair(name: &[u8], value: &[u8]) -> io::Result<CString> {
    text(&[name, b"=", value].concat())
}

fn text(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(|_| invalid())
}

fn invalid() -> io::Error {
    io::Error::from_raw_os_error(libc::EINVAL)
}

impl Trees {
    fn fork(&mut self, fork: &Fork, fds: Vec<OwnedFd>) -> Event {
        let id = fork.id;
        match try_fork(&self.house, fork, fds) {
            Ok(main) => {
                self.list.push(Tree {
                    id,
                    main,
                    ended: None,
                    last_ended_ns: 0,
                    usage: Usage::default(),
                    outlived: 0,
                    killed: 0,
                    killing: false,
                    told: false,
                });
                Event::Forked { id, pid: main }
            }
            Err(error) => Event::Refused { id, errno: error.raw_os_error().unwrap_or(0) },
        }
    }

    /// Reaps whatever has ended and says which trees are over.
    fn reap(&mut self) -> io::Result<Vec<Event>> {
        let mut just_ended = Vec::new();
        let anyone_left = loop {
            match system::reap(false)? {
                Next::Ended(reaped) => self.account(&reaped, &mut just_ended),
                Next::Running => break true,
                Next::Nobody => break false,
            }
        };
        let only = self.list.len() == 1;
        let mut events = Vec::new();
        for tree in &mut self.list {
            let Some((status, main_ended_ns)) = tree.ended else { continue };
            // With a single tree every child left is its. With several, those that left their
            // group cannot be told apart, and are not waited for.
            let alive = anyone_left && (only || group_exists(tree.main));
            if !alive {
                events.push(Event::Over(Over {
                    id: tree.id,
                    status,
                    main_ended_ns,
                    ended_ns: tree.last_ended_ns,
                    usage: tree.usage,
                    outlived: tree.outlived,
                    killed: tree.killed,
                }));
            } else if !tree.told {
                tree.told = true;
                events.push(Event::Main { id: tree.id });
            }
        }
        self.list.retain(|tree| {
            !events.iter().any(|event| matches!(event, Event::Over(over) if over.id == tree.id))
        });
        let killing: Vec<_> = self.list.iter().filter(|t| t.killing).map(|t| t.id).collect();
        for id in killing {
            self.kill(id, true);
        }
        Ok(events)
    }

    /// Adds an ended process to its tree: by its group, else to the tree that came last.
    /// `just_ended` are the main processes of the same batch. What was dead already when its main
    /// process ended has not outlived it.
    fn account(&mut self, reaped: &Reaped, just_ended: &mut Vec<i32>) {
        let known = self.list.iter().position(|tree| tree.main == reaped.group);
        let Some(index) = known.or_else(|| self.list.len().checked_sub(1)) else { return };
        let tree = &mut self.list[index];
        tree.usage.add(&reaped.usage);
        tree.last_ended_ns = tree.last_ended_ns.max(reaped.ended_ns);
        if reaped.pid == tree.main {
            tree.ended = Some((reaped.status, reaped.ended_ns));
            just_ended.push(tree.main);
        } else if tree.ended.is_some() && !just_ended.contains(&tree.main) {
            if tree.killing {
                tree.killed += 1;
            } else {
                tree.outlived += 1;
            }
        }
    }

    /// Signals a tree: its group, and with a single tree also the orphans that left the group.
    fn kill(&mut self, id: u64, force: bool) {
        let only = self.list.len() == 1;
        let Some(tree) = self.list.iter_mut().find(|tree| tree.id == id) else { return };
        tree.killing |= force;
        let signal = if force { Signal::KILL } else { Signal::TERM };
        signal_group(tree.main, signal);
        if only {
            // Whoever is in the group has it already; twice is more than once to some programs.
            signal_children(signal, Some(tree.main));
        }
    }

    /// Ends every process of every tree. Each round kills the children there are; their own
    /// children are adopted and fall in the next.
    fn end_all(&self) {
        for tree in &self.list {
            signal_group(tree.main, Signal::KILL);
        }
        while signal_children(Signal::KILL, None) > 0 {
            if !matches!(system::reap(true), Ok(Next::Ended(_))) {
                return;
            }
        }
    }
}

fn try_fork(house: &House, fork: &Fork, fds: Vec<OwnedFd>) -> io::Result<i32> {
    let plan = Plan {
        program: text(fork.program.as_os_str().as_bytes())?,
        argv: fork.argv.iter().map(|word| text(word.as_bytes())).collect::<Result<_, _>>()?,
        env: house.env_with(&fork.env)?,
        cwd: text(fork.cwd.as_os_str().as_bytes())?,
        pin: fork.pin.clone(),
    };
    let mut fds = fds.into_iter();
    let mut next = || fds.next().ok_or_else(invalid);
    let (gate, status, stdout, stderr) = (next()?, next()?, next()?, next()?);
    let protocol = fds.next().zip(fds.next());
    let null = house.null.as_fd();
    system::fork_held(&plan, &ChildFds { null, gate, status, stdout, stderr, protocol })
}

fn group_exists(group: i32) -> bool {
    Pid::from_raw(group).is_some_and(|pid| rustix::process::test_kill_process_group(pid).is_ok())
}

fn signal_group(group: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(group) {
        // A group that is gone already is what was wanted.
        let _ = kill_process_group(pid, signal);
    }
}

/// Signals each child of this process, adopted ones included, but for one group, and says how many
/// there are.
fn signal_children(signal: Signal, except: Option<i32>) -> usize {
    let me = rustix::process::getpid().as_raw_nonzero();
    let Ok(text) = fs::read_to_string(format!("/proc/self/task/{me}/children")) else { return 0 };
    let except = except.and_then(Pid::from_raw);
    let pids = text.split_ascii_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?));
    let mut count = 0;
    for pid in pids {
        if except.is_none() || getpgid(Some(pid)).ok() != except {
            // One that is gone already is what was wanted.
            let _ = kill_process(pid, signal);
            count += 1;
        }
    }
    count
}
