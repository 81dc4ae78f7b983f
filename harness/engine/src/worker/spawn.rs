//! What to start, and how it ended. Plain data, shared by the launcher process and the parent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::case::CommandLine;

/// A process to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// Program and arguments. A name without a slash is looked for in `PATH`; one with a slash
    /// is taken from `cwd`.
    pub argv: Vec<String>,
    /// Variables added to the inherited environment; they win over inherited ones.
    pub env: Vec<(String, String)>,
    /// Working directory.
    pub cwd: PathBuf,
    /// The only CPUs it may run on.
    pub pin: Option<Vec<usize>>,
    /// Whether it speaks the worker protocol, and so gets the two descriptors for it.
    pub protocol: bool,
    /// Whether standard output and standard error are kept apart from each other, up to 1 MiB
    /// each, because somebody wants to read numbers in them. Otherwise only the last 64 KiB of
    /// both together are kept.
    pub capture: bool,
}

impl Spawn {
    /// A program that speaks the protocol.
    pub fn worker(argv: Vec<String>, cwd: &Path) -> Self {
        let cwd = cwd.to_owned();
        Self { argv, env: Vec::new(), cwd, pin: None, protocol: true, capture: false }
    }

    /// Any command line, its output captured.
    pub fn command(line: &CommandLine, cwd: &Path) -> Self {
        let argv = match line {
            CommandLine::Argv(argv) => argv.clone(),
            CommandLine::Shell(text) => vec!["sh".to_owned(), "-c".to_owned(), text.clone()],
        };
        Self { protocol: false, capture: true, ..Self::worker(argv, cwd) }
    }

    /// The same with variables added to its environment.
    #[must_use]
    pub fn with_env<K: Into<String>, V: Into<String>>(
        mut self,
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.env.extend(env.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// The same on these CPUs alone.
    #[must_use]
    pub fn with_pin(mut self, pin: Option<Vec<usize>>) -> Self {
        self.pin = pin;
        self
    }
}

/// How a process, and everything it left behind, ended. Times are CLOCK_MONOTONIC in ns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// How the main process ended.
    pub status: ExitStatus,
    /// Taken in the child, directly before exec.
    pub started_ns: u64,
    /// The end of the main process, taken when the launcher was told of it.
    pub main_ended_ns: u64,
    /// The end of the last process of the tree; `main_ended_ns` where none outlived it.
    pub ended_ns: u64,
    /// What the tree used: the main process, the children it waited for, and every orphan.
    pub usage: Usage,
    /// Processes that were still alive when the main one ended, and were waited for.
    pub outlived: u32,
    /// Processes that were still alive at the timeout, or at the end of a worker, and were killed.
    pub killed: u32,
}

impl Exit {
    /// From exec to the end of the last process, in ns.
    pub fn wall_ns(&self) -> u64 {
        self.ended_ns.saturating_sub(self.started_ns)
    }

    /// From exec to the end of the main process.
    pub(super) fn lifetime(&self) -> Duration {
        Duration::from_nanos(self.main_ended_ns.saturating_sub(self.started_ns))
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitStatus {
    /// It exited with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
}

impl ExitStatus {
    /// Whether it exited with code 0.
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }
}

/// What processes used, from wait4(2). Sums over the processes, except the peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in user space, in ns; tick-sampled by the kernel.
    pub user_ns: u64,
    /// CPU time in the kernel, in ns; tick-sampled by the kernel.
    pub system_ns: u64,
    /// Peak resident memory of the largest single process, in bytes.
    pub peak_rss_bytes: u64,
    /// Page faults answered without I/O.
    pub minor_faults: u64,
    /// Page faults that waited for I/O.
    pub major_faults: u64,
    /// Times a thread gave up its core to wait.
    pub voluntary_switches: u64,
    /// Times a thread was taken off its core.
    pub involuntary_switches: u64,
    /// Bytes fetched from storage (the kernel counts blocks of 512 bytes).
    pub storage_read_bytes: u64,
    /// Bytes sent towards storage (the kernel counts blocks of 512 bytes).
    pub storage_written_bytes: u64,
}

impl Usage {
    /// Adds another process.
    pub(super) fn add(&mut self, other: &Self) {
        self.user_ns += other.user_ns;
        self.system_ns += other.system_ns;
        self.peak_rss_bytes = self.peak_rss_bytes.max(other.peak_rss_bytes);
        self.minor_faults += other.minor_faults;
        self.major_faults += other.major_faults;
        self.voluntary_switches += other.voluntary_switches;
        self.involuntary_switches += other.involuntary_switches;
        self.storage_read_bytes += other.storage_read_bytes;
        self.storage_written_bytes += other.storage_written_bytes;
    }
}
