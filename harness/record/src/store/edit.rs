//! Small changes of what the store says, one at a time: what a run is called, which baselines
//! there are.
//!
//! Called by the command line. Samples are never changed; see `writer` for those.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use super::{Store, StoreError, files, read_info, write_info, writer};
use crate::{RunId, RunInfo};

impl Store {
    /// Changes what a run says of itself (label, step, warnings) and gives back the new text.
    /// Works for runs that ended and for those that were interrupted; a reader sees the old
    /// `run.json` or the new one. The run's name, the layout and the cases stay as they are.
    ///
    /// # Errors
    /// When the run does not exist, another dyno is measuring it, or the disk refuses; then
    /// nothing has changed.
    pub fn update_info(
        &self,
        id: &RunId,
        change: impl FnOnce(&mut RunInfo),
    ) -> Result<RunInfo, StoreError> {
        let directory = self.existing(id)?;
        let _edits = lock_edits(self.root())?;
        // A writer keeps its own copy of the info and would overwrite ours with it.
        let _journal = writer::lock_unfinished(&directory)?;
        let old = read_info(&directory)?;
        let mut new = old.clone();
        change(&mut new);
        (new.id, new.schema, new.cases) = (old.id, old.schema, old.cases);
        write_info(&directory, &new)?;
        Ok(new)
    }
}

/// Keeps every other edit of this store waiting until the file is dropped.
pub(super) fn lock_edits(root: &Path) -> Result<File, StoreError> {
    fs::create_dir_all(root).map_err(|e| StoreError::io("create", root, e))?;
    let path = root.join(files::LOCK);
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    let file = opened.map_err(|e| StoreError::io("open", &path, e))?;
    file.lock().map_err(|e| StoreError::io("lock", &path, e))?;
    Ok(file)
}
