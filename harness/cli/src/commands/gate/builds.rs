//! Builds of a gate: a git worktree per revision under a cache, built as the suite says, and the
//! executable copied out of it without its debug information, which would only cost copying.
//!
//! Nothing here knows what is measured. A build that was made once is taken again.

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

use crate::place;

/// Built executables that are kept; the oldest go.
const KEPT: usize = 8;

/// Lines of a failed build that are shown.
const LINES: usize = 30;

/// What builds.
pub(super) struct Builder<'a> {
    pub(super) launcher: &'a mut Launcher,
    /// The root of the working tree.
    pub(super) workspace: PathBuf,
    pub(super) build: Option<&'a Build>,
}

impl Builder<'_> {
    /// The full id of a revision.
    ///
    /// # Errors
    /// When there is no such revision, or no git.
    pub(super) fn commit(&self, revision: &str) -> anyhow::Result<String> {
        let what = format!("{revision}^{{commit}}");
        git(&self.workspace, &["rev-parse", "--verify", "--quiet", &what])
            .map_err(|_| anyhow!("no revision `{revision}` in {}", self.workspace.display()))
    }

    /// The text of a file of the working tree as a commit has it; `None` where it has none.
    pub(super) fn file_at(&self, commit: &str, path: &Path) -> Option<String> {
        let path = fs::canonicalize(path).ok()?;
        let inside = path.strip_prefix(fs::canonicalize(&self.workspace).ok()?).ok()?.to_owned();
        git(&self.workspace, &["show", &format!("{commit}:{}", inside.display())]).ok()
    }

    /// Builds a commit in a tree of its own, or finds that it was built before.
    ///
    /// # Errors
    /// When the tree cannot be made, or the build fails.
    pub(super) fn revision(&mut self, commit: &str) -> anyhow::Result<Party> {
        let cache = place::cache_root()?.join("gate");
        let tree = cache.join("trees").join(commit);
        fs::create_dir_all(cache.join("exe"))
            .with_context(|| format!("cannot create `{}`", cache.display()))?;
        let lock = File::create(cache.join("lock")).context("cannot lock the cache of builds")?;
        // Another gate may be building the same commit; it is worth waiting for.
        lock.lock().context("cannot lock the cache of builds")?;
        let key = format!("{commit}-{}", self.fingerprint());
        let kept = cache.join("exe").join(key);
        if self.build.is_some_and(|build| build.executable.is_some()) && kept.is_file() {
            return Ok(executable(kept));
        }
        self.add_tree(&tree, commit)?;
        eprintln!("building {commit} in {}", tree.display());
        let made = self.make(&tree)?;
        let Some(made) = made else {
            return Ok(Party {
                replace: Replace::Nothing,
                moved: Some((self.workspace.clone(), tree)),
            });
        };
        copy_out(&made, &kept)?;
        forget_old(&cache.join("exe"));
        // What was wanted is out of it; the tree would only take space.
        let _ = git(&self.workspace, &["worktree", "remove", "--force", &tree.to_string_lossy()]);
        Ok(executable(kept))
    }

    /// Builds the working tree where it stands.
    ///
    /// # Errors
    /// When the build fails.
    pub(super) fn working_tree(&mut self, copies: &Copies) -> anyhow::Result<Party> {
        let workspace = self.workspace.clone();
        eprintln!("building the working tree");
        let Some(made) = self.make(&workspace)? else { return Ok(Party::default()) };
        let kept = copies.0.join("candidate");
        copy_out(&made, &kept)?;
        Ok(executable(kept))
    }

    fn add_tree(&self, tree: &Path, commit: &str) -> anyhow::Result<()> {
        if tree.join(".git").exists()
            && git(tree, &["rev-parse", "HEAD"]).is_ok_and(|head| head == commit)
        {
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
        let Some(build) = self.build else { return Ok(None) };
        let workspace = self.workspace.to_string_lossy().into_owned();
        let fill = |text: &String| {
            text.replace("{tree}", &tree.to_string_lossy()).replace("{workspace}", &workspace)
        };
        let line = match &build.command {
            CommandLine::Argv(argv) => CommandLine::Argv(argv.iter().map(fill).collect()),
            CommandLine::Shell(text) => CommandLine::Shell(fill(text)),
        };
        let env: Vec<_> = build.env.iter().map(|(name, text)| (name.clone(), fill(text))).collect();
        let spawn = Spawn::command(&line, tree).with_env(env);
        run_to_end(self.launcher, &spawn, build.timeout, "build").map_err(|failure| {
            let lines: Vec<&str> = failure.output.lines().collect();
            let shown = lines[lines.len().saturating_sub(LINES)..].join("\n");
            anyhow!("{}\n{shown}", failure.message)
        })?;
        let Some(executable) = &build.executable else { return Ok(None) };
        let made = tree.join(fill(executable));
        if !made.is_file() {
            bail!("the build of {} did not make `{}`", tree.display(), made.display());
        }
        Ok(Some(made))
    }

    /// Builds that are made otherwise are others.
    fn fingerprint(&self) -> String {
        let text = format!("{:?} {}", self.build, self.workspace.display());
        format!("{:016x}", twox_hash::XxHash3_64::oneshot(text.as_bytes()))
    }
}

/// A directory for the executables of one gate, gone with it.
pub(super) struct Copies(PathBuf);

impl Copies {
    /// Makes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn new() -> anyhow::Result<Self> {
        let path = place::cache_root()?.join(format!("gate/copies-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot create `{}`", path.display()))?;
        Ok(Self(path))
    }

    /// A copy of an executable under a name of its own.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub(super) fn of(&self, from: &Path, name: &str) -> anyhow::Result<PathBuf> {
        let to = self.0.join(name);
        copy_out(from, &to)?;
        Ok(to)
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
fn git(tree: &Path, arguments: &[&str]) -> anyhow::Result<String> {
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
