//! Where things lie: the workspace around a suite, and the store in it.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// The store: as told, else `results/` in the workspace around `start` (a suite or the current
/// directory).
///
/// # Errors
/// When the current directory cannot be read.
pub(crate) fn store_root(told: Option<&Path>, start: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(told) = told {
        return std::path::absolute(told).context("no absolute path of the store");
    }
    Ok(workspace(start)?.join("results"))
}

/// The workspace around `start`: the nearest directory upwards that holds `.git`, else the
/// outermost one that holds `Cargo.toml`, else the directory itself.
///
/// # Errors
/// When the current directory cannot be read.
pub(crate) fn workspace(start: Option<&Path>) -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let directory = match start.and_then(Path::parent) {
        Some(parent) => std::path::absolute(here.join(parent))?,
        None => here,
    };
    let git = directory.ancestors().find(|dir| dir.join(".git").exists());
    let cargo = directory.ancestors().filter(|dir| dir.join("Cargo.toml").exists()).last();
    Ok(git.or(cargo).unwrap_or(&directory).to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_store_lies_beside_the_workspace_of_the_suite() {
        let root = tempfile::tempdir().unwrap();
        let suites = root.path().join("a/configs");
        fs::create_dir_all(&suites).unwrap();
        fs::write(root.path().join("a/Cargo.toml"), "").unwrap();
        let suite = suites.join("x.toml");
        assert_eq!(store_root(None, Some(&suite)).unwrap(), root.path().join("a/results"));
        fs::create_dir_all(root.path().join(".git")).unwrap();
        assert_eq!(store_root(None, Some(&suite)).unwrap(), root.path().join("results"));
        assert_eq!(store_root(Some(Path::new("/x/y")), Some(&suite)).unwrap(), Path::new("/x/y"));
    }
}
