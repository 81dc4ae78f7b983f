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

/// A row of a result, a value per column.
pub(super) type Row = Vec<Value>;
