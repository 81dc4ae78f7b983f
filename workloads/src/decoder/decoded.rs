//! What a segment is decoded to, and who takes it: a consumer that keeps all of it until the answer
//! is checked, or drops each segment when it has the next one.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

use super::arrow_columns::{self, Builder};
use super::careful;
use super::digest::Digest;
use super::schema::{Field, Shape};
use super::value::Row;
use crate::params::Word;

/// What is made of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Output {
    Columns,
    Rows,
}

impl Word for Output {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("columns", "Arrow columns", Self::Columns),
        ("rows", "rows of values that each own what they hold", Self::Rows),
    ];
}

/// The decoded rows of one segment.
#[derive(Debug, PartialEq)]
pub(super) enum Decoded {
    Columns(RecordBatch),
    Rows(Vec<Row>),
}

/// What to decode, and what into.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) shape: Shape,
    pub(super) output: Output,
}

impl Target {
    /// The rows of a shape as Arrow columns.
    pub(super) fn columns(shape: Shape) -> Self {
        Self { shape, output: Output::Columns }
    }

    /// The columns of a row.
    pub(super) fn fields(self) -> &'static [Field] {
        self.shape.fields()
    }

    /// Reads a document the careful way. `rows` is how many are expected, a hint for memory.
    ///
    /// # Errors
    /// What is wrong with the document, and where.
    pub(super) fn parse(self, json: &[u8], rows: usize) -> Result<Decoded, String> {
        let wrong = |error| format!("not rows of JSON: {error}");
        let refused = |error| format!("no Arrow columns: {error}");
        Ok(match self.output {
            Output::Rows => Decoded::Rows(careful::rows(json, self.fields(), rows).map_err(wrong)?),
            Output::Columns => {
                let mut builder = Builder::new(self.fields(), rows);
                let found = careful::columns(json, &mut builder).map_err(wrong)?;
                Decoded::Columns(builder.finish(found).map_err(refused)?)
            }
        })
    }
}

impl Decoded {
    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        match self {
            Self::Columns(batch) => batch.num_rows() as u64,
            Self::Rows(rows) => rows.len() as u64,
        }
    }

    /// Adds every value to its column's digest; `first_row` is the first row's number in the whole
    /// result.
    pub(super) fn digest(&self, fields: &'static [Field], first_row: u64) -> Digest {
        let mut digest = Digest::new(fields);
        match self {
            Self::Columns(batch) => {
                for (column, (array, field)) in batch.columns().iter().zip(fields).enumerate() {
                    for row in 0..batch.num_rows() {
                        let value = arrow_columns::value(array, &field.of, row);
                        digest.add(column, first_row + row as u64, &value);
                    }
                }
            }
            Self::Rows(rows) => {
                for (number, row) in (first_row..).zip(rows) {
                    for (column, value) in row.iter().enumerate() {
                        digest.add(column, number, value);
                    }
                }
            }
        }
        digest
    }
}

/// How many rows a segment was decoded to, or what is wrong with it. One bad segment says nothing
/// of those beside it.
pub(super) type Outcome = Result<u64, String>;

/// What becomes of the rows of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    All,
    None,
}

impl Word for Keep {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("all", "are kept until the answer is checked", Self::All),
        (
            "none",
            "are dropped when the next segment is there; the last ones are checked",
            Self::None,
        ),
    ];
}

/// Takes decoded segments from any thread.
pub(super) struct Consumer {
    keep: Keep,
    held: Mutex<Vec<(usize, Decoded)>>,
}

impl Consumer {
    /// One that holds nothing yet.
    pub(super) fn new(keep: Keep) -> Self {
        Self { keep, held: Mutex::default() }
    }

    /// Takes segment `number`.
    pub(super) fn take(&self, number: usize, decoded: Result<Decoded, String>) -> Outcome {
        let decoded = decoded?;
        let rows = decoded.rows();
        let mut held = self.held();
        let dropped = if self.keep == Keep::None { mem::take(&mut *held) } else { Vec::new() };
        held.push((number, decoded));
        drop(held);
        // Freeing many rows takes time; nobody need wait for it.
        drop(dropped);
        Ok(rows)
    }

    /// What is held now, each with its segment's number.
    pub(super) fn held(&self) -> MutexGuard<'_, Vec<(usize, Decoded)>> {
        // A lock poisoned by a panic still holds whole segments; the panic itself is passed on.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
