//! What stands in for workers on systems other than Linux: the same names, and an honest error.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use record::{Failure, FailureKind};
use workload_api::protocol::{Done, Prepare};
use workload_api::{Answer, Spec};

use super::failure::failure;
use super::{Exit, Output, Spawn};

const WHY: &str = "workers need Linux so far";

/// Says that there is no launcher here.
#[expect(clippy::print_stderr, reason = "this is the end of a process's main")]
pub fn launcher_main() -> ExitCode {
    eprintln!("launcher: {WHY}");
    ExitCode::from(2)
}

/// Cannot be made here, like everything that comes from it.
#[derive(Debug)]
pub enum Launcher {}

impl Launcher {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn start(_exe: &Path) -> Result<Self> {
        bail!(WHY)
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn hold(&mut self, _spawn: &Spawn) -> Result<Held, Failure> {
        match *self {}
    }
}

/// Never made.
#[derive(Debug)]
pub enum Held {}

impl Held {
    /// Never called.
    pub fn marks_region(&self) -> bool {
        match *self {}
    }

    /// Never called.
    pub fn is_simulated(&self) -> bool {
        match *self {}
    }

    /// Never called.
    pub fn pid(&self) -> i32 {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn release(self) -> Result<Process, Failure> {
        match self {}
    }
}

/// Never made.
#[derive(Debug)]
pub enum Process {}

impl Process {
    /// Never called.
    pub fn pid(&self) -> i32 {
        match *self {}
    }

    /// Never called.
    pub fn output(&self) -> &Output {
        match *self {}
    }

    /// Never called.
    pub(super) fn take_output(&mut self) -> Output {
        match *self {}
    }

    /// Never called.
    pub fn output_tail(&self) -> String {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn wait(&mut self, _limit: Duration) -> Result<Exit, Failure> {
        match *self {}
    }

    /// Never called.
    pub fn terminate(&mut self, _grace: Duration) -> Option<Exit> {
        match *self {}
    }
}

/// Never made.
#[derive(Debug)]
pub enum Worker {}

impl Worker {
    /// Never called.
    ///
    /// # Errors
    /// Always.
    pub fn greet(_process: Process, _timeout: Duration) -> Result<Self, Failure> {
        Err(failure(FailureKind::Start, WHY))
    }

    /// Never called.
    pub fn specs(&self) -> &[Spec] {
        match *self {}
    }

    /// Never called.
    pub fn pid(&self) -> i32 {
        match *self {}
    }

    /// Never called.
    pub fn process(&self) -> &Process {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn prepare(&mut self, _prepare: &Prepare, _timeout: Duration) -> Result<(), Failure> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn run(&mut self, _iterations: u32, _timeout: Duration) -> Result<Done, Failure> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn check(&mut self, _timeout: Duration) -> Result<Answer, Failure> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn bye(self, _grace: Duration) -> Result<Exit, Failure> {
        match self {}
    }
}
