//! Taxi trips of the year 2019: twelve months, each a file in a directory that says which.
//!
//! `taxi` and `dyno data` ask for them, as CSV with the header of the real files or as Parquet. Trips
//! are drawn in chunks with a seed each, so a month depends on the recipe alone and not on threads.

mod csv;
mod parquet;
mod trip;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use workload_api::{Params, Spec, WorkloadError};

use self::trip::Draw;
use super::{Dataset, DatasetKind, Output};
use crate::params::{Declared, Word, integer, word_or};

/// Version of the data: part of a folder's name, so that a change of the generator makes new files.
const VERSION: u32 = 1;

/// Months, and files.
pub(crate) const MONTHS: u64 = 12;

/// Trips drawn from one seed; also the rows of a row group.
const CHUNK_ROWS: u64 = 1 << 17;

/// The format of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Parquet,
}

impl Word for Format {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("csv", "text with the header of the real files", Self::Csv),
        ("parquet", "Snappy, dictionaries, row groups of 131,072 rows", Self::Parquet),
    ];
}

impl Format {
    fn extension(self) -> &'static str {
        self.word()
    }
}

/// The kind of data of the chapter "Parallel Query Execution".
pub(super) struct Kind;

impl DatasetKind for Kind {
    fn spec(&self) -> Spec {
        Spec {
            name: "taxi".to_owned(),
            about: "Taxi trips of 2019, a file a month in directories that name it.".to_owned(),
            params: Recipe::params(),
        }
    }

    fn dataset(&self, params: &Params, seed: u64) -> Result<Box<dyn Dataset>, WorkloadError> {
        let spec = self.spec();
        let declared = Declared::new(params, &spec)?;
        Ok(Box::new(Recipe::new(&declared, seed)?))
    }
}

/// What determines the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(crate) rows: u64,
    pub(crate) seed: u64,
    pub(crate) quoted: u64,
    pub(crate) format: Format,
}

impl Recipe {
    /// What may be chosen.
    pub(crate) fn params() -> Vec<workload_api::ParamSpec> {
        vec![
            integer("rows", "Trips of all months.", (12, 1_000_000_000), Some(1_200_000)),
            integer(
                "quoted",
                "Of a thousand trips, so many have a text in quotes with newlines in it.",
                (0, 1000),
                Some(0),
            ),
            word_or("format", "Format of the files.", Format::Csv),
        ]
    }

    /// From the parameters above.
    ///
    /// # Errors
    /// When one has no value.
    pub(crate) fn new(declared: &Declared<'_>, seed: u64) -> Result<Self, WorkloadError> {
        Ok(Self {
            rows: declared.required("rows")?,
            seed,
            quoted: declared.required("quoted")?,
            format: declared.word("format")?,
        })
    }

    /// Trips of a month, which is 1 to 12.
    pub(crate) fn rows_of(&self, month: u64) -> u64 {
        self.rows * month / MONTHS - self.rows * (month - 1) / MONTHS
    }

    /// The file of a month within the folder.
    pub(crate) fn file(&self, month: u64) -> PathBuf {
        let directory = Path::new("year=2019").join(format!("month={month}"));
        directory.join(format!("tripdata.{}", self.format.extension()))
    }

    fn write_month(&self, path: &Path, month: u64) -> io::Result<u64> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let draw = Draw::new(self, month);
        match self.format {
            Format::Parquet => parquet::write(path, &draw),
            Format::Csv => csv::write(path, &draw),
        }
    }
}

impl Dataset for Recipe {
    fn name(&self) -> String {
        let Self { rows, seed, quoted, format } = self;
        let format = format.extension();
        format!("taxi-v{VERSION}-rows{rows}-seed{seed}-quoted{quoted}-{format}")
    }

    fn bytes_about(&self) -> u64 {
        match self.format {
            Format::Csv => self.rows * (90 * 1000 + 100 * self.quoted) / 1000 + MONTHS * 250,
            Format::Parquet => self.rows * 25 + MONTHS * 20_000,
        }
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn write(&self, out: &Output<'_>) -> io::Result<()> {
        fs::create_dir_all(out.path)?;
        out.folder(MONTHS as usize, |folder, index| {
            let month = index as u64 + 1;
            self.write_month(&folder.join(self.file(month)), month)
        })
    }
}

#[cfg(test)]
mod tests;
