//! What kind of project a directory holds, and what could be measured in it.
//!
//! Called by `dyno init`. It looks at the directory, and asks cargo about a Rust crate, because
//! only cargo knows where its binaries end up. It writes nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde::Deserialize;

use crate::exit::UsageError;

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Project {
    /// A directory with a `Cargo.toml`.
    Rust(Crate),
    /// A directory with a `pyproject.toml` or a Python file.
    Python {
        /// The command that runs it, from the directory; `None` where there is nothing to run.
        command: Option<Vec<String>>,
    },
    /// Anything else.
    Other,
}

/// What cargo says of a crate or a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crate {
    /// The binaries; the one that `cargo run` would choose comes first.
    pub(super) binaries: Vec<String>,
    /// Where release builds end up, from the directory where that is possible.
    pub(super) release: PathBuf,
    /// Whether the directory itself is a package, so that it can have examples.
    pub(super) package: bool,
}

/// Looks at a directory, which is absolute.
///
/// # Errors
/// When cargo does not understand a `Cargo.toml` that is there, or the directory cannot be read.
pub(super) fn project(dir: &Path) -> anyhow::Result<Project> {
    if dir.join("Cargo.toml").exists() {
        return crate_in(dir).map(Project::Rust);
    }
    let mut files = Vec::new();
    let unreadable = || format!("cannot read `{}`", dir.display());
    for entry in std::fs::read_dir(dir).with_context(unreadable)? {
        files.extend(entry.with_context(unreadable)?.file_name().into_string());
    }
    files.sort();
    let is_python = |name: &String| name.ends_with(".py");
    if files.iter().any(is_python) || dir.join("pyproject.toml").exists() {
        return Ok(Project::Python { command: script(dir, &files) });
    }
    Ok(Project::Other)
}

/// The interpreter of a project: that of its virtual environment, if it has one.
pub(super) fn interpreter(dir: &Path) -> String {
    let own = ".venv/bin/python";
    if dir.join(own).exists() { own.to_owned() } else { "python3".to_owned() }
}

/// The command of a Python project: a package that can be run, else the script that looks most
/// like the main one.
fn script(dir: &Path, files: &[String]) -> Option<Vec<String>> {
    /// Files of tools and tests, and the worker that `dyno init` itself writes.
    const NO_SCRIPTS: [&str; 5] =
        ["setup.py", "conftest.py", "noxfile.py", "__init__.py", "worker.py"];
    let python = interpreter(dir);
    if let Some(package) = files.iter().find(|name| dir.join(name).join("__main__.py").exists()) {
        return Some(vec![python, "-m".to_owned(), package.clone()]);
    }
    let scripts = || {
        files.iter().filter(|name| {
            name.ends_with(".py")
                && !name.starts_with("test_")
                && !NO_SCRIPTS.contains(&name.as_str())
        })
    };
    let main = scripts().find(|name| ["__main__.py", "main.py", "app.py"].contains(&name.as_str()));
    let script = main.or_else(|| scripts().next())?;
    Some(vec![python, script.clone()])
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    default_run: Option<String>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

fn crate_in(dir: &Path) -> anyhow::Result<Crate> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(dir)
        .output()
        .context("cannot ask cargo about `Cargo.toml`; is cargo installed?")?;
    if !asked.status.success() {
        let why = String::from_utf8_lossy(&asked.stderr);
        let message = format!("cargo does not understand `Cargo.toml`:\n{}", why.trim_end());
        return Err(UsageError(message).into());
    }
    let metadata: Metadata =
        serde_json::from_slice(&asked.stdout).context("cannot read what `cargo metadata` says")?;
    Ok(known(dir, &metadata))
}

/// What of all that is meant by `dir`: packages beside it in a workspace are not.
fn known(dir: &Path, metadata: &Metadata) -> Crate {
    let here = || metadata.packages.iter().filter(|package| package.manifest_path.starts_with(dir));
    let is_binary = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
    let mut binaries: Vec<String> = here()
        .flat_map(|package| package.targets.iter().filter(is_binary))
        .map(|target| target.name.clone())
        .collect();
    let chosen = here().find_map(|package| package.default_run.clone());
    binaries.sort_by_key(|name| Some(name) != chosen.as_ref());
    Crate {
        binaries,
        release: from(dir, metadata).join("release"),
        package: here().any(|package| package.manifest_path == dir.join("Cargo.toml")),
    }
}

/// The target directory as seen from `dir`. One that lies in the workspace is named relative to
/// it, so that the suite means the same on every machine.
fn from(dir: &Path, metadata: &Metadata) -> PathBuf {
    let target = &metadata.target_directory;
    let inside = target.strip_prefix(&metadata.workspace_root);
    let below = dir.strip_prefix(&metadata.workspace_root);
    match (inside, below) {
        (Ok(inside), Ok(below)) => {
            let up: PathBuf = below.components().map(|_| "..").collect();
            up.join(inside)
        }
        _ => target.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(text: &str) -> Metadata {
        serde_json::from_str(text).unwrap()
    }

    const WORKSPACE: &str = r#"{"workspace_root": "/w", "target_directory": "/w/target", "packages": [
        {"manifest_path": "/w/Cargo.toml", "default_run": "b", "targets": [
            {"name": "lib", "kind": ["lib"]}, {"name": "a", "kind": ["bin"]},
            {"name": "b", "kind": ["bin"]}, {"name": "e", "kind": ["example"]}]},
        {"manifest_path": "/w/tools/gen/Cargo.toml", "default_run": null, "targets": [
            {"name": "gen", "kind": ["bin"]}]}]}"#;

    #[test]
    fn the_binary_that_cargo_would_run_comes_first() {
        let found = known(Path::new("/w"), &metadata(WORKSPACE));
        assert_eq!(found.binaries, ["b", "a", "gen"]);
        assert_eq!(found.release, Path::new("target/release"));
        assert!(found.package);
    }

    #[test]
    fn a_member_sees_its_own_binaries_and_the_common_target_directory() {
        let found = known(Path::new("/w/tools"), &metadata(WORKSPACE));
        assert_eq!(found.binaries, ["gen"]);
        assert_eq!(found.release, Path::new("../target/release"));
        assert!(!found.package);
    }

    #[test]
    fn a_target_directory_elsewhere_is_named_whole() {
        let text = WORKSPACE.replace("/w/target", "/fast/target");
        let found = known(Path::new("/w"), &metadata(&text));
        assert_eq!(found.release, Path::new("/fast/target/release"));
    }

    #[test]
    fn python_projects_are_run_as_people_run_them() {
        let dir = tempfile::tempdir().unwrap();
        let look = || match project(dir.path()).unwrap() {
            Project::Python { command } => command.unwrap_or_default().join(" "),
            other => panic!("{other:?}"),
        };
        assert_eq!(project(dir.path()).unwrap(), Project::Other);
        let write = |name: &str| std::fs::write(dir.path().join(name), "").unwrap();
        write("pyproject.toml");
        assert_eq!(look(), "");
        write("setup.py");
        write("test_tool.py");
        assert_eq!(look(), "");
        write("tool.py");
        assert_eq!(look(), "python3 tool.py");
        write("main.py");
        assert_eq!(look(), "python3 main.py");
        std::fs::create_dir_all(dir.path().join("tool")).unwrap();
        write("tool/__main__.py");
        assert_eq!(look(), "python3 -m tool");
        std::fs::create_dir_all(dir.path().join(".venv/bin")).unwrap();
        write(".venv/bin/python");
        assert_eq!(look(), ".venv/bin/python -m tool");
    }
}
