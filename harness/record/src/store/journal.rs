//! The journal: one line per sample, `{"xxh3":"<16 hex digits>","sample":{...}}`.
//!
//! The hash is XXH3-64 of the sample's bytes as they stand in the line. A line counts when it ends
//! in a newline and its hash is right. Called by the writer, by finishing and by readers; it never
//! changes a file.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use super::StoreError;
use crate::Sample;

const HEAD: &[u8] = b"{\"xxh3\":\"";
const MIDDLE: &[u8] = b"\",\"sample\":";
const DIGITS: usize = 16;

/// Writes the line of one sample into `line`, which is cleared first.
pub(super) fn encode(sample: &Sample, line: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    line.clear();
    line.extend_from_slice(HEAD);
    line.extend_from_slice(&[b'0'; DIGITS]);
    line.extend_from_slice(MIDDLE);
    let from = line.len();
    serde_json::to_writer(&mut *line, sample)?;
    let digits = hex(&line[from..]);
    line[HEAD.len()..HEAD.len() + DIGITS].copy_from_slice(digits.as_bytes());
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// One piece of a journal.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// A whole sample.
    Sample(Box<Sample>),
    /// A line whose hash is wrong, without its newline.
    Garbled(Vec<u8>),
    /// What stands after the last newline: half a line, of this many bytes.
    Tail(u64),
}

/// Reads a journal line by line.
pub(super) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    number: u64,
    line: Vec<u8>,
}

impl Reader {
    /// Reads the open journal `file`; `path` is for messages.
    pub(super) fn new(path: &Path, file: File) -> Self {
        Self { path: path.to_path_buf(), input: BufReader::new(file), number: 0, line: Vec::new() }
    }

    /// The next piece, or `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or when a line is whole and yet no sample of this version.
    pub(super) fn next(&mut self) -> Result<Option<Line>, StoreError> {
        self.line.clear();
        let read = self.input.read_until(b'\n', &mut self.line);
        let read = read.map_err(|e| StoreError::io("read", &self.path, e))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let Some(line) = self.line.strip_suffix(b"\n") else {
            return Ok(Some(Line::Tail(read as u64)));
        };
        let Some(text) = payload(line) else {
            return Ok(Some(Line::Garbled(line.to_vec())));
        };
        match serde_json::from_slice(text) {
            Ok(sample) => Ok(Some(Line::Sample(Box::new(sample)))),
            Err(why) => {
                let why = format!("line {} is whole but no sample: {why}", self.number);
                Err(StoreError::damaged(&self.path, why))
            }
        }
    }
}

/// The sample's bytes in a line, if the line is what was written.
fn payload(line: &[u8]) -> Option<&[u8]> {
    let (digits, rest) = line.strip_prefix(HEAD)?.split_at_checked(DIGITS)?;
    let text = rest.strip_prefix(MIDDLE)?.strip_suffix(b"}")?;
    (hex(text).as_bytes() == digits).then_some(text)
}

fn hex(bytes: &[u8]) -> String {
    format!("{:016x}", XxHash3_64::oneshot(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::fixture::failed;

    #[test]
    fn a_journal_line_is_itself_json_with_the_hash_in_front() {
        let mut line = Vec::new();
        encode(&failed(0), &mut line).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(serde_json::from_value::<Sample>(json["sample"].clone()).unwrap(), failed(0));
        let text = line.strip_suffix(b"}\n").unwrap().splitn(2, |byte| *byte == b',').nth(1);
        let text = text.unwrap().strip_prefix(b"\"sample\":").unwrap();
        assert_eq!(json["xxh3"], hex(text));
    }

    #[test]
    fn a_whole_line_of_another_version_is_an_error_and_no_garbage() {
        let text = br#"{"case":"c","furlongs":3}"#;
        let line = [HEAD, hex(text).as_bytes(), MIDDLE, text, b"}\n"].concat();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.jsonl");
        std::fs::write(&path, line).unwrap();
        let error = Reader::new(&path, File::open(&path).unwrap()).next().unwrap_err().to_string();
        assert!(
            error.contains("line 1 is whole but no sample: unknown field `furlongs`"),
            "{error}"
        );
    }
}
