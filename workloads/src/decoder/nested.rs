//! Rows of every type that is decoded: like the events of a shop, with arrays, rows and rows within
//! rows. As a query server sends them, a row is an array of its fields' values.

use std::fmt::Write;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use twox_hash::XxHash3_64;

use super::numbers::timestamp_text;
use super::schema::{Field, Type, field};
use super::text::{comment, push, push_sometimes};

/// Names and types in the order of a row. Every column, item and field may hold nulls.
pub(super) static SCHEMA: [Field; 10] = [
    field("id", Type::Integer),
    field("at", Type::Timestamp),
    field("day", Type::Date),
    field("open", Type::Boolean),
    field("score", Type::Double),
    field("balance", Type::Decimal { precision: 38, scale: 9 }),
    field("customer", Type::Row(&CUSTOMER)),
    field("tags", Type::List(&Type::Text)),
    field("lines", Type::List(&Type::Row(&LINE))),
    field("samples", Type::List(&Type::Double)),
];

static CUSTOMER: [Field; 2] = [field("name", Type::Text), field("place", Type::Row(&PLACE))];

static PLACE: [Field; 2] = [field("latitude", Type::Double), field("longitude", Type::Double)];

static LINE: [Field; 3] = [
    field("article", Type::Text),
    field("quantity", Type::Integer),
    field("price", Type::Decimal { precision: 12, scale: 2 }),
];

/// Microseconds from 1970 to 2020, and of the ten years from then on.
const TIMES: std::ops::Range<i64> = 1_577_836_800_000_000..1_893_456_000_000_000;

/// A JSON array of `rows` rows. Ids go on from segment to segment; everything else depends on the
/// seed and the segment's number.
pub(super) fn json(seed: u64, segment: u64, rows: u64) -> Vec<u8> {
    let segment_seed = XxHash3_64::oneshot_with_seed(seed, &segment.to_le_bytes());
    let mut rng = StdRng::seed_from_u64(segment_seed);
    let mut text = Vec::with_capacity(rows as usize * 300 + 2);
    let rows = (0..rows).map(|row| segment * rows + row);
    push_list(&mut text, rows, |text, id| push_row(text, id, &mut rng));
    text
}

/// An array of as many items as the iterator has.
fn push_list<T>(
    text: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    text.push(b'[');
    for (index, number) in items.enumerate() {
        if index > 0 {
            text.push(b',');
        }
        item(text, number);
    }
    text.push(b']');
}

fn push_row(text: &mut Vec<u8>, id: u64, rng: &mut StdRng) {
    let micros = rng.random_range(TIMES);
    let at = timestamp_text(micros);
    push(text, format_args!("[{id},"));
    push_sometimes(text, rng, 2, format_args!("\"{at}\""));
    push(text, format_args!(",\"{}\",", &at[..10]));
    let open = rng.random_bool(0.3);
    push_sometimes(text, rng, 1, format_args!("{open}"));
    text.push(b',');
    let score = double(rng);
    push_sometimes(text, rng, 3, format_args!("{score}"));
    let (sign, whole) = (["", "-"][rng.random_range(0..2)], rng.random_range(0..10_u64.pow(15)));
    let billionths = rng.random_range(0..10_u64.pow(9));
    push(text, format_args!(",\"{sign}{whole}.{billionths:09}\","));
    let customer = customer(rng);
    push_sometimes(text, rng, 3, format_args!("{customer}"));
    text.push(b',');
    let tags = rng.random_range(0..5);
    push_list(text, 0..tags, |text, _| {
        let tag = serde_json::Value::from(comment(rng));
        push_sometimes(text, rng, 5, format_args!("{tag}"));
    });
    text.push(b',');
    let lines = rng.random_range(0..4);
    push_list(text, 0..lines, |text, _| push_line(text, rng));
    text.push(b',');
    let samples = rng.random_range(0..7);
    push_list(text, 0..samples, |text, _| push(text, format_args!("{}", double(rng))));
    text.push(b']');
}

/// A customer, whose place is sometimes unknown.
fn customer(rng: &mut StdRng) -> String {
    let name = serde_json::Value::from(comment(rng));
    let mut customer = format!("[{name},");
    let (latitude, longitude) = (rng.random_range(-90.0..90.0), rng.random_range(-180.0..180.0));
    let place: (f64, f64) = (latitude, longitude);
    // OK because writing into a String cannot fail.
    let _ = if rng.random_ratio(1, 10) {
        write!(customer, "null]")
    } else {
        write!(customer, "[{:?},{:?}]]", place.0, place.1)
    };
    customer
}

fn push_line(text: &mut Vec<u8>, rng: &mut StdRng) {
    let article: u32 = rng.random_range(1..100_000);
    let cents = rng.random_range(99..1_000_000);
    push(text, format_args!("[\"article-{article:05}\",{},", rng.random_range(1..100)));
    push_sometimes(text, rng, 2, format_args!("\"{}.{:02}\"", cents / 100, cents % 100));
    text.push(b']');
}

/// A double as JSON has it: a price, any number, one with an exponent, or what is no number.
fn double(rng: &mut StdRng) -> String {
    match rng.random_range(0..1000) {
        0 => "\"NaN\"".to_owned(),
        1 => "\"Infinity\"".to_owned(),
        2 => "\"-Infinity\"".to_owned(),
        3..50 => format!("{:e}", rng.random_range(-1e300..1e300)),
        50..300 => format!("{:?}", rng.random_range(-1.0..1.0)),
        _ => format!("{:?}", f64::from(rng.random_range(-1_000_000..1_000_000)) / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn rows_have_a_value_per_column_and_every_kind_of_null() {
        let text = json(1, 3, 2_000);
        let rows: Vec<Vec<Value>> = serde_json::from_slice(&text).unwrap();
        assert_eq!(rows.len(), 2_000);
        assert!(rows.iter().all(|row| row.len() == SCHEMA.len()));
        for column in [1, 3, 4, 6] {
            assert!(rows.iter().any(|row| row[column].is_null()), "{}", SCHEMA[column].name);
        }
        let items =
            |column: usize| rows.iter().flat_map(move |row| row[column].as_array().unwrap());
        assert!(items(7).any(Value::is_null));
        assert!(items(8).any(|line| line[2].is_null()));
        assert!(rows.iter().any(|row| row[6].is_array() && row[6][1].is_null()));
        assert!(rows.iter().any(|row| row[8].as_array().unwrap().is_empty()));
        let text = String::from_utf8(text).unwrap();
        for part in
            ["\"NaN\"", "\"-Infinity\"", "\"Infinity\"", "e2", "e-", "true", "false", "東京"]
        {
            assert!(text.contains(part), "{part}");
        }
    }

    /// Committed fingerprints. They change with the generator or with `rand`.
    #[test]
    fn the_data_has_its_committed_fingerprints() {
        let print = |seed, segment, rows| {
            let text = json(seed, segment, rows);
            format!("{} {:016x}", text.len(), XxHash3_64::oneshot(&text))
        };
        assert_eq!(
            [print(1, 0, 1), print(1, 0, 1_000), print(7, 5, 1_000)],
            ["330 c6e36306d8c2b070", "296158 8826f4d65fa7f1e4", "304107 bff7e48d7c3054a3"]
        );
    }
}
