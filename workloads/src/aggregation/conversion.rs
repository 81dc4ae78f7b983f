//! The workload `conversion`: the text of measurements becomes a file of Parquet.
//!
//! What an engine that loads before it asks must pay, beside `aggregation`, which pays for asking
//! alone. `check` aggregates the file that was written, so its answer is that of the text.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;
use workload_api::{Answer, Context, Params, Prepared, Spec, Work, Workload, WorkloadError};

use super::{line, partitioned, row_groups, stats};
use crate::data::measurements_parquet::{self, RowGroup};
use crate::data::{DataDirectory, Measurements, MeasurementsFormat, PageCache, STATIONS_MAX};
use crate::params::{Declared, Word, integer, word_or};
use crate::workers::Workers;

/// Bytes of text that become a row group: about a million lines.
const GROUP_BYTES: u64 = 14 << 20;

/// Converts a file of measurements.
pub struct Conversion;

/// What the file of Parquet has beside its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statistics {
    None,
    Pages,
}

impl Word for Statistics {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("none", "no statistics", Self::None),
        ("pages", "smallest and largest value of each page and row group", Self::Pages),
    ];
}

impl Workload for Conversion {
    fn spec(&self) -> Spec {
        Spec {
            name: "conversion".to_owned(),
            about: "Makes a file of Parquet of the text of measurements.".to_owned(),
            params: vec![
                integer("rows", "Lines of the text.", (1, 1_000_000_000), Some(1_000_000)),
                integer("stations", "Stations in it.", (1, STATIONS_MAX as i64), Some(413)),
                word_or("statistics", "Statistics in the file.", Statistics::None),
                integer(
                    "workers",
                    "Threads. Not stated: as many as the process may use.",
                    (1, 1024),
                    None,
                ),
                word_or("page_cache", PageCache::ABOUT, PageCache::AsItIs),
            ],
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let directory = DataDirectory::from_environment();
        Ok(Box::new(prepare(params, context, &directory)?))
    }
}

pub(super) fn prepare(
    params: &Params,
    context: &Context,
    directory: &DataDirectory,
) -> Result<PreparedConversion, WorkloadError> {
    let spec = Conversion.spec();
    let declared = Declared::new(params, &spec)?;
    let recipe = Measurements::new(&declared, context.seed, MeasurementsFormat::Text)?;
    let workers = Workers::start(declared.threads("workers")?)?;
    let path = directory.ensure_with(&recipe, &workers, &|_| ())?;
    let page_cache: PageCache = declared.word("page_cache")?;
    Ok(PreparedConversion {
        recipe,
        statistics: declared.word("statistics")?,
        workers,
        page_cache,
        page_cache_share: page_cache.reach(&path)?,
        path,
        written: context.data_dir.join("measurements.parquet"),
    })
}

pub(super) struct PreparedConversion {
    recipe: Measurements,
    statistics: Statistics,
    workers: Workers,
    page_cache: PageCache,
    /// What was reached before the next run.
    page_cache_share: f64,
    path: PathBuf,
    written: PathBuf,
}

impl Prepared for PreparedConversion {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let statistics = self.statistics == Statistics::Pages;
        let bytes_in = convert(&self.path, &self.written, statistics, &self.workers)?;
        Ok(Work {
            rows: self.recipe.rows,
            bytes_in,
            bytes_out: fs::metadata(&self.written)
                .map_err(|error| WorkloadError::context("asking for the file's size", error))?
                .len(),
            metrics: vec![PageCache::metric(self.page_cache_share)],
        })
    }

    /// Also makes the page cache what it is to be before the next run.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        self.page_cache_share = self.page_cache.reach(&self.path)?;
        let summary = row_groups::naive(&self.written)?;
        super::refuse_other_than_asked(&summary, self.recipe.rows)?;
        let text = stats::text(&summary);
        Ok(Answer {
            rows: summary.len() as u64,
            digest: format!("text={:016x}", XxHash3_64::oneshot(text.as_bytes())),
            group: Some(self.recipe.group()),
        })
    }
}

/// Writes the lines of a file as Parquet and says how many bytes of text they were.
///
/// # Errors
/// When a file cannot be read or written, or a line is malformed.
fn convert(
    text: &Path,
    written: &Path,
    statistics: bool,
    workers: &Workers,
) -> Result<u64, WorkloadError> {
    let failed = |error| WorkloadError::context(&format!("reading {}", text.display()), error);
    let file = File::open(text).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let splits = workers.count().max(size.div_ceil(GROUP_BYTES) as usize);
    let ranges = partitioned::ranges(&file, size, splits).map_err(failed)?;
    let fill = |group: usize, rows: &mut RowGroup| {
        let range = &ranges[group];
        let mut lines = vec![0; (range.end - range.start) as usize];
        file.read_exact_at(&mut lines, range.start).map_err(failed)?;
        push_lines(&lines, range.start, rows)
    };
    measurements_parquet::write(written, (ranges.len(), statistics), workers, fill, &|_| ())?;
    Ok(size)
}

/// Pushes whole lines, the first of which begins at byte `offset` of the file.
fn push_lines(lines: &[u8], offset: u64, rows: &mut RowGroup) -> Result<(), WorkloadError> {
    let mut at = 0;
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let row = line::split(content).and_then(|(name, value)| {
            Some((std::str::from_utf8(name).ok()?, line::tenths(value)?))
        });
        let (name, tenths) = row.ok_or_else(|| line::malformed(content, offset + at))?;
        rows.push(name, tenths)
            .map_err(|error: io::Error| WorkloadError::context("encoding rows", error))?;
        at += line.len() as u64;
    }
    Ok(())
}
