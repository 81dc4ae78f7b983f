//! The schedule `limit` over CSV: as fast as this program can be made, on every file that the others
//! accept.
//!
//! Files are cut into parts anywhere. A part supposes that it begins outside quotes, counts its own
//! quotes while it works, and is done again if the parts before it turn out to have left one open; so
//! nothing is read twice where no quote stands across a cut. The idea is that of Ge, Li, Eilebrecht,
//! Chandramouli and Kossmann, "Speculative Distributed CSV Data Parsing for Big Data Analytics" (2019).
//! Parts are combined in the order of the files, each as soon as those before it are known, so that few
//! of them wait in memory.

mod kernel;

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use workload_api::WorkloadError;

use self::kernel::{PAD, Scratch};
use super::Query;
use super::groups::Groups;
use super::parts::{Part, Parts};
use super::ranges::{Source, extend_to_record_end, failed};
use super::records;
use crate::instructions::Level;
use crate::workers::Workers;

/// Bytes of a part, and of what is read at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) part: u64,
    pub(super) block: usize,
}

/// Runs the query over all files, part by part.
///
/// # Errors
/// When a file cannot be read or has a malformed record; with several, the first one's error.
pub(super) fn limit(
    query: &Query,
    sizes: Sizes,
    workers: &Workers,
) -> Result<Parts, WorkloadError> {
    limit_with(Level::best(), query, sizes, workers)
}

/// As [`limit`], with a chosen set of instructions.
pub(super) fn limit_with(
    level: Level,
    query: &Query,
    sizes: Sizes,
    workers: &Workers,
) -> Result<Parts, WorkloadError> {
    let sources =
        query.files.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<_> = sources
        .iter()
        .flat_map(|source| source.parts(sizes.part).map(move |range| (source, range)))
        .collect();
    let run = |index: usize, quoted: bool| {
        let (source, range) = &parts[index];
        Reader::new(level, sizes.block, source, range.clone(), quoted).run()
    };
    let in_order = Mutex::new(InOrder::new(&parts));
    workers.fold(
        parts.len(),
        || (),
        |(), index| {
            let done = run(index, false);
            // A lock poisoned by a panic still holds whole results; the panic itself is passed on by the
            // pool.
            in_order.lock().unwrap_or_else(PoisonError::into_inner).take(index, done)
        },
    )?;
    let in_order = in_order.into_inner().unwrap_or_else(PoisonError::into_inner);
    let InOrder { all, again, error, .. } = in_order;
    // What is done again comes before any error, so an error there is the first one.
    let mut done = workers.fold(again.len(), Parts::new, |all, place| {
        all.add(&run(again[place], true)?.part);
        Ok(())
    })?;
    done.push(all);
    error.map_or(Ok(Parts::together(done)), Err)
}

/// A part of a file.
type Place<'a> = (&'a Source<'a>, Range<u64>);

/// Takes the results of parts, in whatever order they come, and combines them in that of the files.
struct InOrder<'a> {
    parts: &'a [Place<'a>],
    /// Results that came before those of earlier parts.
    waiting: BTreeMap<usize, Result<Done, WorkloadError>>,
    next: usize,
    /// Whether the next part begins within quotes.
    quoted: bool,
    all: Parts,
    /// Parts that supposed the wrong thing.
    again: Vec<usize>,
    /// That of the first part that supposed the right thing and has one; nothing behind it counts.
    error: Option<WorkloadError>,
}

impl<'a> InOrder<'a> {
    fn new(parts: &'a [Place<'a>]) -> Self {
        let (waiting, all, again) = (BTreeMap::new(), Parts::new(), Vec::new());
        Self { parts, waiting, next: 0, quoted: false, all, again, error: None }
    }

    /// Takes what a part came to when it supposed that it begins outside quotes. An error that rests
    /// on a false supposition is none, so it is a result like any other here.
    fn take(
        &mut self,
        index: usize,
        done: Result<Done, WorkloadError>,
    ) -> Result<(), WorkloadError> {
        self.waiting.insert(index, done);
        while let Some(done) = self.waiting.remove(&self.next) {
            let (source, range) = &self.parts[self.next];
            let quoted = self.quoted && range.start > source.body;
            let odd_quotes = match &done {
                Ok(done) => done.odd_quotes,
                Err(_) => odd_quotes(source, range)?,
            };
            match done {
                _ if self.error.is_some() => {}
                _ if quoted => self.again.push(self.next),
                Ok(done) => self.all.add(&done.part),
                Err(error) => self.error = Some(error),
            }
            self.quoted = quoted ^ odd_quotes;
            self.next += 1;
        }
        Ok(())
    }
}

fn odd_quotes(source: &Source<'_>, range: &Range<u64>) -> Result<bool, WorkloadError> {
    let mut text = vec![0; (range.end - range.start) as usize];
    let read = source.file.read_exact_at(&mut text, range.start);
    read.map_err(|error| failed(source.path, &error))?;
    Ok(records::ends_quoted(&text))
}

/// The result of a part.
struct Done {
    part: Part,
    /// Whether the part has an odd number of quotes, so that the next one begins on the other side.
    odd_quotes: bool,
}

/// Reads a part in blocks; what is left of a block's last record goes before the next one.
struct Reader<'a> {
    level: Level,
    source: &'a Source<'a>,
    range: Range<u64>,
    block: usize,
    buffer: Vec<u8>,
    scratch: Scratch,
    groups: Groups,
    quoted: bool,
}

impl<'a> Reader<'a> {
    fn new(
        level: Level,
        block: usize,
        source: &'a Source<'a>,
        range: Range<u64>,
        quoted: bool,
    ) -> Self {
        let buffer = vec![b'\n'; 2 * (PAD + block)];
        let (scratch, groups) = (Scratch::default(), Groups::new());
        Self { level, source, range, block, buffer, scratch, groups, quoted }
    }

    /// Adds the records that begin in the part.
    fn run(mut self) -> Result<Done, WorkloadError> {
        let (start, mut at) = (Instant::now(), self.range.start);
        let (mut skipping, mut open) = (!self.begins_with_record()?, self.quoted);
        // Bytes of a record whose end is not read yet.
        let mut carried = 0;
        while at < self.range.end {
            let more = (self.block as u64).min(self.range.end - at) as usize;
            let (mut from, known) = (PAD, PAD + carried);
            let end = known + more;
            self.buffer.resize(self.buffer.len().max(end + PAD), b'\n');
            self.read(known..end, at)?;
            at += more as u64;
            if skipping {
                let text = &self.buffer[from..end];
                let Some(bytes) = records::record_bytes(text, open) else {
                    open ^= records::ends_quoted(text);
                    continue;
                };
                (skipping, from) = (false, PAD + bytes + 1);
            }
            let Self { level, buffer, scratch, groups, source, .. } = &mut self;
            let layout = &source.layout;
            let done = kernel::run(*level, (buffer, from..end), layout, scratch, groups);
            let done = done.map_err(|record| {
                let bytes = records::record_bytes(&buffer[record..end], false);
                let text = &buffer[record..bytes.map_or(end, |bytes| record + bytes)];
                source.malformed(text, at - (end - record) as u64)
            })?;
            open = done.open;
            carried = end - done.end;
            self.buffer.copy_within(done.end..end, PAD);
        }
        if carried > 0 {
            self.add_last(carried, open)?;
        }
        let part = Part { groups: self.groups, time: start.elapsed() };
        Ok(Done { part, odd_quotes: open != self.quoted })
    }

    fn begins_with_record(&self) -> Result<bool, WorkloadError> {
        let mut byte = [b'\n'];
        if self.range.start > self.source.body {
            let read = self.source.file.read_exact_at(&mut byte, self.range.start - 1);
            read.map_err(|error| failed(self.source.path, &error))?;
        }
        Ok(byte == *b"\n" && !self.quoted)
    }

    fn read(&mut self, place: Range<usize>, at: u64) -> Result<(), WorkloadError> {
        let read = self.source.file.read_exact_at(&mut self.buffer[place], at);
        read.map_err(|error| failed(self.source.path, &error))
    }

    /// Adds the record that begins in the part and ends behind it; `open` says whether the part ends
    /// within quotes.
    fn add_last(&mut self, carried: usize, open: bool) -> Result<(), WorkloadError> {
        let Source { path, file, size, layout, .. } = self.source;
        let mut record = self.buffer[PAD..PAD + carried].to_vec();
        extend_to_record_end(file, &mut record, self.range.end, *size, open)
            .map_err(|error| failed(path, &error))?;
        record.truncate(records::record_bytes(&record, false).unwrap_or(record.len()));
        let (place, cents) = layout
            .parse(&record)
            .ok_or_else(|| self.source.malformed(&record, self.range.end - carried as u64))?;
        self.groups.add(place, cents);
        Ok(())
    }
}
