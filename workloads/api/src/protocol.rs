//! The lines that harness and worker exchange: one JSON object each, on two file descriptors of
//! their own, so that a workload may print what it likes. `docs/protocol.md` says it in words.
//!
//! ```text
//! worker:  {"hello":{"protocol":1,"workloads":[...]}}
//! harness: {"prepare":{"workload":"pipeline","params":{"step":"08"},"seed":1,"data_dir":"/tmp/x"}}
//! worker:  {"ready":{}}
//! harness: {"run":{"iterations":1}}
//! worker:  {"done":{"wall_ns":1,"cpu_ns":1,"work":{"rows":1}}}
//! harness: {"check":{}}
//! worker:  {"answer":{"rows":1,"digest":"..."}}
//! harness: {"bye":{}}
//! ```

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Allocation, Answer, Params, Spec, Work};

/// The version spoken here. A harness refuses a worker of another version in words.
pub const VERSION: u32 = 1;

/// The descriptor a worker reads requests from.
pub const REQUEST_FD: i32 = 3;

/// The descriptor a worker writes replies to.
pub const REPLY_FD: i32 = 4;

/// Set (to [`VERSION`]) in the environment of every worker, so that a program can tell that it
/// was started by a harness.
pub const ENV_VAR: &str = "DYNO_PROTOCOL";

/// Set in the environment of a worker that shall count what its work allocates. Its times do not
/// count then.
pub const ALLOCATIONS_VAR: &str = "DYNO_ALLOCATIONS";

/// Longest line that either side accepts, in bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// What the harness says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Get ready; answered by `ready` or `failed`.
    Prepare(Prepare),
    /// Execute the work; answered by `done` or `failed`.
    Run(Run),
    /// Digest what the last `run` produced; answered by `answer` or `failed`.
    Check(Empty),
    /// Nothing more will come: exit.
    Bye(Empty),
}

/// The workload to get ready, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepare {
    /// Name of a workload from `hello`.
    pub workload: String,
    /// What the suite says; the rest is the workload's to decide.
    pub params: Params,
    /// The seed of everything random.
    pub seed: u64,
    /// A directory of the worker's own, emptied between samples.
    pub data_dir: PathBuf,
}

/// How often to execute the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Executions, one after another, at least 1.
    pub iterations: u32,
}

/// `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// The first line: who I am.
    Hello(Hello),
    /// Ready to run.
    Ready(Empty),
    /// The work was executed.
    Done(Done),
    /// What the work produced.
    Answer(Answer),
    /// What was asked could not be done.
    Failed(Failed),
}

/// Protocol version and workloads of a worker. Unknown keys are allowed here alone, so that a
/// worker of a later version is refused for its version and not for its spelling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of these lines.
    pub protocol: u32,
    /// What can be prepared.
    #[serde(default)]
    pub workloads: Vec<Spec>,
    /// Whether the worker runs under callgrind and tells it where the measured region begins and
    /// ends. Its times mean nothing then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
}

/// What the executions took and did; sums over the iterations of the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Wall time around the work alone, in nanoseconds.
    pub wall_ns: u64,
    /// CPU time of the worker process around the work, in nanoseconds, where the worker can tell.
    #[serde(default)]
    pub cpu_ns: Option<u64>,
    /// What the work allocated, where the harness asks for it and the worker can count it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<Allocation>,
    /// What was done.
    pub work: Work,
}

/// Why a request could not be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// What was being done.
    pub kind: FailureKind,
    /// One sentence for a person.
    pub message: String,
}

/// What a worker was doing when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The request could not be understood in this state.
    Protocol,
    /// Getting ready.
    Prepare,
    /// Executing the work.
    Run,
    /// Digesting the result.
    Check,
    /// A panic, in any of them.
    Panic,
}
