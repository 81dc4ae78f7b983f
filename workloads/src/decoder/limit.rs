//! The strategy `limit`: each worker decompresses a segment into a buffer that it keeps, and parses
//! it straight into Arrow columns.
//!
//! Segments that are not as servers write them go the careful way, and so do bad ones, which then
//! have the same error as with every other strategy.

use std::sync::{Mutex, PoisonError};

use arrow::array::RecordBatch;
use workload_api::WorkloadError;

use super::arrow_columns::{self, Builder};
use super::direct::{self, PADDING};
use super::segment::{Segment, Unpacker};
use crate::workers::Workers;

/// Decodes all segments; they come back in order. Workers take an unpacker from `unpackers`, and
/// make one where there is none.
///
/// # Errors
/// That of the first segment that cannot be decoded.
pub(super) fn decode(
    segments: &[Segment],
    workers: &Workers,
    unpackers: &Mutex<Vec<Unpacker>>,
) -> Result<Vec<RecordBatch>, WorkloadError> {
    // A lock poisoned by a panic still holds whole unpackers; the panic itself is passed on.
    let unpackers = || unpackers.lock().unwrap_or_else(PoisonError::into_inner);
    let state = || (unpackers().pop().map_or_else(Unpacker::new, Ok), Vec::new());
    let states = workers.fold(segments.len(), state, |(unpacker, done), number| {
        let unpacker = match unpacker {
            Ok(unpacker) => unpacker,
            Err(why) => return Err(WorkloadError::new(why.to_string())),
        };
        let batch = batch(&segments[number], unpacker)
            .map_err(|why| WorkloadError::new(format!("segment {number}: {why}")))?;
        done.push((number, batch));
        Ok(())
    })?;
    let mut done = Vec::with_capacity(segments.len());
    for (unpacker, batches) in states {
        unpackers().extend(unpacker);
        done.extend(batches);
    }
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, batch)| batch).collect())
}

fn batch(segment: &Segment, unpacker: &mut Unpacker) -> Result<RecordBatch, String> {
    let text = segment.unpack(unpacker, PADDING)?;
    let json = &text[..text.len() - PADDING];
    let mut builder = Builder::new(segment.rows_at_most(json.len()));
    let refused = |error| format!("no Arrow columns: {error}");
    match direct::parse(text, &mut builder) {
        Some(rows) => {
            segment.refuse_other_rows(u64::from(rows))?;
            builder.finish(rows as usize).map_err(refused)
        }
        None => arrow_columns::from_columns(&segment.parse(json)?).map_err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Digest;
    use super::super::segment::Codec;
    use super::*;

    const ROW: &str = r#"[1,null,34,4,"17.00","21168.23","0.04",null,"N","O","1996-03-13",null,"1996-03-22","DELIVER IN PERSON","TRUCK","\u00e9 \"x\" \\ \n"]"#;

    /// Whether the direct parser takes a document. Taken or not, the limit must say the same of it as
    /// the careful parser, to the word.
    fn check(json: &str) -> bool {
        let rows =
            serde_json::from_str::<Vec<serde_json::Value>>(json).map_or(1, |rows| rows.len());
        let bytes = json.as_bytes().to_vec();
        let segment = Segment::encode(Codec::Zstd, bytes, (7, rows as u64)).unwrap();
        let careful = segment.decode(0).map(|columns| {
            let mut digest = Digest::default();
            columns.digest(7, &mut digest);
            digest.to_string()
        });
        let careful = careful.map_err(|error| error.to_string());
        let workers = Workers::start(1).unwrap();
        let fast = decode(&[segment], &workers, &Mutex::default()).map(|batches| {
            let mut digest = Digest::default();
            arrow_columns::digest(&batches[0], 7, &mut digest);
            digest.to_string()
        });
        let fast = fast.map_err(|error| error.to_string());
        assert_eq!(fast, careful, "{json}");
        let padded = [json.as_bytes(), &[0xff; PADDING]].concat();
        let taken = direct::parse(&padded, &mut Builder::new(0)).is_some();
        assert!(!taken || fast.is_ok(), "{json}");
        taken
    }

    #[test]
    fn what_servers_write_is_taken_directly() {
        let plain = ROW.replace("\\u00e9", "é😀");
        for json in ["[]".to_owned(), format!("[{plain}]"), format!("[{plain},{plain},{plain}]")] {
            assert!(check(&json), "{json}");
        }
    }

    #[test]
    fn whatever_is_unusual_or_wrong_is_what_the_careful_parser_says() {
        let changes = [
            ("[1,", "[-1,"),
            ("[1,", "[12345678,"),
            ("[1,", "[9223372036854775807,"),
            ("[1,", "[9223372036854775808,"),
            ("[1,", "[01,"),
            ("[1,", "[0,"),
            ("[1,", "[-0,"),
            ("[1,", "[1.0,"),
            ("[1,", "[1e2,"),
            ("[1,", "[ 1 ,"),
            ("[1,", "[,"),
            ("[1,", "[-,"),
            ("[1,", "[nul,"),
            ("[1,", "[nullx,"),
            ("[1,", "[\"1\","),
            ("[1,", "[1"),
            ("17.00", "-17.00"),
            ("17.00", "007.00"),
            ("17.00", "17.0"),
            ("17.00", "17.000"),
            ("17.00", ".00"),
            ("17.00", "1234567.89"),
            ("17.00", "12345678.90"),
            ("17.00", "1a.00"),
            ("17.00", "92233720368547758.07"),
            ("17.00", "92233720368547758.08"),
            ("17.00", "17.a0"),
            ("1996-03-13", "1996-02-30"),
            ("1996-03-13", "2000-02-29"),
            ("1996-03-13", "1996-3-13"),
            ("1996-03-13", "0000-01-01"),
            ("1996-03-13", "1996-03-1x"),
            ("1996-03-13", ""),
            ("TRUCK", ""),
            ("TRUCK", "sixteen bytes of"),
            ("TRUCK", "\\ud83d\\ude00"),
            ("TRUCK", "\\ud83d"),
            ("TRUCK", "a\tb"),
            ("TRUCK", "\\x"),
            ("TRUCK", "\\/\\b\\f"),
            ("\"TRUCK\"", "TRUCK"),
            ("\"TRUCK\",", ""),
            ("\\n\"]", "\\n\",0]"),
            ("\\n\"]", "\\n\""),
            ("\\n\"]", "\\n"),
            ("\\n\"]", "\\n\"],"),
            ("\\n\"]", "\\n\"]]"),
            ("\\n\"]", "\\n\"]\u{0}"),
        ];
        for (from, to) in changes {
            assert!(ROW.contains(from), "{from}");
            let changed = ROW.replacen(from, to, 1);
            check(&format!("[{changed}]"));
            check(&format!("[{ROW},{changed}]"));
        }
        for json in ["", "[", "{}", "[1]", "[[]]", " []", "[] ", "[] []", "[,]", "null"] {
            check(json);
        }
    }

    #[test]
    fn a_document_cut_anywhere_is_what_the_careful_parser_says() {
        let whole = format!("[{ROW},{ROW}]");
        for length in (0..whole.len()).filter(|length| whole.is_char_boundary(*length)) {
            check(&whole[..length]);
        }
    }

    #[test]
    fn any_bytes_in_place_of_one_are_what_the_careful_parser_says() {
        let whole = format!("[{ROW}]");
        for at in 0..whole.len() {
            for byte in "\u{0}\t \"\\,.-09[]{}:naZ~".chars() {
                let mut changed = whole.clone();
                changed.replace_range(at..=at, &byte.to_string());
                check(&changed);
            }
        }
    }
}
