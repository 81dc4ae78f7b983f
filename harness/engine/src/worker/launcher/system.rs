//! The system calls of the launcher process that Rust has no safe words for: fork, exec, wait4,
//! signal masks. The only file of the worker side with `unsafe`.
//!
//! The launcher has a single thread, so its fork leaves no lock behind. Between fork and exec the
//! child still calls nothing but async-signal-safe functions, on memory made before the fork.
#![expect(unsafe_code, reason = "fork, exec and wait4 have no safe interface")]

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char, c_int};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use super::wire::{STATUS_BYTES, Stage};
use crate::worker::spawn::{ExitStatus, Usage};

/// Everything that the child needs, made before the fork.
pub(super) struct Plan<'a> {
    pub(super) program: CString,
    pub(super) argv: Vec<CString>,
    pub(super) env: Vec<Cow<'a, CStr>>,
    pub(super) cwd: CString,
    pub(super) pin: Option<Vec<usize>>,
}

/// The child's ends.
pub(super) struct ChildFds<'a> {
    pub(super) null: BorrowedFd<'a>,
    pub(super) gate: OwnedFd,
    pub(super) status: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    /// Requests and replies, for a worker.
    pub(super) protocol: Option<(OwnedFd, OwnedFd)>,
}

const GATE_FD: c_int = 5;
const STATUS_FD: c_int = 6;

/// What this process ignores: SIGPIPE as all of Rust, and the signals that a terminal or a
/// supervisor sends to a whole group, because the end of the socket is what ends the launcher,
/// after it has cleaned up.
const IGNORED: [c_int; 5] =
    [libc::SIGPIPE, libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];

/// Sets every signal to its default but [`IGNORED`], so that a child has only those to reset;
/// blocks SIGCHLD and gives a descriptor that becomes readable with it.
pub(super) fn child_signals() -> io::Result<OwnedFd> {
    // SAFETY: plain calls on a signal set that lives on this stack; SIG_IGN is a valid handler.
    unsafe {
        const SIGNALS: c_int = 64;
        for signal in 1..=SIGNALS {
            // Those that cannot be changed give an error that does not matter.
            let ignored = IGNORED.contains(&signal);
            libc::signal(signal, if ignored { libc::SIG_IGN } else { libc::SIG_DFL });
        }
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGCHLD);
        if libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Forks a child that sets itself up, waits for one byte at its gate, and execs. A gate that is
/// closed without a byte ends it.
pub(super) fn fork_held(plan: &Plan<'_>, fds: &ChildFds<'_>) -> io::Result<i32> {
    let argv = pointers(plan.argv.iter().map(CString::as_c_str));
    let env = pointers(plan.env.iter().map(Cow::as_ref));
    let pin = plan.pin.as_deref().map(cpu_set);
    let child = Child {
        program: plan.program.as_ptr(),
        argv: argv.as_ptr(),
        env: env.as_ptr(),
        cwd: plan.cwd.as_ptr(),
        pin: pin.as_ref().map_or(ptr::null(), ptr::from_ref),
        fds: [fds.null.as_raw_fd(), fds.stdout.as_raw_fd(), fds.stderr.as_raw_fd()],
        protocol: fds.protocol.as_ref().map(|(r, w)| [r.as_raw_fd(), w.as_raw_fd()]),
        gate: fds.gate.as_raw_fd(),
        status: fds.status.as_raw_fd(),
        // SAFETY: cannot fail and touches no memory.
        launcher: unsafe { libc::getpid() },
    };
    // SAFETY: this process has one thread. The child only runs `Child::run`, which never returns
    // and uses only memory made above, which the fork has copied.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => unsafe { child.run() },
        pid => {
            // The child does the same; whoever comes first, the group exists before it is signalled.
            // SAFETY: plain call; an error means that the child has exec'd or ended already.
            unsafe { libc::setpgid(pid, pid) };
            Ok(pid)
        }
    }
}

/// A process that has ended, with its group.
pub(super) struct Reaped {
    pub(super) pid: i32,
    pub(super) group: i32,
    pub(super) status: ExitStatus,
    pub(super) ended_ns: u64,
    pub(super) usage: Usage,
}

/// What there is to reap.
pub(super) enum Next {
    /// This one, which is gone now.
    Ended(Box<Reaped>),
    /// There are children, all alive.
    Running,
    /// There are no children.
    Nobody,
}

/// Reaps one ended child, adopted ones included; does not wait unless `wait`.
pub(super) fn reap(wait: bool) -> io::Result<Next> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOWAIT | if wait { 0 } else { libc::WNOHANG };
    // SAFETY: `info` is a zeroed siginfo_t, which waitid fills.
    let (ended, pid) = unsafe {
        let result = libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options);
        (result, info.assume_init_ref().si_pid())
    };
    let ended_ns = now_ns();
    if ended != 0 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ECHILD) => Ok(Next::Nobody),
            Some(libc::EINTR) => Ok(Next::Running),
            _ => Err(error),
        };
    }
    if pid == 0 {
        return Ok(Next::Running);
    }
    let mut status: c_int = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the child is a zombie, so its group can still be read and wait4 returns at once; both
    // out-pointers are valid.
    let (group, reaped, usage) = unsafe {
        let group = libc::getpgid(pid);
        let reaped = libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr());
        (group, reaped, usage.assume_init())
    };
    if reaped != pid {
        return Err(io::Error::last_os_error());
    }
    let status = if libc::WIFSIGNALED(status) {
        ExitStatus::Signal(libc::WTERMSIG(status))
    } else {
        ExitStatus::Code(libc::WEXITSTATUS(status))
    };
    let usage = usage_of(&usage);
    Ok(Next::Ended(Box::new(Reaped { pid, group, status, ended_ns, usage })))
}

fn usage_of(usage: &libc::rusage) -> Usage {
    let ns = |time: libc::timeval| count(time.tv_sec) * 1_000_000_000 + count(time.tv_usec) * 1000;
    Usage {
        user_ns: ns(usage.ru_utime),
        system_ns: ns(usage.ru_stime),
        // Linux gives KiB.
        peak_rss_bytes: count(usage.ru_maxrss) * 1024,
        minor_faults: count(usage.ru_minflt),
        major_faults: count(usage.ru_majflt),
        voluntary_switches: count(usage.ru_nvcsw),
        involuntary_switches: count(usage.ru_nivcsw),
        storage_read_bytes: count(usage.ru_inblock) * 512,
        storage_written_bytes: count(usage.ru_oublock) * 512,
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn pointers<'a>(strings: impl Iterator<Item = &'a CStr>) -> Vec<*const c_char> {
    strings.map(CStr::as_ptr).chain([ptr::null()]).collect()
}

fn cpu_set(cpus: &[usize]) -> libc::cpu_set_t {
    // SAFETY: an all-zero cpu_set_t is the empty set; CPU_SET writes inside it because of the filter.
    unsafe {
        let mut set: libc::cpu_set_t = MaybeUninit::zeroed().assume_init();
        let limit = usize::try_from(libc::CPU_SETSIZE).unwrap_or(0);
        for &cpu in cpus.iter().filter(|cpu| **cpu < limit) {
            libc::CPU_SET(cpu, &mut set);
        }
        set
    }
}

fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid, and clock_gettime is async-signal-safe.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    count(time.tv_sec) * 1_000_000_000 + count(time.tv_nsec)
}

/// The child's view between fork and exec: raw pointers, nothing that allocates or drops.
struct Child {
    program: *const c_char,
    argv: *const *const c_char,
    env: *const *const c_char,
    cwd: *const c_char,
    pin: *const libc::cpu_set_t,
    fds: [RawFd; 3],
    protocol: Option<[RawFd; 2]>,
    gate: RawFd,
    status: RawFd,
    launcher: libc::pid_t,
}

impl Child {
    /// # Safety
    /// Only in the child of a fork of a single-threaded process, with pointers that are valid.
    unsafe fn run(&self) -> ! {
        // SAFETY: async-signal-safe calls on memory that the caller vouches for.
        unsafe {
            libc::setpgid(0, 0);
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != self.launcher {
                libc::_exit(1);
            }
            reset_signals();
            if !self.pin.is_null() {
                let size = size_of::<libc::cpu_set_t>();
                self.require(libc::sched_setaffinity(0, size, self.pin), Stage::Pin, self.status);
            }
            self.require(libc::chdir(self.cwd), Stage::Cwd, self.status);
            self.arrange_descriptors();
            let mut byte = 0u8;
            let opened = loop {
                let read = libc::read(GATE_FD, (&raw mut byte).cast(), 1);
                if read >= 0 || *libc::__errno_location() != libc::EINTR {
                    break read == 1;
                }
            };
            if !opened {
                libc::_exit(0);
            }
            tell(STATUS_FD, Stage::Started, 0);
            libc::execve(self.program, self.argv, self.env);
            self.require(-1, Stage::Exec, STATUS_FD);
            libc::_exit(127)
        }
    }

    /// Puts every descriptor in its place and closes all others. They go through high numbers
    /// first, because a target may be somebody else's source.
    unsafe fn arrange_descriptors(&self) {
        const HIGH: c_int = 32;
        // SAFETY: as `run`.
        unsafe {
            let raise = |fd: RawFd| {
                let high = libc::fcntl(fd, libc::F_DUPFD, HIGH);
                self.require(high, Stage::Descriptors, self.status);
                high
            };
            let status = raise(self.status);
            let gate = raise(self.gate);
            let standard = [raise(self.fds[0]), raise(self.fds[1]), raise(self.fds[2])];
            let protocol =
                self.protocol.map(|[requests, replies]| [raise(requests), raise(replies)]);
            let place = |fd: c_int, target: c_int, flags: c_int| {
                self.require(libc::dup3(fd, target, flags), Stage::Descriptors, status);
            };
            for (target, fd) in [0, 1, 2].into_iter().zip(standard) {
                place(fd, target, 0);
            }
            match protocol {
                Some([requests, replies]) => {
                    place(requests, 3, 0);
                    place(replies, 4, 0);
                }
                None => {
                    libc::close(3);
                    libc::close(4);
                }
            }
            place(gate, GATE_FD, libc::O_CLOEXEC);
            place(status, STATUS_FD, libc::O_CLOEXEC);
            let first = STATUS_FD + 1;
            if libc::syscall(libc::SYS_close_range, first, c_int::MAX, 0) != 0 {
                // Kernels before 5.9. The launcher itself never has this many open.
                for fd in first..1024 {
                    libc::close(fd);
                }
            }
        }
    }

    /// Tells the parent of an error and ends the child.
    unsafe fn require(&self, result: c_int, stage: Stage, status: RawFd) {
        if result < 0 {
            // SAFETY: as `run`.
            unsafe {
                tell(status, stage, *libc::__errno_location());
                libc::_exit(127)
            }
        }
    }
}

/// A child starts with default handlers and an empty mask, whatever the launcher and its parents
/// ignore.
unsafe fn reset_signals() {
    // SAFETY: as `Child::run`.
    unsafe {
        for signal in IGNORED {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut());
    }
}

/// Writes one record into the status pipe. It is smaller than PIPE_BUF, so it arrives whole.
fn tell(status: RawFd, stage: Stage, errno: c_int) {
    let mut record = [0u8; STATUS_BYTES];
    record[..4].copy_from_slice(&(stage as u32).to_ne_bytes());
    record[4..8].copy_from_slice(&errno.to_ne_bytes());
    record[8..].copy_from_slice(&now_ns().to_ne_bytes());
    // SAFETY: the buffer is valid; a parent that is gone makes the write fail, which is fine.
    unsafe { libc::write(status, record.as_ptr().cast(), STATUS_BYTES) };
}
