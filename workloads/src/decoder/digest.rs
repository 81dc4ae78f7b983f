//! The digest of decoded rows, the same whether they are columns or rows: docs/decoder.md says how
//! any program can compute it.

use std::fmt;

use super::schema::{Field, Type};
use super::value::Value;

/// One number per column: the sum of a hash of each value together with its row's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digest {
    fields: &'static [Field],
    pub(super) sums: Vec<u64>,
}

impl Digest {
    /// That of no rows.
    pub(super) fn new(fields: &'static [Field]) -> Self {
        Self { fields, sums: vec![0; fields.len()] }
    }

    /// Adds a value of row `row` of the whole result.
    pub(super) fn add(&mut self, column: usize, row: u64, value: &Value) {
        let start = fnv(FNV_START, &row.to_le_bytes());
        let hash = match value {
            Value::Text(text) => fnv(fnv(start, &[1]), text.as_bytes()),
            value => hash(start, value, &self.fields[column].of),
        };
        self.sums[column] = self.sums[column].wrapping_add(hash);
    }

    /// Adds all that another part of the result came to.
    pub(super) fn merge(&mut self, other: &Self) {
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            *sum = sum.wrapping_add(*other);
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, sum)) in self.fields.iter().zip(&self.sums).enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{}={sum:016x}", field.name)?;
        }
        Ok(())
    }
}

/// The hash of a value within a value, or of a column's value other than a text: there lengths
/// stand before texts and lists, so that no two values look the same.
fn hash(start: u64, value: &Value, of: &Type) -> u64 {
    if *value == Value::Null {
        return fnv(start, &[0]);
    }
    let start = fnv(start, &[1]);
    let all = |start, values: &[Value], of: &dyn Fn(usize) -> &'static Type| {
        values.iter().enumerate().fold(start, |start, (index, value)| hash(start, value, of(index)))
    };
    match (value, of) {
        (Value::Null, _) => start,
        (Value::Boolean(value), _) => fnv(start, &[u8::from(*value)]),
        (Value::Integer(value) | Value::Timestamp(value), _) => fnv(start, &value.to_le_bytes()),
        (Value::Double(value), _) => fnv(start, &value.to_bits().to_le_bytes()),
        (Value::Decimal(value), Type::Decimal { precision: 19.., .. }) => {
            fnv(start, &value.to_le_bytes())
        }
        (Value::Decimal(value), _) => fnv(start, &(*value as i64).to_le_bytes()),
        (Value::Date(days), _) => fnv(start, &i64::from(*days).to_le_bytes()),
        (Value::Text(text), _) => fnv(fnv_length(start, text.len()), text.as_bytes()),
        (Value::List(values), Type::List(of)) => {
            all(fnv_length(start, values.len()), values, &|_| of)
        }
        (Value::Row(values), Type::Row(fields)) => all(start, values, &|index| &fields[index].of),
        // A value of another type than its column's: none is decoded, and none would go unseen.
        (Value::List(_) | Value::Row(_), _) => !start,
    }
}

fn fnv_length(start: u64, length: usize) -> u64 {
    fnv(start, &(length as u64).to_le_bytes())
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a with 64 bits (Fowler, Noll and Vo): five lines in any language, so that another program
/// can say the same of its own result.
fn fnv(start: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(start, step)
}

#[cfg(test)]
mod tests {
    use super::super::schema::field;
    use super::*;

    static FIELDS: [Field; 2] = [
        field("text", Type::Text),
        field("list", Type::List(&Type::Row(&[field("a", Type::Text), field("b", Type::Text)]))),
    ];

    fn digest(column: usize, row: u64, value: &Value) -> u64 {
        let mut digest = Digest::new(&FIELDS);
        digest.add(column, row, value);
        digest.sums[column]
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn fnv_has_its_published_values() {
        assert_eq!(fnv(FNV_START, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(FNV_START, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(FNV_START, b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn null_and_empty_differ_and_so_do_rows_that_changed_places() {
        assert_ne!(digest(0, 1, &Value::Null), digest(0, 1, &text("")));
        assert_ne!(digest(0, 1, &text("a")), digest(0, 2, &text("a")));
    }

    #[test]
    fn lists_and_rows_within_a_value_are_seen_as_they_are() {
        let row = |a: &str, b: &str| Value::Row(vec![text(a), text(b)]);
        let values = [
            Value::Null,
            Value::List(vec![]),
            Value::List(vec![Value::Null]),
            Value::List(vec![row("a", "b")]),
            Value::List(vec![row("ab", "")]),
            Value::List(vec![row("", "ab")]),
            Value::List(vec![row("a", "b"), Value::Null]),
            Value::List(vec![Value::Row(vec![text("a"), Value::Null])]),
        ];
        let hashes: std::collections::BTreeSet<_> =
            values.iter().map(|value| digest(1, 7, value)).collect();
        assert_eq!(hashes.len(), values.len());
    }

    #[test]
    fn parts_add_up_to_the_whole_in_any_order() {
        let mut whole = Digest::new(&FIELDS);
        let mut parts = [Digest::new(&FIELDS), Digest::new(&FIELDS)];
        for row in 0..4 {
            let value = text(&"x".repeat(row));
            whole.add(0, row as u64, &value);
            parts[row % 2].add(0, row as u64, &value);
        }
        let [first, mut second] = parts;
        second.merge(&first);
        assert_eq!(second, whole);
        assert_eq!(whole.to_string(), format!("text={:016x} list={:016x}", whole.sums[0], 0));
    }
}
