//! A parser for segments as servers write them: rows without blanks, values of the expected types.
//!
//! `limit` tries it first. It knows the type of the next value and reads eight or 32 bytes at
//! once. Whatever it does not expect, from a blank to an error, makes it give up, and the careful
//! parser says what the segment is. So it accepts only what that one accepts, with the same values.

use arrow::array::RecordBatch;

use super::arrow_columns::{Builder, Column, Values};
use super::cursor::Cursor;
use super::schema::{Field, Type};
use super::value::{Row, Value};

/// Bytes that must follow the JSON, whatever they are.
pub(super) const PADDING: usize = 32;

/// The columns of the array of rows that is `text` without its last [`PADDING`] bytes, about `rows`
/// rows; `None` if something is not as it usually is.
pub(super) fn columns(text: &[u8], fields: &'static [Field], rows: usize) -> Option<RecordBatch> {
    let mut builder = Builder::new(fields, rows);
    let rows = each_row(text, |cursor| cursor.row_columns(&mut builder.columns))?;
    // Texts were not looked at yet: that they are UTF-8 is found here, a column at a time.
    builder.finish(rows).ok()
}

/// The same as rows.
pub(super) fn rows(text: &[u8], fields: &'static [Field], rows: usize) -> Option<Vec<Row>> {
    let (mut done, mut scratch) = (Vec::with_capacity(rows), Vec::new());
    each_row(text, |cursor| {
        done.push(cursor.row(fields, &mut scratch)?);
        Some(())
    })?;
    Some(done)
}

/// How many rows there are, each of which `row` reads from its bracket to its bracket.
fn each_row(text: &[u8], mut row: impl FnMut(&mut Cursor<'_>) -> Option<()>) -> Option<usize> {
    let end = text.len().checked_sub(PADDING)?;
    let (mut cursor, mut rows) = (Cursor::new(text), 0);
    cursor.list(|cursor, before| {
        cursor.expect(before)?;
        row(cursor)?;
        rows += 1;
        Some(())
    })?;
    (cursor.at() == end).then_some(rows)
}

impl Cursor<'_> {
    /// Reads a value into its column. Inlined, so that what is not nested costs no call.
    #[inline(always)]
    fn column(&mut self, before: u8, column: &mut Column) -> Option<()> {
        if self.is_null_after(before)? {
            self.skip_null();
            column.push_null();
            return Some(());
        }
        match &mut column.values {
            Values::Booleans(values) => values.push(self.boolean()?),
            Values::Integers(values) => values.push(self.integer()?),
            Values::Doubles(values) => values.push(self.apart(Self::double)?),
            Values::Decimals(values, (_, 2)) => values.push(self.hundredths()?),
            Values::Decimals(values, of) => {
                values.push(self.apart(|cursor| cursor.decimal(*of))? as i64)
            }
            Values::LongDecimals(values, of) => {
                values.push(self.apart(|cursor| cursor.decimal(*of))?)
            }
            Values::Dates(values) => values.push(self.date()?),
            Values::Timestamps(values) => values.push(self.apart(Self::timestamp)?),
            Values::Texts(texts) => {
                self.text(&mut texts.bytes)?;
                texts.end();
            }
            Values::Lists { ends, items } => {
                self.apart(|cursor| cursor.list_column(ends, items))?
            }
            Values::Rows { columns, .. } => self.apart(|cursor| cursor.row_columns(columns))?,
        }
        Some(())
    }

    #[inline(never)]
    fn list_column(&mut self, ends: &mut Vec<i32>, items: &mut Column) -> Option<()> {
        self.list(|cursor, before| cursor.column(before, items))?;
        ends.push(items.len() as i32);
        Some(())
    }

    /// Reads a row, or a row within one, a value into each column.
    #[inline(never)]
    fn row_columns(&mut self, columns: &mut [Column]) -> Option<()> {
        let (mut cursor, mut before) = (*self, b'[');
        for column in columns {
            cursor.column(before, column)?;
            before = b',';
        }
        cursor.expect(b']')?;
        *self = cursor;
        Some(())
    }

    /// Reads a row, or a row within one.
    fn row(&mut self, fields: &'static [Field], scratch: &mut Vec<u8>) -> Option<Row> {
        let mut row = Row::with_capacity(fields.len());
        let mut before = b'[';
        for field in fields {
            row.push(self.value((before, &field.of), scratch)?);
            before = b',';
        }
        self.expect(b']')?;
        Some(row)
    }

    /// Reads a value. Texts are gathered in `scratch`, which is only kept for its memory.
    fn value(&mut self, (before, of): (u8, &'static Type), scratch: &mut Vec<u8>) -> Option<Value> {
        if self.is_null_after(before)? {
            self.skip_null();
            return Some(Value::Null);
        }
        Some(match *of {
            Type::Boolean => Value::Boolean(self.boolean()?),
            Type::Integer => Value::Integer(self.integer()?),
            Type::Double => Value::Double(self.double()?),
            Type::Decimal { precision: ..=18, scale: 2 } => {
                Value::Decimal(self.hundredths()?.into())
            }
            Type::Decimal { precision, scale } => Value::Decimal(self.decimal((precision, scale))?),
            Type::Date => Value::Date(self.date()?),
            Type::Timestamp => Value::Timestamp(self.timestamp()?),
            Type::Text => {
                scratch.clear();
                self.text(scratch)?;
                Value::Text(std::str::from_utf8(scratch).ok()?.to_owned())
            }
            Type::List(of) => {
                let mut list = Vec::new();
                self.list(|cursor, before| {
                    list.push(cursor.value((before, of), scratch)?);
                    Some(())
                })?;
                Value::List(list)
            }
            Type::Row(fields) => Value::Row(self.row(fields, scratch)?),
        })
    }
}
