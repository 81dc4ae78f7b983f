//! The source tree that is measured: compiler, flags, git revision. Asks `rustc` and `git` where
//! they are, with a limit on their time and their output.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use record::Fact;

use super::{Known, fact};

/// How long a tool may take. A large tree on a cold disk needs seconds for `git status`.
const LIMIT: Duration = Duration::from_secs(5);

/// How much of a tool's output is read.
const OUTPUT_BYTES_MAX: u64 = 1 << 20;

pub(super) fn facts(tree: &Path) -> Vec<Fact> {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    vec![
        fact("dyno_build", Ok(profile.to_owned())),
        fact("rustc", rustc(tree)),
        fact("rustflags", Ok(rustflags(tree))),
        fact("git_revision", git(tree, &["rev-parse", "HEAD"])),
        fact("git_state", git(tree, &["status", "--porcelain"]).map(|text| state(&text))),
    ]
}

/// The compiler that would build the tree now; asked inside it, because a toolchain file may choose.
fn rustc(tree: &Path) -> Known {
    let mut command = Command::new("rustc");
    // A missing toolchain is a fact to tell, not a download to begin.
    command.arg("-V").current_dir(tree).env("RUSTUP_AUTO_INSTALL", "0");
    run(command)
}

fn git(tree: &Path, arguments: &[&str]) -> Known {
    let mut command = Command::new("git");
    // Without the lock, looking at the state does not write to the index of the tree.
    command.arg("-C").arg(tree).args(arguments).env("GIT_OPTIONAL_LOCKS", "0");
    run(command)
}

/// `git status --porcelain` in words.
fn state(porcelain: &str) -> String {
    let lines = || porcelain.lines().filter(|line| !line.trim().is_empty());
    let untracked = lines().filter(|line| line.starts_with("??")).count();
    let changed = lines().count() - untracked;
    match (changed, untracked) {
        (0, 0) => "clean".to_owned(),
        (changed, untracked) => format!("dirty: {changed} changed, {untracked} untracked"),
    }
}

/// The flags in the order in which cargo takes them: the first that is set wins alone.
fn rustflags(tree: &Path) -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|flags| !flags.is_empty());
    if let Some(flags) = variable("CARGO_ENCODED_RUSTFLAGS") {
        return format!("{} (CARGO_ENCODED_RUSTFLAGS)", flags.replace('\u{1f}', " "));
    }
    if let Some(flags) = variable("RUSTFLAGS") {
        return format!("{flags} (RUSTFLAGS)");
    }
    let absolute = std::path::absolute(tree).unwrap_or_else(|_| tree.to_owned());
    let configs = absolute
        .ancestors()
        .flat_map(|above| [above.join(".cargo/config.toml"), above.join(".cargo/config")]);
    for path in configs {
        let flags = std::fs::read_to_string(&path).ok().and_then(|text| configured(&text));
        if let Some(flags) = flags {
            return format!("{flags} ({})", path.display());
        }
    }
    "none".to_owned()
}

/// The flags of a cargo configuration: those of targets with the target, and those of all builds.
fn configured(text: &str) -> Option<String> {
    let config: toml::Table = text.parse().ok()?;
    let mut found = Vec::new();
    if let Some(targets) = config.get("target").and_then(toml::Value::as_table) {
        for (target, table) in targets {
            if let Some(flags) = table.get("rustflags").and_then(words) {
                found.push(format!("{target}: {flags}"));
            }
        }
    }
    found.extend(config.get("build").and_then(|build| words(build.get("rustflags")?)));
    if found.is_empty() { None } else { Some(found.join("; ")) }
}

/// Cargo takes a list of words or one text.
fn words(flags: &toml::Value) -> Option<String> {
    if let Some(text) = flags.as_str() {
        return Some(text.to_owned());
    }
    let words: Option<Vec<_>> = flags.as_array()?.iter().map(toml::Value::as_str).collect();
    Some(words?.join(" "))
}

/// What a tool on the PATH prints, or why it does not, in at most 5 s.
///
/// # Errors
/// In words: it cannot be started, failed, or took too long.
pub fn tool(name: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(name);
    command.args(arguments);
    run(command)
}

/// Runs a tool and returns what it printed, or the first line of its complaint.
fn run(mut command: Command) -> Known {
    let name = command.get_program().to_string_lossy().into_owned();
    let spawned =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("`{name}` cannot be started here"),
        _ => format!("`{name}` cannot be started: {error}"),
    })?;
    let (sender, receiver) = channel();
    let pipes = (child.stdout.take(), child.stderr.take());
    let texts = [pipes.0.map(boxed), pipes.1.map(boxed)];
    for (number, pipe) in texts.into_iter().enumerate() {
        let sender = sender.clone();
        thread::spawn(move || {
            let text = pipe.map(first_bytes).unwrap_or_default();
            // Nobody waits any longer when the limit has passed.
            let _ = sender.send((number, text));
        });
    }
    let deadline = Instant::now() + LIMIT;
    let mut texts = [String::new(), String::new()];
    for _ in 0..texts.len() {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((number, text)) => texts[number] = text,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                // It may end by itself at this moment; either way it is waited for.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{name}` took longer than {} s", LIMIT.as_secs()));
            }
        }
    }
    let status = child.wait().map_err(|error| format!("`{name}`: {error}"))?;
    let [out, complaint] = texts;
    if status.success() {
        return Ok(out.trim_end().to_owned());
    }
    let line = complaint.lines().next().unwrap_or("it said nothing");
    Err(format!("`{name}` failed: {line}"))
}

fn boxed(pipe: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(pipe)
}

/// The beginning of an output; the rest is read and dropped, so that the tool can end.
fn first_bytes(mut pipe: Box<dyn Read + Send>) -> String {
    let mut bytes = Vec::new();
    // A broken pipe ends the output where it broke.
    let _ = pipe.by_ref().take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Known {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command)
    }

    #[test]
    fn a_tool_that_prints_fails_or_is_absent_is_told_apart() {
        assert_eq!(shell("echo one; echo two >&2").as_deref(), Ok("one"));
        assert_eq!(shell("echo no >&2; exit 3"), Err("`sh` failed: no".to_owned()));
        let absent = run(Command::new("no-such-tool-of-dyno"));
        assert_eq!(absent, Err("`no-such-tool-of-dyno` cannot be started here".to_owned()));
    }

    #[test]
    fn a_tool_that_prints_without_end_is_cut_and_not_waited_for_in_vain() {
        let text = shell("head -c 3000000 /dev/zero | tr '\\0' x").unwrap();
        assert_eq!(text.len() as u64, OUTPUT_BYTES_MAX);
    }

    #[test]
    fn the_state_of_a_tree_is_counted() {
        assert_eq!(state(""), "clean");
        assert_eq!(state(" M a.rs\n?? b.rs\nA  c.rs\n"), "dirty: 2 changed, 1 untracked");
    }

    #[test]
    fn flags_are_read_from_a_cargo_configuration() {
        let list = "[build]\nrustflags = [\"-C\", \"force-frame-pointers=yes\"]\n";
        assert_eq!(configured(list).as_deref(), Some("-C force-frame-pointers=yes"));
        let text = "[target.x86_64-unknown-linux-gnu]\nrustflags = \"-C target-cpu=native\"\n";
        let expect = "x86_64-unknown-linux-gnu: -C target-cpu=native";
        assert_eq!(configured(text).as_deref(), Some(expect));
        assert_eq!(configured("[alias]\nx = \"y\"\n"), None);
        assert_eq!(configured("not toml"), None);
    }

    #[test]
    fn a_tree_with_a_commit_and_a_change_is_described() {
        let temp = tempfile::tempdir().unwrap();
        if git(temp.path(), &["--version"]).is_err() {
            println!("skipped: no git here");
            return;
        }
        std::fs::write(temp.path().join("file"), "one").unwrap();
        assert!(git(temp.path(), &["rev-parse", "HEAD"]).is_err());
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        for words in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "one"]] {
            git(temp.path(), &[&identity, words].concat()).unwrap();
        }
        assert_eq!(git(temp.path(), &["rev-parse", "HEAD"]).unwrap().len(), 40);
        let state_now = || state(&git(temp.path(), &["status", "--porcelain"]).unwrap());
        assert_eq!(state_now(), "clean");
        std::fs::write(temp.path().join("file"), "two").unwrap();
        std::fs::write(temp.path().join("new"), "").unwrap();
        assert_eq!(state_now(), "dirty: 1 changed, 1 untracked");
    }
}
