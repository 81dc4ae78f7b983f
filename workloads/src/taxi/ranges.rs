//! The schedule over byte ranges: files are cut anywhere, and each part begins with the first record
//! at or behind its cut.
//!
//! A newline does not say where a record ends, because it may stand within quotes; whether it does
//! depends on all quotes before it. So the file is read twice: first every range counts its quotes,
//! then, knowing on which side of a quote it begins, it reads its records.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use workload_api::WorkloadError;

use super::Query;
use super::groups::Groups;
use super::parts::{Part, Parts};
use super::records::{self, Layout};
use crate::workers::Workers;

/// Bytes read at once while looking for the end of a header or of a range's last record.
const LOOK_BYTES: u64 = 4096;

/// A file and what all its ranges need to know.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) layout: Layout,
    /// Where the first record begins.
    pub(super) body: u64,
}

impl<'a> Source<'a> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When it cannot be read, or lacks a column.
    pub(super) fn open(path: &'a Path) -> Result<Self, WorkloadError> {
        let file = File::open(path).map_err(|error| failed(path, &error))?;
        let size = file.metadata().map_err(|error| failed(path, &error))?.len();
        let mut header = Vec::new();
        extend_to_record_end(&file, &mut header, 0, size, false)
            .map_err(|error| failed(path, &error))?;
        let end = records::record_bytes(&header, false).unwrap_or(header.len());
        let layout = Layout::of(&header[..end]).map_err(|error| failed(path, &error))?;
        Ok(Self { path, file, size, layout, body: (end as u64 + 1).min(size) })
    }

    /// The file in parts of about `bytes` bytes.
    pub(super) fn parts(&self, bytes: u64) -> impl Iterator<Item = Range<u64>> {
        let (body, size) = (self.body, self.size);
        (body..size).step_by(bytes as usize).map(move |at| at..(at + bytes).min(size))
    }

    /// The error of a malformed record at byte `at`.
    pub(super) fn malformed(&self, record: &[u8], at: u64) -> WorkloadError {
        failed(self.path, &records::malformed(record, at, &self.layout))
    }
}

pub(super) fn failed(path: &Path, error: &dyn std::fmt::Display) -> WorkloadError {
    WorkloadError::context(&format!("reading {}", path.display()), error)
}

/// Workers read ranges of about `bytes` bytes of all files. Also says how long finding the
/// boundaries took.
///
/// # Errors
/// When a file cannot be read or has a malformed record; with several, the first one's error.
pub(super) fn ranges(
    query: &Query,
    bytes: u64,
    workers: &Workers,
) -> Result<(Parts, Duration), WorkloadError> {
    let sources =
        query.files.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<_> = sources
        .iter()
        .flat_map(|source| source.parts(bytes).map(move |range| (source, range)))
        .collect();
    let start = Instant::now();
    let quotes = workers.map(parts.len(), |index| {
        let (source, range) = &parts[index];
        let text = read(source, range)?;
        Ok(records::quotes(&text))
    })?;
    let mut before = 0;
    let quoted: Vec<_> = std::iter::zip(&parts, quotes)
        .map(|((source, range), quotes)| {
            if range.start == source.body {
                before = 0;
            }
            before += quotes;
            (before - quotes) % 2 == 1
        })
        .collect();
    let boundary_time = start.elapsed();
    let done = workers.map(parts.len(), |index| {
        let (source, range) = &parts[index];
        part(query, source, range, quoted[index])
    })?;
    Ok((Parts::of(&done), boundary_time))
}

/// The records that begin in a range.
fn part(
    query: &Query,
    source: &Source<'_>,
    range: &Range<u64>,
    quoted: bool,
) -> Result<Part, WorkloadError> {
    let start = Instant::now();
    let (mut text, mut groups) = (read(source, range)?, Groups::new());
    let begins = range.start == source.body || {
        let mut byte = [0];
        let before = source.file.read_exact_at(&mut byte, range.start - 1);
        before.map_err(|error| failed(source.path, &error))?;
        byte == *b"\n" && !quoted
    };
    let mut at = match (begins, records::record_bytes(&text, quoted)) {
        (true, _) => 0,
        (false, Some(bytes)) => bytes + 1,
        // The whole range lies within a record of an earlier one.
        (false, None) => text.len(),
    };
    if at < text.len() {
        let within = records::ends_quoted(&text[at..]);
        let (behind, Source { file, size, .. }) = (range.end, source);
        if within || text.last() != Some(&b'\n') {
            extend_to_record_end(file, &mut text, behind, *size, within)
                .map_err(|error| failed(source.path, &error))?;
        }
    }
    let reach = (range.end - range.start) as usize;
    while at < reach {
        let bytes = records::record_bytes(&text[at..], false).unwrap_or(text.len() - at);
        let record = &text[at..at + bytes];
        let row = source.layout.parse(record);
        let (place, cents) =
            row.ok_or_else(|| source.malformed(record, range.start + at as u64))?;
        if query.filter.is_none_or(|months| months.hold(source.layout.month(record))) {
            groups.add(place, cents);
        }
        at += bytes + 1;
    }
    Ok(Part { groups, time: start.elapsed() })
}

fn read(source: &Source<'_>, range: &Range<u64>) -> Result<Vec<u8>, WorkloadError> {
    let mut text = vec![0; (range.end - range.start) as usize];
    let read = source.file.read_exact_at(&mut text, range.start);
    read.map_err(|error| failed(source.path, &error)).map(|()| text)
}

/// Appends what stands from byte `at` of a file to the end of the record there, and perhaps some more.
/// `quoted` says whether `at` is within quotes.
pub(super) fn extend_to_record_end(
    file: &File,
    text: &mut Vec<u8>,
    mut at: u64,
    size: u64,
    mut quoted: bool,
) -> io::Result<()> {
    while at < size {
        let (known, more) = (text.len(), LOOK_BYTES.min(size - at));
        text.resize(known + more as usize, 0);
        file.read_exact_at(&mut text[known..], at)?;
        if records::record_bytes(&text[known..], quoted).is_some() {
            break;
        }
        quoted ^= records::ends_quoted(&text[known..]);
        at += more;
    }
    Ok(())
}
