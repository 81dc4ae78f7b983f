//! What a segment's columns are called and hold: the types of the protocol that are decoded, and the
//! shapes of rows that are made of them.

use serde::{Deserialize, Serialize};

use super::{lineitem, nested};
use crate::params::Word;

/// What the values of a column are, how they stand in JSON, and what they become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// `true` or `false`.
    Boolean,
    /// A JSON number; 64 bits.
    Integer,
    /// A JSON number, or one of the strings "NaN", "Infinity" and "-Infinity".
    Double,
    /// A string with all its places, for instance "17.00".
    Decimal { precision: u8, scale: u8 },
    /// A string, for instance "1996-03-13"; days since 1970-01-01.
    Date,
    /// A string, for instance "1996-03-13 17:04:59.000001"; microseconds since 1970, no time zone.
    Timestamp,
    /// A string.
    Text,
    /// An array of any length.
    List(&'static Type),
    /// An array with a value per field, each of its own type.
    Row(&'static [Field]),
}

/// A column, or a field of a row within a row. Every one may hold nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) of: Type,
}

/// Short for a field in a table of fields.
pub(super) const fn field(name: &'static str, of: Type) -> Field {
    Field { name, of }
}

/// The rows of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Shape {
    Lineitem,
    Nested,
}

impl Word for Shape {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        (
            "lineitem",
            "16 columns like those of TPC-H: integers, decimals, dates, texts",
            Self::Lineitem,
        ),
        (
            "nested",
            "every type that is decoded: doubles, timestamps, arrays and rows too",
            Self::Nested,
        ),
    ];
}

impl Shape {
    /// The columns.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Lineitem => &lineitem::SCHEMA,
            Self::Nested => &nested::SCHEMA,
        }
    }

    /// A JSON array of `rows` rows; see [`super::result::segment_json`].
    pub(super) fn json(self, seed: u64, segment: u64, rows: u64) -> Vec<u8> {
        match self {
            Self::Lineitem => lineitem::json(seed, segment, rows),
            Self::Nested => nested::json(seed, segment, rows),
        }
    }
}
