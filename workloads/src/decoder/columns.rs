//! Typed columns, filled from the JSON of a segment, and their digest.
//!
//! Every strategy decodes into [`Columns`]. Values go from the parser straight into their column;
//! no tree of the document is built.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::Deserializer as Json;

use super::date::Date;
use super::lineitem::{COLUMNS, SCHEMA, Type};

/// The decoded rows of one segment, column by column.
#[derive(Debug, PartialEq)]
pub(super) struct Columns {
    rows: u64,
    columns: Vec<Column>,
}

/// Values of one type. Numbers are what they are, decimals are hundredths.
#[derive(Debug, PartialEq)]
enum Column {
    Integer(Vec<Option<i64>>),
    Decimal(Vec<Option<i64>>),
    Date(Vec<Option<Date>>),
    Text(Vec<Option<String>>),
}

impl Columns {
    /// Reads an array of rows. `rows` is how many are expected, a hint for memory.
    ///
    /// # Errors
    /// What is wrong with the document, and where.
    pub(super) fn parse(json: &[u8], rows: usize) -> Result<Self, serde_json::Error> {
        let mut columns: Vec<_> = SCHEMA.iter().map(|(_, of)| Column::new(*of, rows)).collect();
        let mut json = Json::from_slice(json);
        let rows = Rows(&mut columns).deserialize(&mut json)?;
        json.end()?;
        Ok(Self { rows, columns })
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// An integer, or the hundredths of a decimal.
    pub(super) fn number(&self, column: usize, row: usize) -> Option<i64> {
        match &self.columns[column] {
            Column::Integer(values) | Column::Decimal(values) => values[row],
            Column::Date(_) | Column::Text(_) => None,
        }
    }

    /// A date.
    pub(super) fn date(&self, column: usize, row: usize) -> Option<Date> {
        match &self.columns[column] {
            Column::Date(values) => values[row],
            _ => None,
        }
    }

    /// A text.
    pub(super) fn text(&self, column: usize, row: usize) -> Option<&str> {
        match &self.columns[column] {
            Column::Text(values) => values[row].as_deref(),
            _ => None,
        }
    }

    /// Adds every value to its column's digest; `first_row` is the first row's number in the whole
    /// result.
    pub(super) fn digest(&self, first_row: u64, digest: &mut Digest) {
        for (column, sum) in self.columns.iter().zip(&mut digest.0) {
            *sum = sum.wrapping_add(column.sum(first_row));
        }
    }
}

impl Column {
    fn new(of: Type, rows: usize) -> Self {
        match of {
            Type::Integer => Self::Integer(Vec::with_capacity(rows)),
            Type::Decimal => Self::Decimal(Vec::with_capacity(rows)),
            Type::Date => Self::Date(Vec::with_capacity(rows)),
            Type::Text => Self::Text(Vec::with_capacity(rows)),
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Integer(values) | Self::Decimal(values) => values.push(None),
            Self::Date(values) => values.push(None),
            Self::Text(values) => values.push(None),
        }
    }

    fn sum(&self, first_row: u64) -> u64 {
        match self {
            Self::Integer(values) | Self::Decimal(values) => {
                sum(first_row, values.iter().map(|value| value.map(i64::to_le_bytes)))
            }
            Self::Date(values) => sum(
                first_row,
                values.iter().map(|date| date.map(|Date(days)| i64::from(days).to_le_bytes())),
            ),
            Self::Text(values) => sum(first_row, values.iter().map(Option::as_deref)),
        }
    }
}

/// One number per column: the sum of a hash of each value together with its row's number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Digest(pub(super) [u64; COLUMNS]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((name, _), sum)) in SCHEMA.iter().zip(&self.0).enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{name}={sum:016x}")?;
        }
        Ok(())
    }
}

/// The sum of the hashes of a column's values, the first of which is that of row `first_row`.
pub(super) fn sum<B: AsRef<[u8]>>(first_row: u64, values: impl Iterator<Item = Option<B>>) -> u64 {
    let hash = |(row, value): (u64, Option<B>)| {
        let number = fnv(FNV_START, &row.to_le_bytes());
        match value {
            None => fnv(number, &[0]),
            Some(value) => fnv(fnv(number, &[1]), value.as_ref()),
        }
    };
    (first_row..).zip(values).map(hash).fold(0, u64::wrapping_add)
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a with 64 bits (Fowler, Noll and Vo): five lines in any language, so that another program
/// can say the same of its own result.
fn fnv(start: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(start, step)
}

/// Reads the array of all rows.
struct Rows<'c>(&'c mut [Column]);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while rows.next_element_seed(Row(self.0))?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

/// Reads one row, a value per column.
struct Row<'c>(&'c mut [Column]);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row, which is an array of {COLUMNS} values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        for (index, column) in self.0.iter_mut().enumerate() {
            let name = SCHEMA[index].0;
            if row.next_element_seed(Cell { name, column })?.is_none() {
                return Err(A::Error::custom(format!("a row of {index} values, not {COLUMNS}")));
            }
        }
        match row.next_element::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(A::Error::custom(format!("a row of more than {COLUMNS} values"))),
        }
    }
}

/// Reads one value into its column.
struct Cell<'c> {
    name: &'static str,
    column: &'c mut Column,
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Cell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = match self.column {
            Column::Integer(_) => "an integer of 64 bits",
            Column::Decimal(_) => "a string with a number of two decimals",
            Column::Date(_) => "a string with a date as 1996-03-13",
            Column::Text(_) => "a string",
        };
        write!(f, "{expected} or null for `{}`", self.name)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.column.push_null();
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        match self.column {
            Column::Integer(values) => {
                values.push(Some(value));
                Ok(())
            }
            _ => Err(E::invalid_type(serde::de::Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(serde::de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let fits = match self.column {
            Column::Text(values) => {
                values.push(Some(text.to_owned()));
                true
            }
            Column::Decimal(values) => {
                hundredths(text).map(|value| values.push(Some(value))).is_some()
            }
            Column::Date(values) => Date::parse(text).map(|date| values.push(Some(date))).is_some(),
            Column::Integer(_) => false,
        };
        if fits { Ok(()) } else { Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)) }
    }
}

/// A decimal of two places, in hundredths: an optional minus, digits, a point, two digits.
fn hundredths(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, places) = digits.split_once('.')?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || places.len() != 2 || !is_number(whole) || !is_number(places) {
        return None;
    }
    let (whole, places): (i64, i64) = (whole.parse().ok()?, places.parse().ok()?);
    let value = whole.checked_mul(100)?.checked_add(places)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"[1,null,-3,4,"17.00","21168.23","0.04",null,"N","O","1996-03-13",null,
        "1996-03-22","DELIVER IN PERSON","TRUCK","\u00e9\ud83d\ude00 \"x\" \\ \n"]"#;

    fn parse(json: &str) -> Result<Columns, String> {
        Columns::parse(json.as_bytes(), 1).map_err(|error| error.to_string())
    }

    fn digest(json: &str, first_row: u64) -> Digest {
        let mut digest = Digest::default();
        parse(json).unwrap().digest(first_row, &mut digest);
        digest
    }

    #[test]
    fn values_arrive_in_their_types() {
        let columns = parse(&format!("[{ROW}]")).unwrap();
        assert_eq!(columns.rows(), 1);
        assert_eq!(columns.columns[1], Column::Integer(vec![None]));
        assert_eq!(columns.columns[2], Column::Integer(vec![Some(-3)]));
        assert_eq!(columns.columns[5], Column::Decimal(vec![Some(2_116_823)]));
        assert_eq!(columns.columns[10], Column::Date(vec![Some(Date(9568))]));
        assert_eq!(columns.columns[11], Column::Date(vec![None]));
        let text = "é😀 \"x\" \\ \n".to_owned();
        assert_eq!(columns.columns[15], Column::Text(vec![Some(text)]));
        assert_eq!(parse(" [ ] ").unwrap().rows(), 0);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_column_or_the_reason() {
        let check = |from: &str, to: &str, expect: &str| {
            assert!(ROW.contains(from), "{from}");
            let error = parse(&format!("[{}]", ROW.replacen(from, to, 1))).unwrap_err();
            assert!(error.contains(expect), "{error}");
        };
        check("[1,", "[1.5,", "an integer of 64 bits or null for `orderkey`");
        check("[1,", "[18446744073709551615,", "or null for `orderkey`");
        check("[1,", "[\"1\",", "or null for `orderkey`");
        check("[1,", "[[1],", "or null for `orderkey`");
        check("\"17.00\"", "17", "a number of two decimals or null for `quantity`");
        check("\"17.00\"", "\"17.0\"", "or null for `quantity`");
        check("1996-03-13", "1996-13-13", "a date as 1996-03-13 or null for `shipdate`");
        check("\"N\"", "true", "a string or null for `returnflag`");
        check("[1,", "[", "or null for `linenumber`");
        check("[1,", "[1,1,", "or null for `quantity`");
        check("\"TRUCK\",", "", "a row of 15 values, not 16");
        check("\\n\"]", "\\n\",0]", "a row of more than 16 values");
        check("\\n\"]", "\\n\"", "EOF");
        assert!(parse("{}").unwrap_err().contains("an array of rows"));
        assert!(parse("[1]").unwrap_err().contains("a row, which is an array of 16 values"));
        assert!(parse("[] []").unwrap_err().contains("trailing"));
        assert!(parse("").unwrap_err().contains("EOF"));
    }

    #[test]
    fn decimals_are_hundredths() {
        let check = |text: &str, expect| assert_eq!(hundredths(text), expect, "{text:?}");
        check("0.00", Some(0));
        check("-0.05", Some(-5));
        check("92233720368547758.07", Some(i64::MAX));
        for wrong in [
            "",
            ".10",
            "1.",
            "1.0",
            "1.000",
            "+1.00",
            "--1.00",
            "1.+1",
            "92233720368547758.08",
            "a.00",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn digests_see_rows_that_changed_places_but_not_the_order_of_segments() {
        let other = ROW.replacen("[1,null,-3", "[2,5,-3", 1);
        let whole = digest(&format!("[{ROW},{other}]"), 10);
        assert_ne!(whole, digest(&format!("[{other},{ROW}]"), 10));
        assert_ne!(whole, digest(&format!("[{ROW},{other}]"), 11));
        let mut parts = Digest::default();
        parse(&format!("[{other}]")).unwrap().digest(11, &mut parts);
        parse(&format!("[{ROW}]")).unwrap().digest(10, &mut parts);
        assert_eq!(whole, parts);
    }

    #[test]
    fn null_and_empty_differ_and_a_change_stays_in_its_column() {
        let null = ROW.replacen("\"O\"", "null", 1);
        let empty = ROW.replacen("\"O\"", "\"\"", 1);
        let (null, empty) = (digest(&format!("[{null}]"), 0), digest(&format!("[{empty}]"), 0));
        let differ: Vec<_> =
            (0..COLUMNS).filter(|&index| null.0[index] != empty.0[index]).collect();
        assert_eq!(differ, [9]);
    }

    #[test]
    fn fnv_has_its_published_values() {
        assert_eq!(fnv(FNV_START, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(FNV_START, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(FNV_START, b"foobar"), 0x8594_4171_f739_67e8);
    }
}
