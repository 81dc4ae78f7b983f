//! The workload `conversion`: the text of measurements becomes a file of Parquet.
//!
//! What an engine that loads before it asks must pay, beside `aggregation`, which pays for asking
//! alone. `check` aggregates the file that was written, so its answer is that of the text.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;
use workload_api::{Answer, Context, Params, Prepared, Spec, Work, Workload, WorkloadError};

use super::{line, partitioned, row_groups, stats};
use crate::data::measurements_parquet::{self, RowGroup};
use crate::data::{DataDirectory, Input, Measurements, MeasurementsFormat};
use crate::params::{Declared, Word, word_or};

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
            params: Input::params(vec![word_or(
                "statistics",
                "Statistics in the file of Parquet.",
                Statistics::None,
            )]),
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
    Ok(PreparedConversion {
        statistics: declared.word("statistics")?,
        input: Input::prepare(&declared, recipe, directory)?,
        written: context.data_dir.join("measurements.parquet"),
    })
}

pub(super) struct PreparedConversion {
    input: Input,
    statistics: Statistics,
    written: PathBuf,
}

impl Prepared for PreparedConversion {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let statistics = self.statistics == Statistics::Pages;
        let bytes_in = convert(&self.input, &self.written, statistics)?;
        Ok(Work {
            rows: self.input.recipe.rows,
            bytes_in,
            bytes_out: fs::metadata(&self.written)
                .map_err(|error| WorkloadError::context("asking for the file's size", error))?
                .len(),
            metrics: vec![self.input.page_cache_share()],
        })
    }

    /// Also makes the page cache what it is to be before the next run.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        self.input.settle()?;
        let summary = row_groups::naive(&self.written)?;
        super::refuse_other_than_asked(&summary, self.input.recipe.rows)?;
        let text = stats::text(&summary);
        Ok(Answer {
            rows: summary.len() as u64,
            digest: format!("text={:016x}", XxHash3_64::oneshot(text.as_bytes())),
            group: Some(self.input.recipe.group()),
        })
    }
}

/// Writes the lines of a file as Parquet and says how many bytes of text they were.
///
/// # Errors
/// When a file cannot be read or written, or a line is malformed.
fn convert(text: &Input, written: &Path, statistics: bool) -> Result<u64, WorkloadError> {
    let (failed, workers) = (|error| text.failed(error), &text.workers);
    let (file, size) = text.open()?;
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
