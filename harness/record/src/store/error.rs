//! What can go wrong with a store, in one enum. Every message names the file or the run.
//!
//! Returned by everything in `store`; the command line turns it into an exit code.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done, for instance `open`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No space or no quota left. What was appended before stays in the journal.
    #[error(
        "disk full while writing {}; {saved} samples are safe in the journal: \
         make room, then resume the run",
        path.display()
    )]
    DiskFull {
        /// The file that did not fit.
        path: PathBuf,
        /// Samples that are whole on disk.
        saved: u64,
        /// The system's reason.
        source: io::Error,
    },
    /// An append failed and could not be taken back, or a sync failed.
    #[error("the end of {} is uncertain; resume the run", path.display())]
    Broken {
        /// The journal.
        path: PathBuf,
    },
    /// There is a run of that name already.
    #[error("{} exists already", path.display())]
    Exists {
        /// The run's directory.
        path: PathBuf,
    },
    /// Another process holds the run's journal.
    #[error("another dyno is writing {}", path.display())]
    Busy {
        /// The run's directory.
        path: PathBuf,
    },
    /// The run ended long ago.
    #[error("run {} is complete; there is nothing to resume", path.display())]
    Complete {
        /// The run's directory.
        path: PathBuf,
    },
    /// No run is called that.
    #[error("no run `{name}` in {}{hint}", root.display())]
    NoRun {
        /// What was asked for.
        name: String,
        /// The store.
        root: PathBuf,
        /// The nearest name and what is there.
        hint: String,
    },
    /// Several runs begin like that.
    #[error("run `{name}` is ambiguous: {}", matches.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The runs that it could mean.
        matches: Vec<String>,
    },
    /// A name that is no plain directory name.
    #[error("`{name}` cannot name a run: allowed are letters, digits, `-`, `_` and inner `.`")]
    BadName {
        /// The name.
        name: String,
    },
    /// A name under which no baseline can be kept.
    #[error("`{name}` cannot name a baseline: {why}")]
    BadBaseline {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A baseline whose run was removed.
    #[error("baseline `{name}` is run {run}, which is not in {}", root.display())]
    LostBaseline {
        /// The baseline.
        name: String,
        /// The run that it was.
        run: String,
        /// The store.
        root: PathBuf,
    },
    /// Written by a later dyno.
    #[error("{} has layout {found}; this dyno reads layout {known}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The layout that this version knows.
        known: u32,
    },
    /// A file is there but does not say what it should.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A value that is no number cannot be stored.
    #[error("metric `{metric}` of case `{case}` is {value}; only finite numbers can be stored")]
    NotFinite {
        /// The case.
        case: String,
        /// The metric.
        metric: String,
        /// What it was.
        value: f64,
    },
    /// A Parquet file could not be written or read.
    #[error("cannot {action} {}", path.display())]
    Parquet {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ParquetError,
    },
}

impl StoreError {
    /// An error of the operating system; a full disk becomes [`StoreError::DiskFull`].
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        if is_full(&source) {
            return Self::DiskFull { path, saved: 0, source };
        }
        Self::Io { action, path, source }
    }

    /// An error of the parquet crate, unwrapped where it is one of the operating system.
    pub(super) fn parquet(action: &'static str, path: &Path, source: ParquetError) -> Self {
        let path = path.to_path_buf();
        match source {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => Self::io(action, &path, *source),
                Err(inner) => Self::Parquet { action, path, source: ParquetError::External(inner) },
            },
            source => Self::Parquet { action, path, source },
        }
    }

    /// The error of a file that does not say what it should.
    pub(super) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), why: why.into() }
    }

    /// Says how many samples are safe, where the disk was full.
    pub(super) fn with_saved(self, saved: u64) -> Self {
        match self {
            Self::DiskFull { path, source, .. } => Self::DiskFull { path, saved, source },
            other => other,
        }
    }
}

/// Whether the disk or the quota is used up.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
