//! Where things lie: the workspace around a suite, and the store in it.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::exit::UsageError;

/// The store: as told, else `results/` in the workspace around `start` (a suite or the current
/// directory).
///
/// # Errors
/// When the current directory cannot be read, or a store was told that cannot be one: its path or
/// the nearest part of it that exists is no directory.
pub(crate) fn store_root(told: Option<&Path>, start: Option<&Path>) -> anyhow::Result<PathBuf> {
    let Some(told) = told else { return Ok(workspace(start)?.join("results")) };
    let root = std::path::absolute(told).context("no absolute path of the store")?;
    match root.ancestors().find(|path| path.exists()) {
        Some(there) if !there.is_dir() => Err(UsageError(format!(
            "`--store` (or DYNO_STORE) cannot be `{}`: `{}` is no directory",
            told.display(),
            there.display()
        ))
        .into()),
        _ => Ok(root),
    }
}

/// Where things lie that can be made again.
///
/// # Errors
/// When neither `XDG_CACHE_HOME` nor `HOME` says where.
pub(crate) fn cache_root() -> anyhow::Result<PathBuf> {
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = of("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| of("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let cache = cache.context("neither XDG_CACHE_HOME nor HOME says where caches lie")?;
    Ok(std::path::absolute(cache)?.join("dyno"))
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

    #[test]
    fn a_store_that_is_a_file_is_refused_by_the_name_of_its_option() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        for told in [file.clone(), file.join("inside")] {
            let error = store_root(Some(&told), None).unwrap_err();
            let expect = format!(
                "`--store` (or DYNO_STORE) cannot be `{}`: `{}` is no directory",
                told.display(),
                file.display()
            );
            assert_eq!(error.to_string(), expect);
            assert!(error.is::<UsageError>());
        }
    }
}
