//! The gates of a store, beside its runs: `gates/NAME/pairs.jsonl` while pairs are measured, and
//! `gate.json` when it has ended.
//!
//! Called by `dyno gate`. A gate without its `gate.json` was interrupted; nothing resumes it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::remove::{directories, length};
use super::{Store, StoreError, files};
use crate::RunId;
use crate::gate::{Gate, Unit};

/// The directory of all gates, in the store's own directory.
const GATES: &str = "gates";
/// One line per process pair.
const PAIRS: &str = "pairs.jsonl";
/// What was decided.
const GATE: &str = "gate.json";

/// A gate that lies in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct GateEntry {
    /// Its name, which is its directory's.
    pub id: RunId,
    /// What was decided; `None` where it was interrupted, or cannot be read.
    pub gate: Option<Gate>,
    /// The length of everything in it, in bytes.
    pub bytes: u64,
}

/// A gate that is being measured.
#[derive(Debug)]
pub struct GateWriter {
    directory: PathBuf,
    pairs: File,
}

impl Store {
    /// Opens a gate that nobody else has: its name, and where its pairs go.
    ///
    /// # Errors
    /// When its directory or its journal cannot be made.
    pub fn open_gate(&self, suite: &str, now_ns: i64) -> Result<(RunId, GateWriter), StoreError> {
        let gates = self.root().join(GATES);
        fs::create_dir_all(&gates).map_err(|e| StoreError::io("create", &gates, e))?;
        loop {
            let id = RunId::fresh(suite, now_ns, |name| gates.join(name).exists());
            let directory = gates.join(id.as_str());
            match fs::create_dir(&directory) {
                // Another dyno was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::io("create", &directory, error)),
                Ok(()) => {
                    let path = directory.join(PAIRS);
                    let pairs = File::create_new(&path);
                    let pairs = pairs.map_err(|e| StoreError::io("create", &path, e))?;
                    // Nobody removes it while it grows.
                    pairs.lock().map_err(|e| StoreError::io("lock", &path, e))?;
                    return Ok((id, GateWriter { directory, pairs }));
                }
            }
        }
    }

    /// Every gate of the store, the oldest first, those that are measured now included.
    ///
    /// # Errors
    /// When the directory of all gates is there and cannot be listed.
    pub fn gate_entries(&self) -> Result<Vec<GateEntry>, StoreError> {
        let mut entries = Vec::new();
        for (name, path) in directories(&self.root().join(GATES))? {
            let text = fs::read_to_string(path.join(GATE)).ok();
            let gate = text.and_then(|text| serde_json::from_str(&text).ok());
            entries.push(GateEntry { id: RunId::new(name), gate, bytes: length(&path)? });
        }
        entries.sort_by(|one, other| one.id.by_time().cmp(&other.id.by_time()));
        Ok(entries)
    }

    /// Where everything of a gate lies.
    pub fn gate_directory(&self, id: &RunId) -> PathBuf {
        self.root().join(GATES).join(id.as_str())
    }

    /// Whether a process measures the gate now.
    pub fn is_gate_measured(&self, id: &RunId) -> bool {
        let pairs = File::open(self.gate_directory(id).join(PAIRS));
        pairs.is_ok_and(|pairs| matches!(pairs.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Removes a gate with everything in its directory.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when a process measures it; others when the system refuses.
    pub fn remove_gate(&self, id: &RunId) -> Result<(), StoreError> {
        let directory = self.gate_directory(id);
        if self.is_gate_measured(id) {
            return Err(StoreError::Busy { path: directory });
        }
        fs::remove_dir_all(&directory).map_err(|e| StoreError::io("remove", &directory, e))
    }

    /// The gates of a suite that have ended, the oldest first, `most` at most. One that cannot be
    /// read is left out: they only tell a trend.
    ///
    /// # Errors
    /// When the directory of all gates is there and cannot be listed.
    pub fn gates(&self, suite: &str, most: usize) -> Result<Vec<Gate>, StoreError> {
        let directory = self.root().join(GATES);
        let entries = match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| StoreError::io("list", &directory, e))?,
        };
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path().join(GATE))).collect();
        // Names begin with their time.
        paths.sort();
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path).ok()?;
            serde_json::from_str::<Gate>(&text).ok().filter(|gate| gate.suite.name == suite)
        };
        let mut gates: Vec<Gate> = paths.iter().rev().filter_map(read).take(most).collect();
        gates.reverse();
        Ok(gates)
    }
}

impl GateWriter {
    /// Where it is kept.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps one pair, before the next one begins.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&mut self, unit: &Unit) -> Result<(), StoreError> {
        let path = self.directory.join(PAIRS);
        let mut line =
            serde_json::to_vec(unit).map_err(|e| StoreError::damaged(&path, e.to_string()))?;
        line.push(b'\n');
        self.pairs.write_all(&line).map_err(|e| StoreError::io("write", &path, e))
    }

    /// Keeps what was decided.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self, gate: &Gate) -> Result<PathBuf, StoreError> {
        let path = self.directory.join(GATE);
        let mut text = serde_json::to_vec_pretty(gate)
            .map_err(|e| StoreError::damaged(&path, e.to_string()))?;
        text.push(b'\n');
        files::replace(&path, &text)?;
        Ok(path)
    }
}
