//! Any tables, cut anywhere, and files that were broken: all schedules say what the model says, or
//! all refuse them with the same words.

use proptest::prelude::*;

use super::*;

fn other() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9:. -]{0,20}",
        1 => Just(String::new()),
        1 => "[a-z,\n\r]{0,12}".prop_map(|text| format!("\"{text}\"")),
        1 => Just("\"say \"\"no\"\"\n1,2,3\n\"".to_owned()),
        1 => "[a-z]{60,200}",
    ]
}

fn table() -> impl Strategy<Value = Table> {
    let cents = prop_oneof![
        Just(0_i64),
        -9_999..9_999_i64,
        Just(67_112_314),
        Just(99_999_999_999),
        Just(-12_345_678)
    ];
    let row = (
        prop::option::of(prop_oneof![4 => 0..=9_u8, 1 => any::<u8>()]),
        cents,
        prop::bool::weighted(0.1),
        prop::collection::vec(other(), 0..12),
    );
    let row = row.prop_map(|(passengers, cents, quoted, others)| Row {
        passengers,
        cents,
        quoted,
        others,
    });
    (
        prop::array::uniform3(0..8_usize),
        any::<bool>(),
        prop::collection::vec(row, 0..40),
        prop::sample::select(vec!["\n", "\r\n"]),
        any::<bool>(),
    )
        .prop_map(|(columns, fare_first, mut rows, end_of_line, last_end)| {
            let others = columns.iter().sum();
            rows.iter_mut().for_each(|row| row.others.truncate(others));
            Table { columns, fare_first, rows, end_of_line, last_end }
        })
}

#[test]
fn every_schedule_gives_the_model_s_answer_wherever_files_are_cut() {
    let workers = Workers::start(2).unwrap();
    let cuts = (1..300_u64, 1..300_usize);
    let inputs = (table(), table(), cuts);
    fuzzing::on_any("taxi", 300, &inputs, |(one, other, (part, block))| {
        let texts = [one.text(), other.text()];
        let result = run(&[texts[0].as_bytes()], part, block, &workers);
        prop_assert_eq!(result, Ok(one.model()));
        let both = Table { rows: [one.rows, other.rows].concat(), ..other };
        let result = run(&[texts[0].as_bytes(), texts[1].as_bytes()], part, block, &workers);
        prop_assert_eq!(result, Ok(both.model()));
        Ok(())
    });
}

#[test]
fn every_schedule_says_the_same_of_files_that_were_broken() {
    let workers = Workers::start(2).unwrap();
    let fault = (any::<prop::sample::Index>(), prop::sample::select(b"\",\n\r-.0a ".to_vec()));
    let faults = prop::collection::vec(fault, 1..4);
    let inputs = (table(), faults, 1..200_u64, 1..200_usize);
    fuzzing::on_any("broken taxi", 400, &inputs, |(table, faults, part, block)| {
        let mut text = table.text().into_bytes();
        for (place, byte) in faults {
            let at = place.index(text.len());
            text[at] = byte;
        }
        // Whether it is an error or not, all agree; `run` asserts that.
        let _ = run(&[&text], part, block, &workers).is_err();
        Ok(())
    });
}

#[test]
fn every_schedule_says_the_same_of_files_that_were_damaged() {
    let workers = Workers::start(2).unwrap();
    let header = "VendorID,passenger_count,fare_amount,total_amount\n";
    let files = [
        "1,1,7.5,10.3\n2,,0.01,1\n1,9,-52,-52.8\n",
        "1,\"2\",\"1.25\",\"a\n1,3,4,5\n\"\n1,255,671123.14,0\r\n",
    ]
    .map(|records| [header, records].concat().into_bytes());
    let words = &[
        "\"",
        "\"\"",
        ",",
        "\n",
        "\r\n",
        "-",
        "--1",
        ".",
        "1e9",
        "256",
        "99999999999999999999",
        "1.234",
        "\0",
        "fare_amount",
        "\u{feff}",
    ];
    let inputs = (fuzzing::damaged(files.to_vec(), words), 1..200_u64, 1..200_usize);
    fuzzing::on_any("damaged taxi", 200, &inputs, |(bytes, part, block)| {
        if let Err(error) = run(&[&bytes], part, block, &workers) {
            prop_assert!(error.starts_with("reading /"), "{error}");
        }
        Ok(())
    });
}
