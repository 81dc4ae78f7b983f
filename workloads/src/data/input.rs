//! The file of measurements as the input of a workload: the parameters that `aggregation`,
//! `conversion` and `reading` share, and what their `prepare` does with them.
//!
//! It knows no way of reading; what a line is stands in `aggregation`.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use workload_api::{Metric, ParamSpec, WorkloadError};

use super::{DataDirectory, Measurements, PageCache};
use crate::params::{Declared, threads};
use crate::workers::Workers;

/// A file of measurements, and who reads it.
pub(crate) struct Input {
    pub(crate) recipe: Measurements,
    pub(crate) workers: Workers,
    pub(crate) path: PathBuf,
    page_cache: PageCache,
    /// What was reached before the next run.
    page_cache_share: f64,
}

impl Input {
    /// The declarations: what the file is, what a workload adds of its `own`, and how it is read.
    pub(crate) fn params(own: Vec<ParamSpec>) -> Vec<ParamSpec> {
        let how = [threads("Threads."), PageCache::param()];
        Measurements::size_params().into_iter().chain(own).chain(how).collect()
    }

    /// Makes the file of a recipe or finds it again, and starts the workers.
    ///
    /// # Errors
    /// When it cannot be made, or they cannot be started.
    pub(crate) fn prepare(
        declared: &Declared<'_>,
        recipe: Measurements,
        directory: &DataDirectory,
    ) -> Result<Self, WorkloadError> {
        let workers = Workers::start(declared.threads("workers")?)?;
        let path = directory.ensure_with(&recipe, &workers, &|_| ())?;
        let page_cache: PageCache = declared.word("page_cache")?;
        let page_cache_share = page_cache.reach(&path)?;
        Ok(Self { recipe, workers, path, page_cache, page_cache_share })
    }

    /// Opens the file and says how many bytes it has.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(&self) -> Result<(File, u64), WorkloadError> {
        let file = File::open(&self.path).map_err(|error| self.failed(error))?;
        let bytes = file.metadata().map_err(|error| self.failed(error))?.len();
        Ok((file, bytes))
    }

    /// The error of reading the file.
    pub(crate) fn failed(&self, error: io::Error) -> WorkloadError {
        WorkloadError::context(&format!("reading {}", self.path.display()), error)
    }

    /// Makes the page cache what it is to be before the next run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn settle(&mut self) -> Result<(), WorkloadError> {
        self.page_cache_share = self.page_cache.reach(&self.path)?;
        Ok(())
    }

    /// The metric of what the page cache held before the run.
    pub(crate) fn page_cache_share(&self) -> Metric {
        PageCache::metric(self.page_cache_share)
    }
}
