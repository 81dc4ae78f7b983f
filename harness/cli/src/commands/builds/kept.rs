//! What the cache of builds holds, for `dyno prune`: executables, and the trees of suites that name
//! none. A dyno that needs one again builds it again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;

use crate::place;

/// Something that was built and is kept.
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// When it was used last, in ns since the Unix epoch.
    pub(crate) used_ns: i64,
}

impl Kept {
    /// Removes it. A tree that is gone is no trouble to git.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn remove(&self) -> anyhow::Result<()> {
        let removed = match self.path.is_dir() {
            true => fs::remove_dir_all(&self.path),
            false => fs::remove_file(&self.path),
        };
        removed.with_context(|| format!("cannot remove `{}`", self.path.display()))
    }
}

/// Everything that is kept, sorted by path.
///
/// # Errors
/// When there is no place for a cache.
pub(crate) fn kept() -> anyhow::Result<Vec<Kept>> {
    let cache = place::cache_root()?.join("gate");
    let mut paths: Vec<PathBuf> =
        ["exe", "trees"].iter().flat_map(|name| entries(&cache.join(name))).collect();
    paths.sort();
    Ok(paths.into_iter().map(described).collect())
}

fn described(path: PathBuf) -> Kept {
    let changed = fs::metadata(&path).and_then(|data| data.modified()).ok();
    let since = changed.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let used_ns = since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0);
    Kept { bytes: length(&path), path, used_ns }
}

/// The length of all files under `path`, links not followed; what cannot be read counts nothing.
fn length(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => entries(path).iter().map(|path| length(path)).sum(),
        Ok(data) => data.len(),
        Err(_) => 0,
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
