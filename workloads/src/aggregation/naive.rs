//! The variant `naive`: one thread, line by line, a string for each line and each name.
//!
//! What one writes first, and what the other variants are compared with.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use workload_api::WorkloadError;

use super::line;
use super::stats::{Stats, Summary};

/// Aggregates a file.
///
/// # Errors
/// When it cannot be read, or a line is malformed.
pub(super) fn aggregate(path: &Path) -> Result<Summary, WorkloadError> {
    let failed = |error| WorkloadError::context(&format!("reading {}", path.display()), error);
    aggregate_from(BufReader::new(File::open(path).map_err(failed)?), failed)
}

fn aggregate_from(
    mut reader: impl BufRead,
    failed: impl Fn(std::io::Error) -> WorkloadError,
) -> Result<Summary, WorkloadError> {
    let mut stations: HashMap<String, Stats> = HashMap::new();
    let mut offset = 0;
    loop {
        let mut bytes = Vec::new();
        let read = reader.read_until(b'\n', &mut bytes).map_err(&failed)?;
        if read == 0 {
            return Ok(stations.into_iter().collect());
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        let line =
            String::from_utf8(bytes).map_err(|error| line::malformed(error.as_bytes(), offset))?;
        let (name, tenths) =
            parse(&line).ok_or_else(|| line::malformed(line.as_bytes(), offset))?;
        stations.entry(name).or_insert(Stats::EMPTY).add(tenths);
        offset += read as u64;
    }
}

/// Name and tenths by way of a float, as most first programs do. The shape is checked before,
/// because floats may be written in ways that the file's format does not know.
fn parse(line: &str) -> Option<(String, i16)> {
    let (name, value) = line::split(line.as_bytes())?;
    let name = String::from_utf8(name.to_vec()).ok()?;
    line::tenths(value)?;
    let degrees: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    Some((name, (degrees * 10.0).round() as i16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_the_way_through_a_float() {
        for tenths in -999_i16..=999 {
            let sign = if tenths < 0 { "-" } else { "" };
            let size = tenths.unsigned_abs();
            let line = format!("x;{sign}{}.{}", size / 10, size % 10);
            assert_eq!(parse(&line), Some(("x".to_owned(), tenths)));
        }
    }
}
