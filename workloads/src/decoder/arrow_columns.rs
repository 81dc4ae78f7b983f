//! Arrow columns of a segment: filled value by value, finished as a record batch, digested.
//!
//! The strategy `limit` decodes into them. Nulls are noted by their row and become a bitmap at the
//! end, because most columns have few or none.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Date32Array, Decimal64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Date32Type, Decimal64Type, Field, Int64Type, Schema};
use arrow::error::ArrowError;

use super::columns::{Digest, sum};
use super::date::Date;
use super::lineitem::{COLUMNS, SCHEMA, Type};

/// Digits of a decimal, and how many of them are behind the point.
const PRECISION: u8 = 18;
const SCALE: i8 = 2;

/// The columns of one segment while they are filled.
pub(super) struct Builder {
    pub(super) columns: [Column; COLUMNS],
}

/// One column while it is filled. Only the vectors of its type are used.
#[derive(Default)]
pub(super) struct Column {
    /// Integers, or hundredths.
    pub(super) numbers: Vec<i64>,
    /// Days since 1970-01-01.
    pub(super) days: Vec<i32>,
    /// All texts, and where each ends.
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Vec<i32>,
    /// Rows without a value, in order.
    pub(super) nulls: Vec<u32>,
}

impl Builder {
    /// Room for `rows` rows.
    pub(super) fn new(rows: usize) -> Self {
        let columns = SCHEMA.map(|(_, of)| {
            let mut column = Column::default();
            match of {
                Type::Integer | Type::Decimal => column.numbers.reserve_exact(rows),
                Type::Date => column.days.reserve_exact(rows),
                Type::Text => {
                    column.ends.reserve_exact(rows + 1);
                    column.ends.push(0);
                    column.bytes.reserve(8 * rows);
                }
            }
            column
        });
        Self { columns }
    }

    /// The batch of `rows` rows.
    ///
    /// # Errors
    /// When the columns are not as long as that.
    pub(super) fn finish(self, rows: usize) -> Result<RecordBatch, ArrowError> {
        let schema: Vec<_> = SCHEMA.iter().map(|(name, of)| field(name, *of)).collect();
        let columns: Result<Vec<_>, _> = self
            .columns
            .into_iter()
            .zip(&SCHEMA)
            .map(|(column, (_, of))| column.finish(*of, rows))
            .collect();
        RecordBatch::try_new(Arc::new(Schema::new(schema)), columns?)
    }
}

fn field(name: &str, of: Type) -> Field {
    let data_type = match of {
        Type::Integer => DataType::Int64,
        Type::Decimal => DataType::Decimal64(PRECISION, SCALE),
        Type::Date => DataType::Date32,
        Type::Text => DataType::Utf8,
    };
    Field::new(name, data_type, true)
}

impl Column {
    /// Notes that `row` has no value. Something stands in its place in the values.
    pub(super) fn push_null(&mut self, of: Type, row: u32) {
        self.nulls.push(row);
        match of {
            Type::Integer | Type::Decimal => self.numbers.push(0),
            Type::Date => self.days.push(0),
            Type::Text => self.end_text(),
        }
    }

    /// Ends a text, whose bytes were appended.
    pub(super) fn end_text(&mut self) {
        // OK because a segment has at most 256 MiB of JSON, and no text is longer than its JSON.
        self.ends.push(self.bytes.len() as i32);
    }

    fn finish(self, of: Type, rows: usize) -> Result<ArrayRef, ArrowError> {
        let nulls = (!self.nulls.is_empty()).then(|| {
            let mut valid = vec![u8::MAX; rows.div_ceil(8)];
            for row in &self.nulls {
                valid[*row as usize / 8] &= !(1 << (row % 8));
            }
            NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(valid), 0, rows))
        });
        Ok(match of {
            Type::Integer => Arc::new(Int64Array::try_new(self.numbers.into(), nulls)?),
            Type::Decimal => Arc::new(
                Decimal64Array::try_new(self.numbers.into(), nulls)?
                    .with_precision_and_scale(PRECISION, SCALE)?,
            ),
            Type::Date => Arc::new(Date32Array::try_new(self.days.into(), nulls)?),
            Type::Text => {
                let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
                Arc::new(StringArray::try_new(ends, Buffer::from_vec(self.bytes), nulls)?)
            }
        })
    }
}

/// Adds every value of a batch to its column's digest; `first_row` is the first row's number in
/// the whole result.
pub(super) fn digest(batch: &RecordBatch, first_row: u64, digest: &mut Digest) {
    for ((array, (_, of)), column) in batch.columns().iter().zip(&SCHEMA).zip(&mut digest.0) {
        let part = match of {
            Type::Integer => sum(
                first_row,
                array.as_primitive::<Int64Type>().iter().map(|value| value.map(i64::to_le_bytes)),
            ),
            Type::Decimal => sum(
                first_row,
                array
                    .as_primitive::<Decimal64Type>()
                    .iter()
                    .map(|value| value.map(i64::to_le_bytes)),
            ),
            Type::Date => sum(
                first_row,
                array
                    .as_primitive::<Date32Type>()
                    .iter()
                    .map(|days| days.map(|days| i64::from(days).to_le_bytes())),
            ),
            Type::Text => sum(first_row, array.as_string::<i32>().iter()),
        };
        *column = column.wrapping_add(part);
    }
}

/// A batch from columns that were decoded the careful way.
///
/// # Errors
/// When Arrow refuses them.
pub(super) fn from_columns(columns: &super::columns::Columns) -> Result<RecordBatch, ArrowError> {
    let rows = columns.rows() as usize;
    let mut builder = Builder::new(rows);
    for (index, column) in builder.columns.iter_mut().enumerate() {
        let of = SCHEMA[index].1;
        for row in 0..rows {
            let is_null = match of {
                Type::Integer | Type::Decimal => {
                    let value = columns.number(index, row);
                    value.map(|value| column.numbers.push(value)).is_none()
                }
                Type::Date => {
                    let value = columns.date(index, row);
                    value.map(|Date(days)| column.days.push(days)).is_none()
                }
                Type::Text => match columns.text(index, row) {
                    Some(text) => {
                        column.bytes.extend_from_slice(text.as_bytes());
                        column.end_text();
                        false
                    }
                    None => true,
                },
            };
            if is_null {
                column.push_null(of, row as u32);
            }
        }
    }
    builder.finish(rows)
}
