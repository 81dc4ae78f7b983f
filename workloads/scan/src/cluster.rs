//! A planner and its workers, each a process of its own on loopback, so that one can be killed and
//! their CPU time is not the client's.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::cpu;
use crate::role::{self, Role};
use crate::worker::WorkerSettings;

/// How long a server may take to say its address.
const START_MAX: Duration = Duration::from_secs(20);

/// Running servers; ended with it.
pub(crate) struct Cluster {
    workers: Vec<Node>,
    planner: Node,
}

impl Cluster {
    /// Starts so many workers, and a planner that knows them. `program` is `scan`.
    ///
    /// # Errors
    /// When a server cannot be started or does not say its address.
    pub(crate) fn start(
        program: &Path,
        workers: usize,
        settings: &WorkerSettings,
    ) -> Result<Self, String> {
        let role = Role::Worker(settings.clone());
        // All are started before the first one is waited for.
        let starting: Vec<Starting> =
            (0..workers).map(|_| Starting::new(program, &role)).collect::<Result<_, _>>()?;
        let workers: Vec<Node> =
            starting.into_iter().map(Starting::wait).collect::<Result<_, _>>()?;
        let locations = workers.iter().map(|worker| worker.location.clone()).collect();
        let planner = Starting::new(program, &Role::Planner(locations))?.wait()?;
        Ok(Self { workers, planner })
    }

    /// Where the planner is, such as `grpc+tcp://127.0.0.1:4000`.
    pub(crate) fn planner(&self) -> &str {
        &self.planner.location
    }

    /// Kills so many workers, from the first one on, as a power cut would. Those that are gone
    /// already count.
    pub(crate) fn kill_workers(&mut self, count: usize) {
        self.workers.iter_mut().take(count).for_each(Node::end);
    }

    /// Whether every server still runs.
    pub(crate) fn is_whole(&mut self) -> bool {
        self.workers
            .iter_mut()
            .chain([&mut self.planner])
            .all(|node| matches!(node.process.try_wait(), Ok(None)))
    }

    /// CPU time of all servers so far; `None` where the system does not say it, or one is gone.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let nodes = self.workers.iter().chain([&self.planner]);
        nodes.map(|node| cpu::of_process(node.process.id())).sum()
    }
}

/// One server.
struct Node {
    process: Child,
    location: String,
}

impl Node {
    fn end(&mut self) {
        // It may be gone already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}

/// A server that has not said its address yet; ended where it never does.
struct Starting(Node, ChildStdout);

impl Starting {
    fn new(program: &Path, role: &Role) -> Result<Self, String> {
        let mut process = role::command(program, role)
            .spawn()
            .map_err(|error| format!("starting `{}`: {error}", program.display()))?;
        let output = process.stdout.take().ok_or("a server without standard output")?;
        Ok(Self(Node { process, location: String::new() }, output))
    }

    fn wait(self) -> Result<Node, String> {
        let Self(mut node, output) = self;
        let (say, said) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // The receiver may have given up.
            let _ = say.send(BufReader::new(output).read_line(&mut line).map(|_| line));
        });
        match said.recv_timeout(START_MAX) {
            Ok(Ok(line)) if line.ends_with('\n') => {
                node.location = format!("grpc+tcp://{}", line.trim_end());
                Ok(node)
            }
            Ok(Ok(_)) => Err("a server ended before it said its address".to_owned()),
            Ok(Err(error)) => Err(format!("reading the address of a server: {error}")),
            Err(_) => Err(format!("a server did not say its address within {START_MAX:?}")),
        }
    }
}
