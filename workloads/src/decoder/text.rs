//! What the generators of rows share: comments, and values or nulls written as JSON.

use std::io::Write;

use rand::RngExt;
use rand::rngs::StdRng;

/// Words of comments. Some need an escape in JSON or more than a byte per letter.
const WORDS: [&str; 32] = [
    "carefully",
    "quickly",
    "final",
    "deposits",
    "the",
    "regular",
    "ironic",
    "accounts",
    "along",
    "pending",
    "furiously",
    "express",
    "packages",
    "sleep",
    "after",
    "blithely",
    "bold",
    "ideas",
    "even",
    "theodolites",
    "according",
    "to",
    "unusual",
    "requests",
    "haggle",
    "among",
    "\"slyly\"",
    "back\\slash",
    "café",
    "東京",
    "tab\tbed",
    "𐍈",
];

/// A few words.
pub(super) fn comment(rng: &mut StdRng) -> String {
    let mut comment = String::new();
    for word in 0..rng.random_range(1..=6) {
        if word > 0 {
            comment.push(' ');
        }
        comment.push_str(WORDS[rng.random_range(0..WORDS.len())]);
    }
    comment
}

/// Writes a value.
pub(super) fn push(text: &mut Vec<u8>, value: std::fmt::Arguments<'_>) {
    // OK because writing into a Vec cannot fail.
    text.write_fmt(value).expect("a Vec takes any bytes");
}

/// The value, or null in `percent` of all cases.
pub(super) fn push_sometimes(
    text: &mut Vec<u8>,
    rng: &mut StdRng,
    percent: u32,
    value: std::fmt::Arguments<'_>,
) {
    if rng.random_ratio(percent, 100) {
        text.extend_from_slice(b"null");
    } else {
        push(text, value);
    }
}
