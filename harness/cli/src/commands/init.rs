//! `dyno init`: a commented starter suite for a project of one's own, and a worker if wanted.
//!
//! It writes new files and never over one that is there; of the user's files it touches
//! `.gitignore` alone, to which it adds the store.

mod detect;
mod text;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use self::detect::Project;
use super::reading::shown;
use crate::args::InitArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

const SUITE: &str = "dyno.toml";
const WORKER_SUITE: &str = "dyno-worker.toml";
const RUST_WORKER: &str = "examples/dyno_worker.rs";
const PYTHON_WORKER: &str = "worker.py";

/// Writes the files and says what to do next.
///
/// # Errors
/// When a file is there already, the project is of another kind than the worker, or the disk
/// refuses. Nothing has been written then, except when the disk refuses the second file.
pub(crate) fn run(args: &InitArgs) -> anyhow::Result<Exit> {
    let dir = fs::canonicalize(&args.dir).map_err(|error| {
        UsageError(format!("cannot use directory `{}`: {error}", args.dir.display()))
    })?;
    let project = detect::project(&dir)?;
    let start = match (args.rust_worker, args.python_worker) {
        (true, _) => rust_worker(&dir, &project)?,
        (_, true) => python_worker(&dir),
        _ => command(&dir, &project),
    };
    write_new(&dir, &start.files)?;
    let mut said = String::new();
    for (name, _) in &start.files {
        said.push_str(&format!("wrote {}\n", shown(&dir.join(name))));
    }
    if let Some(changed) = ignore_store(&dir)? {
        said.push_str(&format!("added /results/, where runs are kept, to {}\n", shown(&changed)));
    }
    said.push_str("\nnext:\n");
    if std::env::current_dir().is_ok_and(|here| here != dir) {
        said.push_str(&format!("  cd {}\n", args.dir.display()));
    }
    for step in &start.next {
        said.push_str(&format!("  {step}\n"));
    }
    print(&said)?;
    Ok(Exit::Ok)
}

/// What is written, and what the user does then.
struct Start {
    /// Names relative to the directory, and texts.
    files: Vec<(&'static str, String)>,
    /// Command lines.
    next: Vec<String>,
}

fn command(dir: &Path, project: &Project) -> Start {
    let text = text::command_suite(&name(dir), project);
    Start { files: vec![(SUITE, text)], next: vec![format!("dyno run {SUITE}")] }
}

fn rust_worker(dir: &Path, project: &Project) -> anyhow::Result<Start> {
    let release = match project {
        Project::Rust(known) if known.package => &known.release,
        _ => {
            let message = format!(
                "a Rust worker is an example of a package, and `{}` holds none; name the \
                 directory of one, or make one with `cargo init`",
                dir.display()
            );
            return Err(UsageError(message).into());
        }
    };
    let program = release.join("examples/dyno_worker").to_string_lossy().into_owned();
    let suite = text::worker_suite(&name(dir), &[program], "1_000_000", ["stable", "unstable"]);
    Ok(Start {
        files: vec![
            (RUST_WORKER, include_str!("../../templates/dyno_worker.rs").to_owned()),
            (WORKER_SUITE, suite),
        ],
        next: vec![
            format!("cargo add --dev workload-api {}", workload_api()),
            "cargo build --release --example dyno_worker".to_owned(),
            format!("dyno run {WORKER_SUITE}"),
        ],
    })
}

fn python_worker(dir: &Path) -> Start {
    let program = [detect::interpreter(dir), PYTHON_WORKER.to_owned()];
    let suite = text::worker_suite(&name(dir), &program, "100_000", ["sorted", "heap"]);
    Start {
        files: vec![
            (PYTHON_WORKER, include_str!("../../templates/worker.py").to_owned()),
            (WORKER_SUITE, suite),
        ],
        next: vec![format!("dyno run {WORKER_SUITE}")],
    }
}

/// Where cargo finds `workload-api`: in the sources that this dyno was built from while they are
/// there, else in dyno's repository.
fn workload_api() -> String {
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workloads/api");
    match fs::canonicalize(built_from) {
        Ok(path) if !path.to_string_lossy().contains(['\'', '\n']) => {
            let path = path.display().to_string();
            let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.+".contains(c);
            let quote = if path.chars().all(plain) { "" } else { "'" };
            format!("--path {quote}{path}{quote}")
        }
        _ => format!("--git {}", env!("CARGO_PKG_REPOSITORY")),
    }
}

/// The name of a project's suites: its directory's.
fn name(dir: &Path) -> String {
    text::word(&dir.file_name().unwrap_or_default().to_string_lossy())
}

/// Writes all files or, where one of them is there, none.
fn write_new(dir: &Path, files: &[(&'static str, String)]) -> anyhow::Result<()> {
    for (name, _) in files {
        let path = dir.join(name);
        // Also a link that leads nowhere is somebody's file.
        if fs::symlink_metadata(&path).is_ok() {
            let message = format!(
                "`{}` is there already, and nothing is written; move it away to start anew, or \
                 edit it: `dyno list` shows what a suite measures",
                shown(&path)
            );
            return Err(UsageError(message).into());
        }
    }
    for (name, text) in files {
        let path = dir.join(name);
        let parent = path.parent().unwrap_or(dir);
        let written = fs::create_dir_all(parent)
            .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&path))
            .and_then(|mut file| file.write_all(text.as_bytes()));
        written.with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Adds the store to `.gitignore` where there is a repository; the file, if it was changed.
fn ignore_store(dir: &Path) -> anyhow::Result<Option<PathBuf>> {
    let root = place::workspace(Some(&dir.join(SUITE)))?;
    if !root.join(".git").exists() {
        return Ok(None);
    }
    let path = root.join(".gitignore");
    let old = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
        }
    };
    let is_store = |line: &str| line.trim().trim_matches('/') == "results";
    if old.lines().any(is_store) {
        return Ok(None);
    }
    let line = if old.is_empty() || old.ends_with('\n') { "/results/\n" } else { "\n/results/\n" };
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .with_context(|| format!("cannot add to `{}`", path.display()))?;
    Ok(Some(path))
}
