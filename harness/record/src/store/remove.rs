//! Removing runs, and what a killed run left beside them.
//!
//! Called by `dyno prune` through `Store`. It never removes what somebody is writing, and nothing
//! that is not a run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::writer::lock_unfinished;
use super::{Store, StoreError, files, is_run_name};
use crate::RunId;

/// Where workers write, when a suite does not say where: one directory per run.
const WORK: &str = ".work";

/// How the directory of a run is called while it is removed. No run has such a name, so a removal
/// that was killed leaves no half run.
const REMOVED: &str = ".removed-";

/// Something that a killed process left in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The directory.
    pub path: PathBuf,
    /// The length of everything in it, in bytes.
    pub bytes: u64,
}

impl Store {
    /// The directory in which workers write, when a suite does not say where. Each run has a
    /// directory of its own in it, with the run's name.
    pub fn work_dir(&self) -> PathBuf {
        self.root().join(WORK)
    }

    /// The length of all files of a run, in bytes.
    ///
    /// # Errors
    /// When there is no such run or it cannot be read.
    pub fn size(&self, id: &RunId) -> Result<u64, StoreError> {
        length(&self.existing(id)?)
    }

    /// Whether a process is writing the run now.
    ///
    /// # Errors
    /// When its journal cannot be opened.
    pub fn is_written(&self, id: &RunId) -> Result<bool, StoreError> {
        match lock_unfinished(&self.directory(id)?) {
            Ok(_) => Ok(false),
            Err(StoreError::Busy { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Removes a run with everything in its directory.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when a process is writing it; others when it is no run, or the system
    /// refuses.
    pub fn remove(&self, id: &RunId) -> Result<(), StoreError> {
        let directory = self.existing(id)?;
        if self.entry(id.clone()).is_none() || directory.is_symlink() {
            return Err(StoreError::damaged(&directory, "it is no run; nothing is removed"));
        }
        // Held until the end, so that nobody resumes what is going away.
        let _journal = lock_unfinished(&directory)?;
        let doomed = self.root().join(format!("{REMOVED}{id}"));
        fs::rename(&directory, &doomed).map_err(|e| StoreError::io("remove", &directory, e))?;
        remove_all(&doomed)
    }

    /// What killed processes left: data directories of runs that nobody writes, runs that were not
    /// quite begun, and removals that were not completed. Sorted by path.
    ///
    /// # Errors
    /// When a directory cannot be read.
    pub fn leftovers(&self) -> Result<Vec<Leftover>, StoreError> {
        let mut found = Vec::new();
        for (name, path) in directories(&self.work_dir())? {
            let id = RunId::new(name);
            let is_free = !self.is_gate_measured(&id);
            if is_run_name(id.as_str()) && is_free && !self.is_written(&id)? {
                found.push(path);
            }
        }
        for (name, path) in directories(self.root())? {
            let begun = [REMOVED, files::NEW].iter().find_map(|prefix| name.strip_prefix(prefix));
            if begun.is_some_and(is_run_name) {
                found.push(path);
            }
        }
        found.sort();
        found.into_iter().map(|path| Ok(Leftover { bytes: length(&path)?, path })).collect()
    }

    /// Removes a leftover, as [`Store::leftovers`] has found it.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when its run was resumed in the meantime; others when the system
    /// refuses.
    pub fn remove_leftover(&self, leftover: &Leftover) -> Result<(), StoreError> {
        let name = leftover.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Held until the end, so that nobody resumes the run and loses its data directory.
        let _journal = match is_run_name(name) {
            true => lock_unfinished(&self.root().join(name))?,
            // A run that another process is just beginning is locked too.
            false => lock_unfinished(&leftover.path)?,
        };
        remove_all(&leftover.path)
    }
}

fn remove_all(path: &Path) -> Result<(), StoreError> {
    fs::remove_dir_all(path).map_err(|e| StoreError::io("remove", path, e))
}

/// The directories in a directory, links left out. One that does not exist is empty.
pub(super) fn directories(path: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let unreadable = |e| StoreError::io("read", path, e);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unreadable(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        if entry.file_type().map_err(unreadable)?.is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

/// The length of all files under `path`, links not followed.
pub(super) fn length(path: &Path) -> Result<u64, StoreError> {
    let unreadable = |e| StoreError::io("measure", path, e);
    let metadata = fs::symlink_metadata(path).map_err(unreadable)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    let mut total = 0;
    for entry in fs::read_dir(path).map_err(unreadable)? {
        total += length(&entry.map_err(unreadable)?.path())?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::super::RunWriter;
    use super::super::tests::fixture;
    use super::*;

    #[test]
    fn a_directory_that_is_no_run_is_never_removed() {
        let root = tempfile::tempdir().unwrap();
        let mine = root.path().join("20261122-093015-quick");
        fs::create_dir_all(&mine).unwrap();
        fs::write(mine.join("thesis.tex"), "years").unwrap();
        let store = Store::open(root.path());
        let error = store.remove(&RunId::new("20261122-093015-quick")).unwrap_err().to_string();
        assert!(error.ends_with("it is no run; nothing is removed"), "{error}");
        assert!(mine.join("thesis.tex").exists());
        assert!(store.leftovers().unwrap().is_empty());
    }

    #[test]
    fn leftovers_are_found_by_name_and_links_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let dead = root.path().join(".work/20261122-093015-quick");
        let half = root.path().join(".removed-20261122-093016-quick");
        for directory in [&dead, &half, &root.path().join("notes")] {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join("part-0"), [0; 10]).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("/", root.path().join(".work/link")).unwrap();
        let store = Store::open(root.path());
        let found = store.leftovers().unwrap();
        let paths: Vec<_> = found.iter().map(|one| (one.path.as_path(), one.bytes)).collect();
        assert_eq!(paths, [(half.as_path(), 10), (dead.as_path(), 10)]);
        for leftover in &found {
            store.remove_leftover(leftover).unwrap();
        }
        assert!(!dead.exists() && !half.exists() && root.path().join("notes/part-0").exists());
    }

    #[test]
    fn a_run_goes_away_whole() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path());
        let info = fixture::info("r");
        let writer = RunWriter::create(&store, &info).unwrap();
        assert!(store.is_written(&info.id).unwrap());
        assert!(matches!(store.remove(&info.id), Err(StoreError::Busy { .. })));
        drop(writer);
        assert!(!store.is_written(&info.id).unwrap());
        assert!(store.size(&info.id).unwrap() > 0);
        store.remove(&info.id).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }
}
