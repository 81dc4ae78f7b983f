//! Baselines: names for runs that later runs are held against, kept in `baselines.json`.
//!
//! A baseline is a pointer and holds no sample: saving it again moves the pointer, and the run
//! that it was stays in the store.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, edit, files, is_run_name};
use crate::RunId;

/// Version of the file's layout.
const SCHEMA: u32 = 1;

/// The file.
#[derive(Serialize, Deserialize)]
struct Kept {
    schema: u32,
    baselines: BTreeMap<String, RunId>,
}

impl Store {
    /// The baselines by name.
    ///
    /// # Errors
    /// When `baselines.json` cannot be read or says something else.
    pub fn baselines(&self) -> Result<BTreeMap<String, RunId>, StoreError> {
        let path = self.root().join(files::BASELINES);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(e) => return Err(StoreError::io("read", &path, e)),
        };
        let kept: Kept =
            serde_json::from_slice(&text).map_err(|e| StoreError::damaged(&path, e.to_string()))?;
        if kept.schema != SCHEMA {
            return Err(StoreError::Schema { path, found: kept.schema, known: SCHEMA });
        }
        Ok(kept.baselines)
    }

    /// Keeps a run as the baseline `name` and says which run that was before, if any.
    ///
    /// # Errors
    /// When the name could not be told from other names of runs, the run does not exist, or the
    /// disk refuses; the baselines are then as they were.
    pub fn save_baseline(&self, name: &str, id: &RunId) -> Result<Option<RunId>, StoreError> {
        self.check_baseline(name)?;
        self.existing(id)?;
        let _edits = edit::lock_edits(self.root())?;
        let mut baselines = self.baselines()?;
        let before = baselines.insert(name.to_owned(), id.clone());
        let path = self.root().join(files::BASELINES);
        let mut text = serde_json::to_vec_pretty(&Kept { schema: SCHEMA, baselines })
            .map_err(|e| StoreError::io("encode", &path, io::Error::from(e)))?;
        text.push(b'\n');
        files::replace(&path, &text)?;
        Ok(before)
    }

    /// Whether a baseline could have that name, for asking before hours of measuring.
    ///
    /// # Errors
    /// When it could not be told from other names of runs.
    pub fn check_baseline(&self, name: &str) -> Result<(), StoreError> {
        let refused = |why| Err(StoreError::BadBaseline { name: name.to_owned(), why });
        if !is_run_name(name) {
            return refused("allowed are letters, digits, `-`, `_` and inner `.`");
        }
        if ["last", "latest"].contains(&name) {
            return refused("it means the newest run");
        }
        if self.root().join(name).exists() {
            return refused("a run has that name");
        }
        Ok(())
    }
}
