//! The processes that this program can be, beside a dyno worker.
//!
//! `main` calls [`run`] with its arguments; `command` makes those of a child. A server says its
//! address on the first line of its output and serves until it is killed; every child dies with the
//! thread that started it.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::planner::Planner;
use crate::process;
use crate::server::Server;
use crate::worker::{Worker, WorkerSettings};

/// What a child is to be; its argument, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Role {
    /// Plans for workers at these locations.
    Planner(Vec<String>),
    Worker(WorkerSettings),
    /// Fetches tasks for its parent; a task's attempt may take so long.
    Client(Duration),
}

/// The argument by which a child knows that it is one.
const CHILD: &str = "__child";

/// The command that starts `program`, which is this one, in a role. Its standard input is closed and
/// its output is piped.
pub(crate) fn command(program: &Path, role: &Role) -> Command {
    // OK because texts and numbers have a JSON.
    let role = serde_json::to_string(role).unwrap_or_default();
    let mut command = Command::new(program);
    command.args([CHILD, &role]).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// The whole `main` of a child. Exits with 2 where the arguments are not understood.
#[expect(clippy::print_stderr, reason = "this is the end of main")]
pub fn run(name: &str, role: Option<&str>) -> ExitCode {
    let role = role.filter(|_| name == CHILD).and_then(|role| serde_json::from_str(role).ok());
    let Some(role) = role else {
        eprintln!("scan: takes `serve` or no argument; name it in a suite's [[runner]]");
        return ExitCode::from(2);
    };
    match start(role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scan: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(role: Role) -> Result<(), Box<dyn std::error::Error>> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // Whoever lost its parent before that line has been adopted: outside a harness, by process 1.
    if getppid().is_none_or(Pid::is_init) {
        return Err("lost its parent".into());
    }
    match role {
        Role::Planner(workers) => serve(Server::Planner(Planner { workers })),
        Role::Worker(settings) => serve(Server::Worker(Worker::new(&settings)?)),
        Role::Client(timeout) => Ok(process::serve(timeout)?),
    }
}

fn serve(server: Server) -> Result<(), Box<dyn std::error::Error>> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut output = io::stdout();
        writeln!(output, "{}", listener.local_addr()?)?;
        output.flush()?;
        Ok(server.serve(listener).await?)
    })
}

/// A runtime on the calling thread alone: a client or a server is one thread.
///
/// # Errors
/// When the kernel gives no descriptors for it.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}
