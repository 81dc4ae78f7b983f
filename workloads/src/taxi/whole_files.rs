//! Schedules whose part is a whole file: one thread for all, a thread for each, or workers that take
//! them from a queue.
//!
//! A file is read record by record with the standard library, or batch by batch with the parquet crate.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::thread;
use std::time::Instant;

use workload_api::WorkloadError;

use super::groups::Groups;
use super::parts::{Part, Parts};
use super::records::{self, Layout};
use super::{Months, Query, row_groups};
use crate::data::TaxiFormat;
use crate::workers::Workers;

/// One thread, one file after the other.
///
/// # Errors
/// When a file cannot be read or has a malformed record.
pub(super) fn single(query: &Query) -> Result<Parts, WorkloadError> {
    let parts: Result<Vec<_>, _> = query.files.iter().map(|path| part(query, path)).collect();
    Ok(Parts::of(&parts?))
}

/// A thread for each file, all at once.
///
/// # Errors
/// As [`single`]; the first file's.
pub(super) fn thread_per_file(query: &Query) -> Result<Parts, WorkloadError> {
    let parts: Result<Vec<_>, _> = thread::scope(|scope| {
        let threads: Vec<_> =
            query.files.iter().map(|path| scope.spawn(move || part(query, path))).collect();
        threads
            .into_iter()
            .map(|thread| {
                thread.join().unwrap_or_else(|_| Err(WorkloadError::new("a thread panicked")))
            })
            .collect()
    });
    Ok(Parts::of(&parts?))
}

/// Workers take one file after the other.
///
/// # Errors
/// As [`single`]; the first file's.
pub(super) fn files(query: &Query, workers: &Workers) -> Result<Parts, WorkloadError> {
    let parts = workers.map(query.files.len(), |index| part(query, &query.files[index]))?;
    Ok(Parts::of(&parts))
}

fn part(query: &Query, path: &Path) -> Result<Part, WorkloadError> {
    let start = Instant::now();
    let groups = match query.format {
        TaxiFormat::Csv => csv(path, query.filter)?,
        TaxiFormat::Parquet => row_groups::file(path)?,
    };
    Ok(Part { groups, time: start.elapsed() })
}

/// Reads a file line by line; a record goes on while it is within quotes.
fn csv(path: &Path, filter: Option<Months>) -> Result<Groups, WorkloadError> {
    let failed = |error: &dyn std::fmt::Display| {
        WorkloadError::context(&format!("reading {}", path.display()), error)
    };
    let mut lines = BufReader::new(File::open(path).map_err(|error| failed(&error))?);
    let (mut groups, mut record, mut at) = (Groups::new(), Vec::new(), 0);
    let mut layout = None;
    loop {
        record.clear();
        while record.is_empty() || records::ends_quoted(&record) {
            if lines.read_until(b'\n', &mut record).map_err(|error| failed(&error))? == 0 {
                break;
            }
        }
        let bytes = record.len() as u64;
        // A newline that is left within quotes is none.
        let content = match record.strip_suffix(b"\n") {
            Some(content) if !records::ends_quoted(&record) => content,
            _ => &record,
        };
        match &layout {
            None => layout = Some(Layout::of(content).map_err(|error| failed(&error))?),
            Some(_) if bytes == 0 => return Ok(groups),
            Some(layout) => {
                let row = layout.parse(content);
                let (place, cents) =
                    row.ok_or_else(|| failed(&records::malformed(content, at, layout)))?;
                if filter.is_none_or(|months| months.hold(layout.month(content))) {
                    groups.add(place, cents);
                }
            }
        }
        at += bytes;
    }
}
