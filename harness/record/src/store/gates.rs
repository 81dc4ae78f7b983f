//! The gates of a store, beside its runs: `gates/NAME/pairs.jsonl` while pairs are measured, and
//! `gate.json` when it has ended.
//!
//! Called by `dyno gate`. A gate without its `gate.json` was interrupted; nothing resumes it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Store, StoreError, files};
use crate::RunId;
use crate::gate::{Gate, Unit};

/// The directory of all gates, in the store's own directory.
const GATES: &str = "gates";
/// One line per process pair.
const PAIRS: &str = "pairs.jsonl";
/// What was decided.
const GATE: &str = "gate.json";

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
                    return Ok((id, GateWriter { directory, pairs }));
                }
            }
        }
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
