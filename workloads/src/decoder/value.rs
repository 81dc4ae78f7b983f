//! A value of a row: what a client that hands rows to its caller owns. Text owns its bytes, and
//! arrays and rows own what is in them.

use serde::{Deserialize, Serialize};

/// One value of any type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    /// In units of the last place.
    Decimal(i128),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01.
    Timestamp(i64),
    Text(String),
    List(Vec<Value>),
    Row(Vec<Value>),
}

/// A value that is not nested, as a parser has it: text stands where it was read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'t> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Decimal(i128),
    Date(i32),
    Timestamp(i64),
    Text(&'t str),
}

impl From<Scalar<'_>> for Value {
    fn from(value: Scalar<'_>) -> Self {
        match value {
            Scalar::Null => Self::Null,
            Scalar::Boolean(value) => Self::Boolean(value),
            Scalar::Integer(value) => Self::Integer(value),
            Scalar::Double(value) => Self::Double(value),
            Scalar::Decimal(units) => Self::Decimal(units),
            Scalar::Date(days) => Self::Date(days),
            Scalar::Timestamp(micros) => Self::Timestamp(micros),
            Scalar::Text(text) => Self::Text(text.to_owned()),
        }
    }
}

/// A row of a result, a value per column.
pub(super) type Row = Vec<Value>;
