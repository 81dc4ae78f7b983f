//! Builds of revisions: a git worktree per revision under a cache, built as the suite says, and the
//! executable copied out of it without its debug information, which would only cost copying.
//!
//! Gates, histories and searches come here; nothing here knows what is measured. A tree that was
//! built once is not built again.

pub(crate) mod kept;

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, anyhow, bail};
use engine::case::CommandLine;
use engine::pairs::{Party, Replace};
use engine::suite::Build;
use engine::worker::command::run_to_end;
use engine::worker::{Launcher, Spawn};
use record::{Failure, FailureKind};

use crate::place;

/// Built executables that are kept; those that were not used for longest go.
const KEPT: usize = 24;

/// Lines of a failed build that are shown.
const LINES: usize = 30;

/// A revision that does not build: no fault of dyno or of the machine.
#[derive(Debug)]
pub(crate) struct NoBuild(pub(crate) Failure);

impl NoBuild {
    /// The end of what the build said; its last line, or the last that calls itself an error, stands
    /// in the message too, where rows show it.
    fn new(failure: Failure) -> Self {
        let lines: Vec<&str> = failure.output.lines().collect();
        let is_error = |line: &&&str| line.trim_start().starts_with("error");
        let filled = |line: &&&str| !line.trim().is_empty();
        let last = lines.iter().rev().find(is_error).or(lines.iter().rev().find(filled));
        let message = failure.message.trim_start_matches("build: ");
        let message = match last {
            Some(last) => format!("{message}: {}", last.trim()),
            None => message.to_owned(),
        };
        let output = lines[lines.len().saturating_sub(LINES)..].join("\n");
        Self(Failure { kind: FailureKind::Build, message, output })
    }
}

impl fmt::Display for NoBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "build: {}", self.0.message)?;
        match self.0.output.as_str() {
            "" => Ok(()),
            output => write!(f, "\n{output}"),
        }
    }
}

impl std::error::Error for NoBuild {}

/// What builds.
pub(crate) struct Builder<'a> {
    pub(crate) launcher: &'a mut Launcher,
    /// The root of the repository's working tree.
    pub(crate) workspace: PathBuf,
    pub(crate) build: Option<&'a Build>,
}

impl Builder<'_> {
    /// The full id of a revision.
    ///
    /// # Errors
    /// When there is no such revision, or no git.
    pub(crate) fn commit(&self, revision: &str) -> anyhow::Result<String> {
        let what = format!("{revision}^{{commit}}");
        git(&self.workspace, &["rev-parse", "--verify", "--quiet", &what])
            .map_err(|_| anyhow!("no revision `{revision}` in {}", self.workspace.display()))
    }

    /// The text of a file of the working tree as a commit has it; `None` where it has none.
    pub(crate) fn file_at(&self, commit: &str, path: &Path) -> Option<String> {
        let path = fs::canonicalize(path).ok()?;
        let inside = path.strip_prefix(fs::canonicalize(&self.workspace).ok()?).ok()?.to_owned();
        git(&self.workspace, &["show", &format!("{commit}:{}", inside.display())]).ok()
    }

    /// Builds a commit in a tree of its own, or finds that the same sources were built before.
    ///
    /// # Errors
    /// [`NoBuild`] when the build fails; others when the tree cannot be made.
    pub(crate) fn revision(&mut self, commit: &str) -> anyhow::Result<Party> {
        let cache = place::cache_root()?.join("gate");
        let tree = cache.join("trees").join(commit);
        fs::create_dir_all(cache.join("exe"))
            .with_context(|| format!("cannot create `{}`", cache.display()))?;
        let lock = File::create(cache.join("lock")).context("cannot lock the cache of builds")?;
        // Another gate may be building the same commit; it is worth waiting for.
        lock.lock().context("cannot lock the cache of builds")?;
        let sources = git(&self.workspace, &["rev-parse", &format!("{commit}^{{tree}}")])?;
        let kept = cache.join("exe").join(format!("{sources}-{}", self.fingerprint()));
        let in_tree = Party {
            replace: Replace::Nothing,
            moved: Some((self.workspace.clone(), tree.clone())),
        };
        match self.build.map(|build| build.executable.is_some()) {
            Some(true) if kept.is_file() => {
                // The time of its last use, by which old ones go.
                let _ = File::open(&kept).and_then(|file| file.set_modified(SystemTime::now()));
                return Ok(executable(kept));
            }
            Some(false)
                if fs::read_to_string(mark(&tree)).is_ok_and(|is| is == self.fingerprint())
                    && is_at(&tree, commit) =>
            {
                return Ok(in_tree);
            }
            _ => {}
        }
        self.add_tree(&tree, commit)?;
        if self.build.is_some() {
            eprintln!("building {commit} in {}", tree.display());
        }
        let Some(made) = self.make(&tree)? else {
            fs::write(mark(&tree), self.fingerprint()).context("cannot mark a tree as built")?;
            return Ok(in_tree);
        };
        copy_out(&made, &kept)?;
        forget_old(&cache.join("exe"));
        // What was wanted is out of it; the tree would only take space.
        self.remove_tree(commit);
        Ok(executable(kept))
    }

    /// Removes the tree of a commit where there is one.
    pub(crate) fn remove_tree(&self, commit: &str) {
        let Ok(cache) = place::cache_root() else { return };
        let tree = cache.join("gate/trees").join(commit);
        let _ = fs::remove_file(mark(&tree));
        let _ = git(&self.workspace, &["worktree", "remove", "--force", &tree.to_string_lossy()]);
    }

    /// Builds the working tree where it stands.
    ///
    /// # Errors
    /// When the build fails.
    pub(crate) fn working_tree(&mut self, copies: &Copies) -> anyhow::Result<Party> {
        let workspace = self.workspace.clone();
        eprintln!("building the working tree");
        let Some(made) = self.make(&workspace)? else { return Ok(Party::default()) };
        let kept = copies.0.join("candidate");
        copy_out(&made, &kept)?;
        Ok(executable(kept))
    }

    /// A copy of what `layout` in `[build]` makes of a commit, or of the working tree, with this
    /// seed. The tree of a commit is built first where it is not there any more.
    ///
    /// # Errors
    /// When the tree cannot be built or linked.
    pub(crate) fn layout(
        &mut self,
        commit: Option<&str>,
        seed: u64,
        copies: &Copies,
        name: &str,
    ) -> anyhow::Result<Party> {
        let tree = match commit {
            None => self.workspace.clone(),
            Some(commit) => place::cache_root()?.join("gate/trees").join(commit),
        };
        if let Some(commit) = commit.filter(|commit| !is_at(&tree, commit)) {
            self.add_tree(&tree, commit)?;
            self.make(&tree)?;
        }
        eprintln!("linking layout {seed} in {}", tree.display());
        let layout = self.build.and_then(|build| build.layout.as_ref());
        let layout = layout.context("`[build]` states no `layout`")?;
        let made = self.run(layout, &tree, Some(seed))?;
        copies.of(&made.context("`[build]` names no `executable`")?, name).map(executable)
    }

    fn add_tree(&self, tree: &Path, commit: &str) -> anyhow::Result<()> {
        if is_at(tree, commit) {
            return Ok(());
        }
        // What an earlier dyno left half made.
        let _ = fs::remove_dir_all(tree);
        git(&self.workspace, &["worktree", "prune"])?;
        let path = tree.to_str().context("the path of the cache is not UTF-8")?;
        git(&self.workspace, &["worktree", "add", "--detach", "--force", path, commit])
            .with_context(|| format!("cannot check {commit} out"))?;
        Ok(())
    }

    /// Runs the build in a tree; what it made, if the suite names it.
    fn make(&mut self, tree: &Path) -> anyhow::Result<Option<PathBuf>> {
        match self.build {
            Some(build) => self.run(&build.command, tree, None),
            None => Ok(None),
        }
    }

    fn run(
        &mut self,
        command: &CommandLine,
        tree: &Path,
        seed: Option<u64>,
    ) -> anyhow::Result<Option<PathBuf>> {
        let Some(build) = self.build else { return Ok(None) };
        let workspace = self.workspace.to_string_lossy().into_owned();
        let seed = seed.map_or_else(|| "{seed}".to_owned(), |seed| seed.to_string());
        let fill = |text: &String| {
            let text = text.replace("{tree}", &tree.to_string_lossy());
            text.replace("{workspace}", &workspace).replace("{seed}", &seed)
        };
        let line = match command {
            CommandLine::Argv(argv) => CommandLine::Argv(argv.iter().map(fill).collect()),
            CommandLine::Shell(text) => CommandLine::Shell(fill(text)),
        };
        let env: Vec<_> = build.env.iter().map(|(name, text)| (name.clone(), fill(text))).collect();
        let spawn = Spawn::command(&line, tree).with_env(env);
        run_to_end(self.launcher, &spawn, build.timeout, "build").map_err(NoBuild::new)?;
        let Some(executable) = &build.executable else { return Ok(None) };
        let made = tree.join(fill(executable));
        if !made.is_file() {
            let message = format!("it ended well and did not make `{}`", made.display());
            let kind = FailureKind::Build;
            return Err(NoBuild(Failure { kind, message, output: String::new() }).into());
        }
        Ok(Some(made))
    }

    /// Builds that are made otherwise are others.
    fn fingerprint(&self) -> String {
        let text = format!("{:?} {}", self.build, self.workspace.display());
        format!("{:016x}", twox_hash::XxHash3_64::oneshot(text.as_bytes()))
    }
}

/// What the directories of [`Copies`] are called, before the number of their process.
const COPIES: &str = "copies-";

/// A directory for the executables of one gate or history, gone with it.
pub(crate) struct Copies(PathBuf);

impl Copies {
    /// Makes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Self::beside("")
    }

    /// Another one of the same process, with a name of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn beside(name: &str) -> anyhow::Result<Self> {
        let cache = place::cache_root()?.join("gate");
        forget_dead(&cache);
        let path = cache.join(format!("{COPIES}{}", std::process::id())).join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot create `{}`", path.display()))?;
        Ok(Self(path))
    }

    /// A copy of an executable under a name of its own.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub(crate) fn of(&self, from: &Path, name: &str) -> anyhow::Result<PathBuf> {
        let to = self.0.join(name);
        copy_out(from, &to)?;
        Ok(to)
    }

    /// A build that stays where it is until the end, whatever becomes of the cache.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub(crate) fn hold(&self, party: Party, name: &str) -> anyhow::Result<Party> {
        let Replace::Executable(from) = &party.replace else { return Ok(party) };
        let to = self.0.join(name);
        if fs::hard_link(from, &to).is_err() {
            fs::copy(from, &to).with_context(|| format!("cannot copy `{}`", from.display()))?;
        }
        Ok(executable(to))
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn executable(path: PathBuf) -> Party {
    Party { replace: Replace::Executable(path), moved: None }
}

/// Copies a program without its debug information where `strip` is there: every process pair copies
/// it again, and a release build with line tables has a hundred megabytes of it.
fn copy_out(from: &Path, to: &Path) -> anyhow::Result<()> {
    let new = to.with_extension("new");
    fs::copy(from, &new)
        .with_context(|| format!("cannot copy `{}` to `{}`", from.display(), new.display()))?;
    let quiet = || Stdio::null();
    // A script has nothing to strip, and a machine without binutils copies more.
    let _ = Command::new("strip")
        .arg("--strip-debug")
        .arg(&new)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .status();
    fs::rename(&new, to).with_context(|| format!("cannot rename `{}`", new.display()))
}

/// Where it stands that a tree was built, and how.
fn mark(tree: &Path) -> PathBuf {
    tree.with_extension("built")
}

/// Whether a tree is there and has that commit.
fn is_at(tree: &Path, commit: &str) -> bool {
    tree.join(".git").exists() && git(tree, &["rev-parse", "HEAD"]).is_ok_and(|head| head == commit)
}

/// Removes the copies of processes that were killed.
fn forget_dead(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(COPIES));
        let is_dead = |id: &str| !Path::new("/proc").join(id).exists();
        if Path::new("/proc/self").exists() && process.is_some_and(is_dead) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn forget_old(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let age = |path: &PathBuf| {
        let changed = fs::metadata(path).and_then(|data| data.modified());
        changed.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort_by_key(age);
    for path in paths.iter().rev().skip(KEPT) {
        let _ = fs::remove_file(path);
    }
}

/// What git prints, without the line end.
///
/// # Errors
/// When there is no git, or it refuses.
pub(crate) fn git(tree: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(tree)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .context("`git` cannot be started here")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`git {}` failed: {}", arguments.join(" "), said.lines().next().unwrap_or(""));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
