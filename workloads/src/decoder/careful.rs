//! The parser of every strategy but `limit`, and its last resort: serde_json, told the type of the
//! next value. No tree of the document is built: each value goes straight into its column, or to the
//! row that owns it.

mod sink;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, SeqAccess, Unexpected, Visitor};
use serde_json::Deserializer as Json;

use self::sink::{Own, Sink};
use super::arrow_columns::Builder;
use super::date::Date;
use super::numbers::{decimal, timestamp};
use super::schema::{Field, Type};
use super::value::{Row, Scalar};

/// Reads an array of rows into columns and says how many rows there are.
///
/// # Errors
/// What is wrong with the document, and where.
pub(super) fn columns(json: &[u8], builder: &mut Builder) -> Result<usize, serde_json::Error> {
    parse(json, builder)
}

/// Reads an array of rows; `rows` is how many are expected, a hint for memory.
///
/// # Errors
/// What is wrong with the document, and where.
pub(super) fn rows(
    json: &[u8],
    fields: &'static [Field],
    rows: usize,
) -> Result<Vec<Row>, serde_json::Error> {
    let mut owned = Owned { fields, rows: Vec::with_capacity(rows) };
    parse(json, &mut owned)?;
    Ok(owned.rows)
}

fn parse(json: &[u8], into: &mut impl TakesRows) -> Result<usize, serde_json::Error> {
    let mut json = Json::from_slice(json);
    let rows = Rows(into).deserialize(&mut json)?;
    json.end()?;
    Ok(rows)
}

/// What rows are read into.
trait TakesRows {
    /// The columns of a row.
    fn fields(&self) -> &'static [Field];

    /// Takes all values of a row.
    fn take<'de, A: SeqAccess<'de>>(&mut self, values: A) -> Result<(), A::Error>;
}

impl TakesRows for Builder {
    fn fields(&self) -> &'static [Field] {
        self.fields
    }

    fn take<'de, A: SeqAccess<'de>>(&mut self, values: A) -> Result<(), A::Error> {
        let cells = self.fields.iter().zip(&mut self.columns);
        let cells = cells.map(|(field, sink)| Cell { name: field.name, of: &field.of, sink });
        exactly(cells, values, drop)
    }
}

/// Rows that own their values.
struct Owned {
    fields: &'static [Field],
    rows: Vec<Row>,
}

impl TakesRows for Owned {
    fn fields(&self) -> &'static [Field] {
        self.fields
    }

    fn take<'de, A: SeqAccess<'de>>(&mut self, values: A) -> Result<(), A::Error> {
        let mut row = Row::with_capacity(self.fields.len());
        let cells = self.fields.iter();
        let cells = cells.map(|field| Cell { name: field.name, of: &field.of, sink: Own });
        exactly(cells, values, |value| row.push(value))?;
        self.rows.push(row);
        Ok(())
    }
}

/// Reads the array of all rows and counts them.
struct Rows<'r, R>(&'r mut R);

impl<'de, R: TakesRows> DeserializeSeed<'de> for Rows<'_, R> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, R: TakesRows> Visitor<'de> for Rows<'_, R> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while rows.next_element_seed(OneRow(&mut *self.0))?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

/// Reads one row, a value per column.
struct OneRow<'r, R>(&'r mut R);

impl<'de, R: TakesRows> DeserializeSeed<'de> for OneRow<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, R: TakesRows> Visitor<'de> for OneRow<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row, which is an array of {} values", self.0.fields().len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<(), A::Error> {
        self.0.take(values)
    }
}

/// Reads a value for each cell, which `keep` is given, and no more may be there.
fn exactly<'de, A: SeqAccess<'de>, S: Sink>(
    cells: impl ExactSizeIterator<Item = Cell<S>>,
    mut values: A,
    mut keep: impl FnMut(S::Kept),
) -> Result<(), A::Error> {
    let count = cells.len();
    for (index, cell) in cells.enumerate() {
        match values.next_element_seed(cell)? {
            Some(value) => keep(value),
            None => return Err(A::Error::custom(format!("a row of {index} values, not {count}"))),
        }
    }
    match values.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom(format!("a row of more than {count} values"))),
    }
}

/// Reads one value into its sink. The name is its column's.
struct Cell<S> {
    name: &'static str,
    of: &'static Type,
    sink: S,
}

impl<'de, S: Sink> DeserializeSeed<'de> for Cell<S> {
    type Value = S::Kept;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Kept, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for Cell<S> {
    type Value = S::Kept;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            Type::Boolean => f.write_str("true, false"),
            Type::Integer => f.write_str("an integer of 64 bits"),
            Type::Double => f.write_str("a number, \"NaN\", \"Infinity\", \"-Infinity\""),
            Type::Decimal { scale: 2, .. } => f.write_str("a string with a number of two decimals"),
            Type::Decimal { precision, scale } => {
                write!(f, "a string with a decimal of {precision} digits, {scale} behind the point")
            }
            Type::Date => f.write_str("a string with a date as 1996-03-13"),
            Type::Timestamp => f.write_str("a string with a time as 1996-03-13 17:04:59.000001"),
            Type::Text => f.write_str("a string"),
            Type::List(_) => f.write_str("an array"),
            Type::Row(fields) => write!(f, "an array of {} values", fields.len()),
        }?;
        write!(f, " or null for `{}`", self.name)
    }

    fn visit_unit<E: Error>(self) -> Result<S::Kept, E> {
        Ok(self.sink.scalar(Scalar::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<S::Kept, E> {
        match self.of {
            Type::Boolean => Ok(self.sink.scalar(Scalar::Boolean(value))),
            _ => Err(E::invalid_type(Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<S::Kept, E> {
        match self.of {
            Type::Integer => Ok(self.sink.scalar(Scalar::Integer(value))),
            Type::Double => Ok(self.sink.scalar(Scalar::Double(value as f64))),
            _ => Err(E::invalid_type(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<S::Kept, E> {
        match (self.of, i64::try_from(value)) {
            (Type::Double, _) => Ok(self.sink.scalar(Scalar::Double(value as f64))),
            (_, Ok(value)) => self.visit_i64(value),
            (_, Err(_)) => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<S::Kept, E> {
        match self.of {
            Type::Double => Ok(self.sink.scalar(Scalar::Double(value))),
            _ => Err(E::invalid_type(Unexpected::Float(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<S::Kept, E> {
        let value = match *self.of {
            Type::Text => Some(Scalar::Text(text)),
            Type::Decimal { precision, scale } => {
                decimal(text.as_bytes(), (precision, scale)).map(Scalar::Decimal)
            }
            Type::Date => Date::parse(text).map(|Date(days)| Scalar::Date(days)),
            Type::Timestamp => timestamp(text.as_bytes()).map(Scalar::Timestamp),
            Type::Double => special_double(text.as_bytes()).map(Scalar::Double),
            Type::Boolean | Type::Integer | Type::List(_) | Type::Row(_) => None,
        };
        match value {
            Some(value) => Ok(self.sink.scalar(value)),
            None => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<S::Kept, A::Error> {
        match self.of {
            Type::List(of) => self.sink.list((self.name, of), values),
            Type::Row(fields) => self.sink.row((self.name, fields), values),
            _ => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }
}

/// What JSON has no number for.
pub(super) fn special_double(text: &[u8]) -> Option<f64> {
    match text {
        b"NaN" => Some(f64::NAN),
        b"Infinity" => Some(f64::INFINITY),
        b"-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
