//! The parser of every strategy but `limit`, and its last resort: serde_json, told the type of the
//! next value. No tree of the document is built; a row's values go to whoever wants them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, SeqAccess, Unexpected, Visitor};
use serde_json::Deserializer as Json;

use super::date::Date;
use super::numbers::{decimal, timestamp};
use super::schema::{Field, Type};
use super::value::{Row, Value};

/// Reads an array of rows and gives each to `take`, which may leave the memory of the row to the next
/// one.
///
/// # Errors
/// What is wrong with the document, and where.
pub(super) fn parse(
    json: &[u8],
    fields: &'static [Field],
    take: impl FnMut(&mut Row),
) -> Result<(), serde_json::Error> {
    let mut json = Json::from_slice(json);
    Rows { fields, take }.deserialize(&mut json)?;
    json.end()
}

/// Reads the array of all rows.
struct Rows<F> {
    fields: &'static [Field],
    take: F,
}

impl<'de, F: FnMut(&mut Row)> DeserializeSeed<'de> for Rows<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&mut Row)> Visitor<'de> for Rows<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<(), A::Error> {
        let fields = self.fields;
        let mut row = Row::with_capacity(fields.len());
        while rows.next_element_seed(OneRow { fields, row: &mut row })?.is_some() {
            (self.take)(&mut row);
            row.clear();
        }
        Ok(())
    }
}

/// Reads one row, a value per column.
struct OneRow<'r> {
    fields: &'static [Field],
    row: &'r mut Row,
}

impl<'de> DeserializeSeed<'de> for OneRow<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row, which is an array of {} values", self.fields.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let cells = self.fields.iter().map(|field| Cell { name: field.name, of: &field.of });
        exactly(self.fields.len(), cells, &mut values, self.row)
    }
}

/// Reads as many values as there are cells into `row`, and no more may be there.
fn exactly<'de, A: SeqAccess<'de>>(
    count: usize,
    cells: impl Iterator<Item = Cell>,
    values: &mut A,
    row: &mut Row,
) -> Result<(), A::Error> {
    for (index, cell) in cells.enumerate() {
        match values.next_element_seed(cell)? {
            Some(value) => row.push(value),
            None => return Err(A::Error::custom(format!("a row of {index} values, not {count}"))),
        }
    }
    match values.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom(format!("a row of more than {count} values"))),
    }
}

/// Reads one value. The name is its column's.
#[derive(Clone, Copy)]
struct Cell {
    name: &'static str,
    of: &'static Type,
}

impl<'de> DeserializeSeed<'de> for Cell {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell {
    type Value = Value;

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

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        match self.of {
            Type::Boolean => Ok(Value::Boolean(value)),
            _ => Err(E::invalid_type(Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        match self.of {
            Type::Integer => Ok(Value::Integer(value)),
            Type::Double => Ok(Value::Double(value as f64)),
            _ => Err(E::invalid_type(Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        match (self.of, i64::try_from(value)) {
            (Type::Double, _) => Ok(Value::Double(value as f64)),
            (_, Ok(value)) => self.visit_i64(value),
            (_, Err(_)) => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        match self.of {
            Type::Double => Ok(Value::Double(value)),
            _ => Err(E::invalid_type(Unexpected::Float(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let value = match *self.of {
            Type::Text => Some(Value::Text(text.to_owned())),
            Type::Decimal { precision, scale } => {
                decimal(text.as_bytes(), (precision, scale)).map(Value::Decimal)
            }
            Type::Date => Date::parse(text).map(|Date(days)| Value::Date(days)),
            Type::Timestamp => timestamp(text.as_bytes()).map(Value::Timestamp),
            Type::Double => special_double(text.as_bytes()).map(Value::Double),
            Type::Boolean | Type::Integer | Type::List(_) | Type::Row(_) => None,
        };
        value.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let Self { name, of } = self;
        match of {
            Type::List(of) => {
                let mut list = Vec::new();
                while let Some(value) = values.next_element_seed(Self { name, of })? {
                    list.push(value);
                }
                Ok(Value::List(list))
            }
            Type::Row(fields) => {
                let mut row = Row::with_capacity(fields.len());
                let cells = fields.iter().map(|field| Self { name, of: &field.of });
                exactly(fields.len(), cells, &mut values, &mut row)?;
                Ok(Value::Row(row))
            }
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
