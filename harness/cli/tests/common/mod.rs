//! What the whole-path tests share: the real binary in a directory of its own, the fixture worker
//! with its planted faults, and what a store holds afterwards.
#![expect(dead_code, reason = "every test file uses another part of it")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test panics and says why")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use record::Sample;
use record::store::{Store, StoredRun};
use tempfile::TempDir;

/// A directory with suites and a store.
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A place that holds one suite, `suite.toml`.
    pub(crate) fn with_suite(text: &str) -> Self {
        let place = Self::new();
        place.write("suite.toml", text);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    /// `dyno` with these arguments, here, with its store here.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dyno"));
        command.args(args).current_dir(self.dir.path());
        command.env("DYNO_STORE", self.dir.path().join("store")).env("NO_COLOR", "1");
        command.env_remove("DYNO_SCRIPTED_COUNTERS");
        command
    }

    pub(crate) fn dyno(&self, args: &[&str]) -> Finished {
        Finished(self.command(args).output().unwrap())
    }

    /// The same where the kernel refuses `perf_event_open` with this error number, as in many a
    /// container; `None`, and said, without Python.
    pub(crate) fn without_perf_events(&self, errno: &str, args: &[&str]) -> Option<Finished> {
        if Command::new("python3").arg("--version").output().is_err() {
            skip("no python3");
            return None;
        }
        let mut command = Command::new("python3");
        command.args(["-c", REFUSE, errno, env!("CARGO_BIN_EXE_dyno")]).args(args);
        command.current_dir(self.dir.path());
        command.env("DYNO_STORE", self.dir.path().join("store")).env("NO_COLOR", "1");
        command.env_remove("DYNO_SCRIPTED_COUNTERS");
        Some(Finished::of(&mut command))
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.dir.path().join("store"))
    }

    /// The only run, whole.
    pub(crate) fn run(&self) -> StoredRun {
        let runs = self.store().runs().unwrap();
        assert_eq!(runs.len(), 1, "{runs:?}");
        self.store().read(&runs[0].id).unwrap()
    }
}

/// A dyno that has ended.
pub(crate) struct Finished(Output);

impl Finished {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        Self(command.output().unwrap())
    }

    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Asserts the exit code; shows everything where it is another one.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr());
        self
    }
}

/// The fixture worker; built when the test command has not built it already.
pub(crate) fn faulty() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| built(&["--package", "engine", "--example", "faulty"], "examples/faulty"))
}

/// The worker of `examples/rust-worker`, built as [`faulty`] is.
pub(crate) fn rust_worker() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| built(&["--package", "rust-worker"], "rust-worker"))
}

/// Builds a program of this repository in the profile of the tests.
fn built(what: &[&str], program: &str) -> PathBuf {
    let profile = Path::new(env!("CARGO_BIN_EXE_dyno")).parent().unwrap();
    let path = profile.join(program);
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet"]).args(what);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().unwrap().success(), "{program} does not build");
    assert!(path.exists(), "no program at {}", path.display());
    path
}

/// A `[[runner]]` named `faulty` that serves the fixture's workloads.
pub(crate) fn faulty_runner() -> String {
    format!("[[runner]]\nname = \"faulty\"\nprogram = [{:?}]\n", faulty().to_str().unwrap())
}

/// What identifies every sample of a run, in the order in which they were taken.
pub(crate) fn keys(samples: &[Sample]) -> Vec<(String, u32, u32)> {
    samples.iter().map(|s| (s.case.to_string(), s.process, s.iteration)).collect()
}

/// Whether a test that needs a tool may go on without it: it may not under CI, which installs it.
#[track_caller]
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "under CI this must not be skipped: {why}");
    println!("skipped: {why}");
}

/// `None` where there is no git, which is said.
#[track_caller]
pub(crate) fn has_git() -> Option<()> {
    if Command::new("git").arg("--version").output().is_ok() {
        return Some(());
    }
    skip("no git");
    None
}

/// git in a directory, as nobody in particular and one minute after the last commit.
pub(crate) fn git(directory: &Path, arguments: &[&str], minute: usize) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(arguments);
    git.env("GIT_AUTHOR_DATE", format!("{} +0000", 1_700_000_000 + 60 * minute));
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let done = git.current_dir(directory).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Makes a repository of that many commits, `commit 0` and on, each with the files that it is told.
pub(crate) fn repository(
    directory: &Path,
    commits: usize,
    files: &dyn Fn(usize) -> Vec<(String, String)>,
) {
    fs::create_dir_all(directory).unwrap();
    git(directory, &["init", "-q"], 0);
    for number in 0..commits {
        for (name, text) in files(number) {
            fs::write(directory.join(name), text).unwrap();
        }
        git(directory, &["add", "-A"], number);
        let message = format!("commit {number}\n\nWhy {number}.");
        git(directory, &["commit", "-qm", &message], number);
    }
}

/// Becomes a program for which a seccomp filter refuses `perf_event_open` with an error number.
const REFUSE: &str = r#"
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
machine = os.uname().machine
call = {"x86_64": 298, "aarch64": 241}[machine]
errno = int(sys.argv[1])
program = b"".join(struct.pack("HBBI", *line) for line in [
    (0x20, 0, 0, 0), (0x15, 0, 1, call), (0x06, 0, 0, 0x00050000 | errno), (0x06, 0, 0, 0x7fff0000)])
buffer = ctypes.create_string_buffer(program)
filter = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.c_char_p(filter)) == 0
os.execv(sys.argv[2], sys.argv[2:])
"#;
