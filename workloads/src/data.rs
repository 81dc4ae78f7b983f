//! Input data that outlives a worker: made once from a recipe, found again by its name, checked by
//! its fingerprint.
//!
//! Workloads ask for a dataset in `prepare`, and `dyno data` lists, builds, verifies and removes
//! them. A dataset is one file or a folder of files. It gets its name only when it is whole, so
//! workers that run at the same time or are killed may waste work here but never see half of one.

mod fingerprint;
mod input;
mod mapping;
mod measurements;
mod page_cache;
mod random;
mod stations;
mod taxi;
mod text;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use workload_api::{Params, Spec, WorkloadError};

use self::fingerprint::Fingerprint;
use crate::workers::Workers;

pub(crate) use self::input::Input;
pub(crate) use self::mapping::{Mapping, page_bytes};
pub(crate) use self::measurements::parquet as measurements_parquet;
pub(crate) use self::measurements::{Format as MeasurementsFormat, Recipe as Measurements};
pub(crate) use self::page_cache::PageCache;
pub(crate) use self::random::Random;
pub(crate) use self::taxi::{Format as TaxiFormat, MONTHS as TAXI_MONTHS, Recipe as Taxi};
pub(crate) use self::write::FileWriter;

/// The variable that names the directory of datasets.
pub const DIRECTORY_VAR: &str = "DYNO_DATA";

/// Extension of the file beside a dataset that holds its fingerprint.
const FINGERPRINT_EXTENSION: &str = "xxh3";

/// Every kind of dataset, one file each.
pub const KINDS: &[&dyn DatasetKind] =
    &[&measurements::Kind, &taxi::Kind, &crate::decoder::dataset::Kind];

/// A kind of dataset: what may be chosen, and the recipe of a choice.
pub trait DatasetKind: Sync {
    /// Name, meaning and parameters, as of a workload.
    fn spec(&self) -> Spec;

    /// The dataset of these parameters.
    ///
    /// # Errors
    /// A message for the person who chose them.
    fn dataset(&self, params: &Params, seed: u64) -> Result<Box<dyn Dataset>, WorkloadError>;
}

/// All that determines some data.
pub trait Dataset: Sync {
    /// The name, which says all that determines the content.
    fn name(&self) -> String;

    /// About how many bytes it has, before it is there.
    fn bytes_about(&self) -> u64;

    /// Rows in all of it.
    fn rows(&self) -> u64;

    /// Makes it.
    ///
    /// # Errors
    /// When something cannot be written.
    fn write(&self, out: &Output<'_>) -> io::Result<()>;
}

/// Where a dataset is to be written, and by whom.
pub struct Output<'a> {
    path: &'a Path,
    workers: &'a Workers,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Output<'_> {
    /// Where the dataset, file or folder, is to be.
    pub(crate) fn path(&self) -> &Path {
        self.path
    }

    /// The file that is the whole dataset.
    pub(crate) fn file(&self) -> io::Result<FileWriter<'_>> {
        FileWriter::create(self.path, self.workers, self.progress)
    }

    /// Makes `count` files of a folder that is the whole dataset, each by one thread, which is
    /// given the folder and the number of its file and says how many bytes it wrote.
    pub(crate) fn folder(
        &self,
        count: usize,
        make: impl Fn(&Path, usize) -> io::Result<u64> + Sync,
    ) -> io::Result<()> {
        let written = AtomicU64::new(0);
        let made = self.workers.map(count, |index| {
            let bytes = make(self.path, index).map_err(|e| WorkloadError::new(e.to_string()))?;
            (self.progress)(written.fetch_add(bytes, Ordering::Relaxed) + bytes);
            Ok(())
        });
        made.map(drop).map_err(io::Error::other)
    }
}

/// A directory of datasets.
#[derive(Clone, Debug)]
pub struct DataDirectory(PathBuf);

/// A dataset that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Whether a whole dataset of that size was once finished here. What is left of a killed
    /// build, or was changed since, is not.
    pub whole: bool,
}

impl DataDirectory {
    /// This directory.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// That of `DYNO_DATA`, else `dyno-data` in the system's temporary directory.
    pub fn from_environment() -> Self {
        match std::env::var_os(DIRECTORY_VAR) {
            Some(path) if !path.is_empty() => Self(path.into()),
            _ => Self(std::env::temp_dir().join("dyno-data")),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a dataset, which is made now unless it is there with the size that its
    /// fingerprint says; `threads` make it. `progress` is told the bytes written so far, by any
    /// thread.
    ///
    /// # Errors
    /// When there is not enough room, or something cannot be written.
    pub fn ensure(
        &self,
        dataset: &dyn Dataset,
        threads: usize,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<PathBuf, WorkloadError> {
        self.ensure_with(dataset, &Workers::start(threads)?, progress)
    }

    pub(crate) fn ensure_with(
        &self,
        dataset: &dyn Dataset,
        workers: &Workers,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<PathBuf, WorkloadError> {
        let (name, failed) = (dataset.name(), |error: io::Error| {
            let doing = format!("preparing data in {}", self.0.display());
            WorkloadError::context(&doing, error)
        });
        let path = self.0.join(&name);
        if self.is_whole(&name).is_some() {
            return Ok(path);
        }
        fs::create_dir_all(&self.0).map_err(failed)?;
        self.refuse_without_room(dataset.bytes_about())?;
        let temporary = Temporary::new(&self.0, &name);
        dataset.write(&Output { path: &temporary.0, workers, progress }).map_err(failed)?;
        let fingerprint = Fingerprint::of(&temporary.0, workers).map_err(failed)?;
        // A name must never stand for something that is not there, nor a fingerprint for another
        // content: the old fingerprint goes first, the new one comes last.
        remove(&self.sidecar(&name)).and_then(|()| remove(&path)).map_err(failed)?;
        fs::rename(&temporary.0, &path).map_err(failed)?;
        let text = Temporary::new(&self.0, &name);
        fs::write(&text.0, fingerprint.to_string())
            .and_then(|()| fs::rename(&text.0, self.sidecar(&name)))
            .map_err(failed)?;
        Ok(path)
    }

    /// All datasets, by name; what is left of killed builds too.
    ///
    /// # Errors
    /// When the directory is there and cannot be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let listing = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing?,
        };
        let mut entries = Vec::new();
        for file in listing {
            let file = file?;
            let Ok(name) = file.file_name().into_string() else { continue };
            if Path::new(&name).extension().is_some_and(|end| end == FINGERPRINT_EXTENSION) {
                continue;
            }
            let whole = self.is_whole(&name).is_some();
            entries.push(Entry { bytes: fingerprint::size(&file.path())?, whole, name });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Reads a dataset again and says whether it still has its fingerprint; `None` when there is
    /// no such dataset.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn verify(&self, name: &str, threads: usize) -> Result<Option<bool>, WorkloadError> {
        let Some(expected) = self.fingerprint(name) else { return Ok(None) };
        let workers = Workers::start(threads)?;
        let path = self.0.join(name);
        let found = Fingerprint::of(&path, &workers).map_err(|error| {
            WorkloadError::context(&format!("reading {}", path.display()), error)
        })?;
        Ok(Some(found == expected))
    }

    /// Removes a dataset, or what is left of one.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        remove(&self.sidecar(name))?;
        remove(&self.0.join(name))
    }

    fn sidecar(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.{FINGERPRINT_EXTENSION}"))
    }

    fn fingerprint(&self, name: &str) -> Option<Fingerprint> {
        fs::read_to_string(self.sidecar(name)).ok()?.parse().ok()
    }

    /// The fingerprint of a dataset that has the size it says. Hashing the content again would
    /// take longer than many a measurement.
    fn is_whole(&self, name: &str) -> Option<Fingerprint> {
        let fingerprint = self.fingerprint(name)?;
        let size = fingerprint::size(&self.0.join(name)).ok()?;
        (size == fingerprint.bytes()).then_some(fingerprint)
    }

    fn refuse_without_room(&self, wanted: u64) -> Result<(), WorkloadError> {
        let stat = rustix::fs::statvfs(&self.0).map_err(|error| {
            WorkloadError::context(&format!("asking for room in {}", self.0.display()), error)
        })?;
        let free = stat.f_bavail * stat.f_frsize;
        if wanted <= free {
            return Ok(());
        }
        let mebibytes = |bytes: u64| bytes >> 20;
        Err(WorkloadError::new(format!(
            "the data needs about {} MiB, and {} has {} MiB left: make room, choose fewer rows, or \
             name another directory with --data-dir or {DIRECTORY_VAR}",
            mebibytes(wanted),
            self.0.display(),
            mebibytes(free)
        )))
    }
}

/// Removes a file or a folder that need not be there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A name of this process alone. What is left under it is removed in the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(directory: &Path, name: &str) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        Self(directory.join(format!(".{name}.{process}-{count}.tmp")))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a success nothing is there any more; after a failure that error is the news.
        let _ = remove(&self.0);
    }
}

#[cfg(test)]
mod tests;
