//! The variant `partitioned`: the file in ranges that end with lines, a queue of them, and a table
//! per worker; tables are combined at the end.
//!
//! Each worker reads a whole range into a buffer that it keeps, and owns a name only when it meets
//! it for the first time.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use workload_api::WorkloadError;

use super::line;
use super::stats::{Stats, Summary};
use crate::planted;
use crate::workers::Workers;

/// Bytes read at once while looking for the end of a line; longer than any line.
const LOOK_BYTES: usize = 256;

/// Aggregates a file that is divided into `splits` ranges or fewer, of which a worker takes `take`
/// at a time. Also says how long combining the workers' tables took.
///
/// # Errors
/// When the file cannot be read, or a line is malformed; with several, the first one's error.
pub(super) fn aggregate(
    path: &Path,
    (splits, take): (usize, usize),
    workers: &Workers,
) -> Result<(Summary, Duration), WorkloadError> {
    let failed = |error| WorkloadError::context(&format!("reading {}", path.display()), error);
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let ranges = ranges(&file, size, splits).map_err(failed)?;
    let taken: Vec<_> = ranges.chunks(take).collect();
    let add = |table: &mut Table, range: &Range<u64>| {
        let mut buffer = std::mem::take(&mut table.buffer);
        buffer.resize((range.end - range.start) as usize, 0);
        file.read_exact_at(&mut buffer, range.start).map_err(failed)?;
        table.add_lines(&buffer, range.start)?;
        table.buffer = buffer;
        Ok::<_, WorkloadError>(())
    };
    let tables = workers.fold(taken.len(), Table::default, |table, index| {
        if let (0, Some(bytes)) = (index, planted::repeated(size)) {
            // Through the same code and table as everything else, so that it costs its share.
            add(table, &(0..line_end(&file, size, bytes).map_err(failed)?))?;
            table.forget();
        }
        for range in taken[index] {
            let _alone = planted::serialised();
            add(table, range)?;
        }
        Ok(())
    })?;
    let start = Instant::now();
    let summary = combine(tables);
    Ok((summary, start.elapsed()))
}

/// Divides a file into `splits` ranges of about the same size, each but the last ending after a
/// newline. Ranges that would be empty are left out.
pub(super) fn ranges(file: &impl FileExt, size: u64, splits: usize) -> io::Result<Vec<Range<u64>>> {
    let mut ranges = Vec::with_capacity(splits);
    let mut start = 0;
    for split in 1..=splits as u64 {
        // OK because the product of a file's size and a number of splits fits in 128 bits.
        let nominal = (u128::from(size) * u128::from(split) / splits as u128) as u64;
        let end = if split == splits as u64 { size } else { line_end(file, size, nominal)? };
        if start < end {
            ranges.push(start..end);
            start = end;
        }
    }
    Ok(ranges)
}

/// Where the line that holds the byte before `position` ends, newline included.
fn line_end(file: &impl FileExt, size: u64, position: u64) -> io::Result<u64> {
    let mut at = position.saturating_sub(1);
    let mut look = [0; LOOK_BYTES];
    while at < size {
        let length = (size - at).min(LOOK_BYTES as u64) as usize;
        file.read_exact_at(&mut look[..length], at)?;
        if let Some(newline) = look[..length].iter().position(|&byte| byte == b'\n') {
            return Ok(at + newline as u64 + 1);
        }
        at += length as u64;
    }
    Ok(size)
}

/// One worker's stations.
#[derive(Default)]
struct Table {
    stations: HashMap<Vec<u8>, Stats>,
    buffer: Vec<u8>,
}

impl Table {
    /// Adds whole lines; the first begins at byte `offset` of the file. Only the last may lack its
    /// newline.
    ///
    /// Never inlined: planted work calls it too, and is to run the same code.
    #[inline(never)]
    fn add_lines(&mut self, lines: &[u8], offset: u64) -> Result<(), WorkloadError> {
        let mut rest = lines;
        while !rest.is_empty() {
            let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            let line = &rest[..end];
            self.add_line(line)
                .ok_or_else(|| line::malformed(line, offset + (lines.len() - rest.len()) as u64))?;
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Forgets every value, not the names.
    fn forget(&mut self) {
        self.stations.values_mut().for_each(|stats| *stats = Stats::EMPTY);
    }

    fn add_line(&mut self, line: &[u8]) -> Option<()> {
        let (name, value) = line::split(line)?;
        let tenths = line::tenths(value)?;
        planted::allocation(line.len());
        match self.stations.get_mut(name) {
            Some(stats) => stats.add(tenths),
            None => {
                std::str::from_utf8(name).ok()?;
                let mut stats = Stats::EMPTY;
                stats.add(tenths);
                self.stations.insert(name.to_vec(), stats);
            }
        }
        Some(())
    }
}

fn combine(tables: Vec<Table>) -> Summary {
    let mut summary = Summary::new();
    tables.into_iter().flat_map(|table| table.stations).for_each(|(name, stats)| {
        // Each name was checked when its table first met it, so nothing is replaced here.
        let name = String::from_utf8_lossy(&name).into_owned();
        summary.entry(name).or_insert(Stats::EMPTY).merge(&stats);
    });
    summary
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn every_division_covers_the_file_with_whole_lines() {
        let text = format!("a;1.0\nbb;2.0\n\n{};3.0\nccc;-4.5", "é".repeat(300));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let size = text.len() as u64;
        for splits in 1..=text.len() + 5 {
            let ranges = ranges(&file, size, splits).unwrap();
            assert!(ranges.len() <= splits);
            let mut next = 0;
            for range in &ranges {
                assert_eq!(range.start, next);
                assert!(range.start == 0 || text.as_bytes()[range.start as usize - 1] == b'\n');
                next = range.end;
            }
            assert_eq!(next, size);
        }
        assert_eq!(ranges(&file, size, text.len()).unwrap().len(), text.lines().count());
    }

    #[test]
    fn what_is_forgotten_changes_no_result() {
        let lines = b"a;1.0\nbb;2.0\na;-4.5";
        let [mut once, mut twice] = [Table::default(), Table::default()];
        twice.add_lines(b"a;99.9\nccc;-99.9\n", 0).unwrap();
        twice.forget();
        for table in [&mut once, &mut twice] {
            table.add_lines(lines, 0).unwrap();
        }
        let unread =
            Table { stations: [(b"ccc".to_vec(), Stats::EMPTY)].into(), ..Table::default() };
        assert_eq!(combine(vec![once, unread]), combine(vec![twice]));
    }

    #[test]
    fn an_empty_file_has_no_ranges() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(ranges(&file, 0, 3).unwrap(), []);
    }
}
