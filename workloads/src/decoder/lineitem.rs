//! The rows that segments hold: like `lineitem` of the TPC-H benchmark, with some nulls.
//!
//! As a query server sends them, decimals and dates are strings.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use twox_hash::XxHash3_64;

use super::date::Date;
use super::schema::{Field, Type, field};
use super::text::{comment, push, push_sometimes};

/// Columns of a row.
const COLUMNS: usize = 16;

const DECIMAL: Type = Type::Decimal { precision: 18, scale: 2 };

/// Names and types in the order of a row. Every column may hold nulls.
pub(super) static SCHEMA: [Field; COLUMNS] = [
    field("orderkey", Type::Integer),
    field("partkey", Type::Integer),
    field("suppkey", Type::Integer),
    field("linenumber", Type::Integer),
    field("quantity", DECIMAL),
    field("extendedprice", DECIMAL),
    field("discount", DECIMAL),
    field("tax", DECIMAL),
    field("returnflag", Type::Text),
    field("linestatus", Type::Text),
    field("shipdate", Type::Date),
    field("commitdate", Type::Date),
    field("receiptdate", Type::Date),
    field("shipinstruct", Type::Text),
    field("shipmode", Type::Text),
    field("comment", Type::Text),
];

const INSTRUCTIONS: [&str; 4] = ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"];

const MODES: [&str; 7] = ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"];

/// A JSON array of `rows` rows, each an array. Row numbers go on from segment to segment, so that
/// an order's lines stay together; everything else depends on the seed and the segment's number.
pub(super) fn json(seed: u64, segment: u64, rows: u64) -> Vec<u8> {
    let segment_seed = XxHash3_64::oneshot_with_seed(seed, &segment.to_le_bytes());
    let mut rng = StdRng::seed_from_u64(segment_seed);
    let mut text = Vec::with_capacity(rows as usize * 160 + 2);
    text.push(b'[');
    for row in 0..rows {
        if row > 0 {
            text.push(b',');
        }
        push_row(&mut text, segment * rows + row, &mut rng);
    }
    text.push(b']');
    text
}

/// One row. An order has four lines, and keys leave gaps as in the benchmark.
fn push_row(text: &mut Vec<u8>, number: u64, rng: &mut StdRng) {
    let order = number / 4;
    let orderkey = order / 8 * 32 + order % 8 + 1;
    let quantity: i64 = rng.random_range(1..=50);
    let price = quantity * rng.random_range(90_000..=209_900);
    let shipped = rng.random_range(8036..10_562);
    let (commit, receipt) =
        (shipped + rng.random_range(-60..=60), shipped + rng.random_range(1..=30));
    // Everything before 1995-06-17 has arrived.
    let (flag, status) =
        if receipt <= 9298 { (["R", "A"][rng.random_range(0..2)], "F") } else { ("N", "O") };
    push(text, format_args!("[{orderkey},"));
    push_sometimes(text, rng, 1, format_args!("{}", (number * 7919) % 200_000 + 1));
    push(text, format_args!(",{},{},", (number * 104_729) % 10_000 + 1, number % 4 + 1));
    push(text, format_args!("\"{quantity}.00\",\"{}.{:02}\",", price / 100, price % 100));
    push(text, format_args!("\"0.{:02}\",", rng.random_range(0..=10)));
    let tax = rng.random_range(0..=8);
    push_sometimes(text, rng, 2, format_args!("\"0.{tax:02}\""));
    push(text, format_args!(",\"{flag}\",\"{status}\",\"{}\",", Date(shipped)));
    push_sometimes(text, rng, 2, format_args!("\"{}\"", Date(commit)));
    push(text, format_args!(",\"{}\",", Date(receipt)));
    let instruction = INSTRUCTIONS[rng.random_range(0..INSTRUCTIONS.len())];
    let mode = MODES[rng.random_range(0..MODES.len())];
    push(text, format_args!("\"{instruction}\",\"{mode}\","));
    let comment = serde_json::Value::from(comment(rng));
    push_sometimes(text, rng, 5, format_args!("{comment}"));
    text.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_sixteen_values_and_about_the_bytes_of_the_benchmark() {
        let text = json(1, 3, 2_000);
        let rows: Vec<Vec<serde_json::Value>> = serde_json::from_slice(&text).unwrap();
        assert_eq!(rows.len(), 2_000);
        assert!(rows.iter().all(|row| row.len() == COLUMNS));
        let bytes = text.len() / rows.len();
        assert!((130..=170).contains(&bytes), "{bytes} bytes per row");
        for (column, least) in [(1, 5), (7, 20), (11, 20), (15, 60)] {
            let nulls = rows.iter().filter(|row| row[column].is_null()).count();
            assert!(
                (least..=8 * least).contains(&nulls),
                "{nulls} nulls in {}",
                SCHEMA[column].name
            );
        }
        let text = String::from_utf8(text).unwrap();
        for part in ["\\\"slyly", "back\\\\slash", "tab\\tbed", "東京"] {
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
            ["142 53aa975bdd42b06e", "147795 dd0b3028d6ff2d7c", "149891 8bbfcf799d66e505",]
        );
    }
}
