//! Files of any lines, and files that were damaged: all variants say what the model says, or all
//! refuse them with the same words.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A name that has one hash with all others of these to the variant `limit`, whose table says why;
/// `None` where those bytes are no name.
pub(super) fn alike(number: u64) -> Option<String> {
    let first = u64::from_le_bytes(*b"abcdefgh") + number;
    let second = (first ^ 0x6c6b_6a69_6867_6665).rotate_right(29);
    let name = String::from_utf8([first.to_le_bytes(), second.to_le_bytes()].concat()).ok()?;
    line::is_name(name.as_bytes()).then_some(name)
}

/// Any lines that the rules allow, with and without a newline at the end of the file.
pub(super) fn lines() -> impl Strategy<Value = Vec<(String, i64)>> {
    let alike = (0..500_u64).prop_filter_map("no name", alike);
    let name = prop_oneof!["[a-c]", "[ -:<-~]{1,100}", "[à-ü一-龥]{1,20}", "𐍈{25}", alike];
    let value = prop_oneof![-999..=999_i64, Just(-999), Just(999), -2..=2_i64];
    vec((name, value), 0..60)
}

#[test]
fn any_lines() {
    let workers = Workers::start(3).unwrap();
    let inputs = (lines(), any::<bool>(), 1..100_usize);
    fuzzing::on_any("measurements", 200, &inputs, |(lines, final_newline, splits)| {
        let bytes = lines_text(&lines, final_newline);
        prop_assert_eq!(aggregate(bytes.as_bytes(), splits, &workers), Ok(model(&lines)));
        Ok(())
    });
}

#[test]
fn damaged_lines() {
    let workers = Workers::start(2).unwrap();
    let long = format!("{};-99.9\n", "ü".repeat(50));
    let files =
        ["Hamburg;12.0\nBulawayo;8.9\nPalembang;38.8\nSt. John's;15.2\n", "a;-0.0\nb;99.9", &long]
            .map(|text| text.as_bytes().to_vec());
    let words = &[
        ";", "\n", "\r\n", "-", "--1.0", ".0", "100.0", "1e1", "nan", "\0", "\u{feff}", ";-99.9\n",
    ];
    let inputs = (fuzzing::damaged(files.to_vec(), words), 1..60_usize);
    fuzzing::on_any("damaged measurements", 60, &inputs, |(bytes, splits)| {
        // Whether it is an error or not, all agree; `aggregate` asserts that.
        if let Err(error) = aggregate(&bytes, splits, &workers) {
            prop_assert!(error.starts_with("malformed line at byte "), "{error}");
        }
        Ok(())
    });
}
