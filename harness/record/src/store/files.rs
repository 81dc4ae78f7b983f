//! Files that appear whole or not at all, and the names of the files of a run.
//!
//! Called by the writer and by finishing. Nothing else in the store renames or syncs.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::StoreError;

/// Begins the name of a run's directory until there is something in it.
pub(super) const NEW: &str = ".new-";
/// Run info.
pub(super) const INFO: &str = "run.json";
/// Samples, one JSON line each, while the run is not complete.
pub(super) const JOURNAL: &str = "journal.jsonl";
/// Journal lines that failed their checksum.
pub(super) const DAMAGED: &str = "journal.damaged";
/// One row per value.
pub(super) const VALUES: &str = "values.parquet";
/// One row per sample.
pub(super) const SAMPLES: &str = "samples.parquet";
/// One row per case.
pub(super) const CASES: &str = "cases.parquet";

/// Profiles of cases, a directory.
pub(super) const PROFILES: &str = "profiles";

/// Which runs are baselines; in the store's own directory.
pub(super) const BASELINES: &str = "baselines.json";
/// Locked while something small is changed; in the store's own directory.
pub(super) const LOCK: &str = ".lock";

/// The name under which a file is written before it is renamed.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

/// Replaces a file: temporary name, sync, rename. A reader sees the old or the new content.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let scratch = temporary(path);
    let written = create_synced(&scratch, content);
    if let Err(source) = written {
        discard(&scratch);
        return Err(StoreError::io("write", path, source));
    }
    publish(path)
}

/// Refuses a JSON file whose `schema` is another one than this version knows.
pub(super) fn refuse_layout(path: &Path, text: &[u8], known: u32) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct Layout {
        schema: u32,
    }
    let layout: Result<Layout, _> = serde_json::from_slice(text);
    let Layout { schema } = layout.map_err(|e| StoreError::damaged(path, e.to_string()))?;
    if schema == known {
        return Ok(());
    }
    Err(StoreError::Schema { path: path.to_owned(), found: schema, known })
}

/// Renames the temporary file of `path` to `path` and syncs the directory.
pub(super) fn publish(path: &Path) -> Result<(), StoreError> {
    fs::rename(temporary(path), path).map_err(|e| StoreError::io("rename", path, e))?;
    sync_parent(path)
}

/// Makes renames and removals beside `path` survive a power cut.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    // A relative path of one part stands in the current directory, which has no empty name.
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let synced = File::open(parent).and_then(|directory| directory.sync_all());
    synced.map_err(|e| StoreError::io("sync", parent, e))
}

/// Removes a file that nobody needs, so that its space is free again. A failure to do so is of no
/// consequence: the next writer overwrites it.
pub(super) fn discard(path: &Path) {
    let _ = fs::remove_file(path);
}

fn create_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}
