//! The store: a directory of runs, each a journal while it is measured and Parquet afterwards.
//!
//! The engine writes through `RunWriter`, everybody else reads through `Store`. The layout is
//! described in `docs/store.md`. Nothing here knows what a number means.

mod baselines;
mod edit;
mod error;
mod files;
mod finish;
mod gates;
mod journal;
mod profiles;
mod remove;
mod resolve;
mod tables;
mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub use error::StoreError;
pub use gates::{GateEntry, GateWriter};
pub use remove::Leftover;
pub use writer::{Recovery, RunWriter};

use crate::{RunId, RunInfo, Sample, Step};

/// A directory of runs.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// A run as a listing shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEntry {
    /// Its name, which is its directory's.
    pub id: RunId,
    /// Whether it can be read.
    pub state: State,
    /// Its `run.json`; `None` where that cannot be read.
    pub info: Option<RunInfo>,
}

impl RunEntry {
    /// The step of an optimisation history that the run stands for.
    pub fn step(&self) -> Option<&Step> {
        self.info.as_ref().and_then(|info| info.step.as_ref())
    }

    /// The name that a person gave to the run.
    pub fn label(&self) -> Option<&str> {
        self.info.as_ref().and_then(|info| info.label.as_deref())
    }
}

/// What a run's directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Parquet; the run ended.
    Complete,
    /// A journal; the run goes on, or was killed and can be resumed.
    Unfinished,
    /// Neither can be read, and why.
    Damaged(String),
}

/// A run with its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// What is known about the run.
    pub info: RunInfo,
    /// Every sample in the order in which it was taken.
    pub samples: Vec<Sample>,
    /// Whether the run ended; otherwise this is what the journal held.
    pub complete: bool,
    /// What a reader of this run should be told: half-written or garbled lines left out.
    pub notes: Vec<String>,
}

impl Store {
    /// The store in the directory `root`, which need not exist yet.
    pub fn open(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A name for a run of `suite` that begins now (`now_ns` since the Unix epoch) and that no
    /// run of this store has.
    pub fn fresh_id(&self, suite: &str, now_ns: i64) -> RunId {
        RunId::fresh(suite, now_ns, |name| self.root.join(name).exists())
    }

    /// Every run, sorted by name, which is by time. A store that does not exist is empty.
    ///
    /// # Errors
    /// When the directory cannot be read. A single bad run is an entry, not an error.
    pub fn runs(&self) -> Result<Vec<RunEntry>, StoreError> {
        let unreadable = |e| StoreError::io("read", &self.root, e);
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(unreadable(e)),
        };
        let mut runs = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            // A directory with a name that no run can have is not ours.
            let id = name.to_str().map(RunId::new).filter(|id| is_run_name(id.as_str()));
            runs.extend(id.and_then(|id| self.entry(id)));
        }
        runs.sort_by(|a, b| a.id.by_time().cmp(&b.id.by_time()));
        Ok(runs)
    }

    /// The run that a person means by `name`: its name, a baseline, a label or a step (the
    /// newest run that has it), the unique beginning of a name, `last`, `latest`, or `last~1` for the one before.
    /// `None` is `last`. Damaged runs are never the last, nor are runs of profiles alone, which have
    /// no numbers to show.
    ///
    /// # Errors
    /// When no run or several are meant; the message lists what is there.
    pub fn resolve(&self, name: Option<&str>) -> Result<RunId, StoreError> {
        self.resolve_among(name, &|id| !self.is_profiles_alone(id))
    }

    /// The same among the runs with profiles: `last` is the last one that has some.
    ///
    /// # Errors
    /// As [`Store::resolve`].
    pub fn resolve_profiled(&self, name: Option<&str>) -> Result<RunId, StoreError> {
        self.resolve_among(name, &|id| self.has_profiles(id))
    }

    fn resolve_among(
        &self,
        name: Option<&str>,
        counts: &dyn Fn(&RunId) -> bool,
    ) -> Result<RunId, StoreError> {
        let (runs, baselines) = (self.runs()?, self.baselines()?);
        let there = resolve::There { root: &self.root, runs: &runs, baselines: &baselines };
        there.resolve(name.unwrap_or("last"), counts)
    }

    /// A run with all its samples, from Parquet when it is complete and from the journal before.
    ///
    /// # Errors
    /// When the run does not exist or its files cannot be read.
    pub fn read(&self, id: &RunId) -> Result<StoredRun, StoreError> {
        let directory = self.existing(id)?;
        let journal = directory.join(files::JOURNAL);
        match File::open(&journal) {
            Ok(file) => {
                let contents = writer::Contents::read(&mut journal::Reader::new(&journal, file))?;
                let notes = contents.notes();
                let info = read_info(&directory)?;
                Ok(StoredRun { info, samples: contents.samples, complete: false, notes })
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                // The journal goes last, so `run.json` and the tables are final here.
                let info = read_info(&directory)?;
                let samples = tables::read::samples(&directory)?;
                Ok(StoredRun { info, samples, complete: true, notes: Vec::new() })
            }
            Err(e) => Err(StoreError::io("open", &journal, e)),
        }
    }

    /// The directory of a run.
    ///
    /// # Errors
    /// When the name is not a plain directory name.
    pub fn directory(&self, id: &RunId) -> Result<PathBuf, StoreError> {
        if is_run_name(id.as_str()) {
            Ok(self.root.join(id.as_str()))
        } else {
            Err(StoreError::BadName { name: id.to_string() })
        }
    }

    /// The directory of a run that is there; the error says which ones are.
    fn existing(&self, id: &RunId) -> Result<PathBuf, StoreError> {
        let directory = self.directory(id)?;
        if directory.is_dir() {
            return Ok(directory);
        }
        let (runs, baselines) = (self.runs()?, BTreeMap::new());
        let there = resolve::There { root: &self.root, runs: &runs, baselines: &baselines };
        Err(there.missing(id.as_str()))
    }

    /// The entry of one directory; `None` when it is no run at all.
    fn entry(&self, id: RunId) -> Option<RunEntry> {
        let directory = self.root.join(id.as_str());
        let has = |name: &str| directory.join(name).exists();
        let journal = has(files::JOURNAL);
        if !journal && !has(files::INFO) && !has(files::VALUES) {
            return None;
        }
        let (state, info) = match read_info(&directory) {
            Err(why) => (State::Damaged(with_sources(&why)), None),
            Ok(info) if info.id != id => {
                let why = format!("its {} is that of run {}", files::INFO, info.id);
                (State::Damaged(why), None)
            }
            Ok(info) if journal => (State::Unfinished, Some(info)),
            Ok(info) => match finish::TABLES.iter().find(|table| !has(table)) {
                Some(table) => (State::Damaged(format!("it has no {table}")), Some(info)),
                None => (State::Complete, Some(info)),
            },
        };
        Some(RunEntry { id, state, info })
    }
}

/// Reads `run.json` and refuses layouts that this version does not know.
fn read_info(directory: &Path) -> Result<RunInfo, StoreError> {
    let path = directory.join(files::INFO);
    let text = fs::read(&path).map_err(|e| StoreError::io("read", &path, e))?;
    let damaged = |e: serde_json::Error| StoreError::damaged(&path, e.to_string());
    files::refuse_layout(&path, &text, RunInfo::SCHEMA)?;
    serde_json::from_slice(&text).map_err(damaged)
}

/// Replaces `run.json`.
fn write_info(directory: &Path, info: &RunInfo) -> Result<(), StoreError> {
    let path = directory.join(files::INFO);
    let mut text = serde_json::to_vec_pretty(info)
        .map_err(|e| StoreError::io("encode", &path, io::Error::from(e)))?;
    text.push(b'\n');
    files::replace(&path, &text)
}

/// Whether a name is a plain directory name on every system, and no hidden one.
fn is_run_name(name: &str) -> bool {
    const LENGTH_MAX: usize = 200;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    !name.is_empty()
        && name.len() <= LENGTH_MAX
        && !name.starts_with('.')
        && name.chars().all(plain)
}

/// An error with its causes in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
