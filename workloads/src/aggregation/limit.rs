//! The variant `limit`: as fast as this program can be made, on any file that the rules allow.
//!
//! Workers read blocks of the file into a buffer that stays in their L2 cache, and `kernel` takes
//! lines from there in a few passes over many lines at once instead of one pass per line. A line
//! that is malformed is found, not explained, by the kernel; its block is then read again as every
//! other variant would.

mod kernel;
mod table;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use workload_api::WorkloadError;

pub(super) use self::kernel::Kernel;
use self::kernel::{PAD, Scratch};
use self::table::Table;
use super::line::{self, LINE_BYTES_MAX};
use super::stats::{Stats, Summary};
use crate::workers::Workers;

/// Bytes read beyond a block, for the end of its last line; a line without end in them is too long.
const BEYOND: usize = 2 * LINE_BYTES_MAX;

/// Aggregates a file that is read in blocks of `block` bytes. Also says how long combining the
/// workers' tables took.
///
/// # Errors
/// When the file cannot be read, or a line is malformed; with several, the first one's error.
pub(super) fn aggregate(
    path: &Path,
    block: usize,
    workers: &Workers,
) -> Result<(Summary, Duration), WorkloadError> {
    // OK because the last one of all kernels runs everywhere.
    aggregate_with(Kernel::all()[0], path, block, workers)
}

/// As [`aggregate`], with a chosen set of instructions.
pub(super) fn aggregate_with(
    kernel: Kernel,
    path: &Path,
    block: usize,
    workers: &Workers,
) -> Result<(Summary, Duration), WorkloadError> {
    let failed = |error| WorkloadError::context(&format!("reading {}", path.display()), error);
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let blocks = size.div_ceil(block as u64) as usize;
    let state = || Worker::new(kernel, block);
    let workers = workers.fold(blocks, state, |worker, index| {
        let start = index as u64 * block as u64;
        let text = worker.read(&file, (start, size)).map_err(failed)?;
        worker.add(text, start)
    })?;
    let start = Instant::now();
    let summary = combine(workers.into_iter().map(|worker| worker.table));
    Ok((summary, start.elapsed()))
}

/// One thread's buffers and table.
struct Worker {
    kernel: Kernel,
    block: usize,
    buffer: Vec<u8>,
    scratch: Scratch,
    table: Table,
}

/// Which bytes of the buffer are lines that begin in a block, and whether one follows that has no
/// end within reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Text {
    from: usize,
    to: usize,
    endless: bool,
}

impl Worker {
    fn new(kernel: Kernel, block: usize) -> Self {
        let buffer = vec![b'\n'; PAD + 1 + block + BEYOND + 1 + PAD];
        Self { kernel, block, buffer, scratch: Scratch::new(), table: Table::new() }
    }

    /// Reads the block that begins at byte `start`, the byte before it and some behind it.
    fn read(&mut self, file: &File, (start, size): (u64, u64)) -> std::io::Result<Text> {
        // With the byte before it, a block knows whether it begins with a line. Before the first
        // block there is the padding's newline.
        let before = usize::from(start > 0);
        let wanted = (size - start).min((self.block + BEYOND) as u64) as usize;
        let bytes = &mut self.buffer[PAD + 1 - before..PAD + 1 + wanted];
        file.read_exact_at(bytes, start - before as u64)?;
        if start == 0 {
            self.buffer[PAD] = b'\n';
        }
        let (mut end, is_last) = (PAD + 1 + wanted, start + wanted as u64 == size);
        if is_last && self.buffer[end - 1] != b'\n' {
            self.buffer[end] = b'\n';
            end += 1;
        }
        let newline = |from: usize, to: usize| {
            self.buffer[from..to].iter().position(|&byte| byte == b'\n').map(|at| from + at + 1)
        };
        // Lines of this block begin before this, the last of them with the byte before at most.
        let limit = (PAD + 1 + self.block).min(end);
        let Some(from) = newline(PAD, limit - 1) else {
            return Ok(Text { from: limit, to: limit, endless: false });
        };
        Ok(match newline(limit - 1, end) {
            Some(to) => Text { from, to, endless: false },
            None => {
                let last = self.buffer[from..limit].iter().rposition(|&byte| byte == b'\n');
                Text { from, to: last.map_or(from, |at| from + at + 1), endless: true }
            }
        })
    }

    /// Adds the lines of a block that begins at byte `start` of the file.
    fn add(&mut self, text: Text, start: u64) -> Result<(), WorkloadError> {
        let Text { from, to, endless } = text;
        let Self { kernel, buffer, scratch, table, .. } = self;
        if !kernel.run(buffer, (from, to), scratch, table) {
            return Err(self.explain(text, start));
        }
        if endless {
            // So much was read beyond the block, and it is more than a line may have.
            let line = &self.buffer[to..to + BEYOND];
            return Err(line::malformed(line, start + (to - PAD - 1) as u64));
        }
        Ok(())
    }

    /// The error of the first malformed line.
    fn explain(&self, text: Text, start: u64) -> WorkloadError {
        let mut at = text.from;
        for line in self.buffer[text.from..text.to].split_inclusive(|&byte| byte == b'\n') {
            let content = &line[..line.len() - 1];
            if !line::is_measurement(content) {
                return line::malformed(content, start + (at - PAD - 1) as u64);
            }
            at += line.len();
        }
        WorkloadError::new(format!(
            "the fast parser and the careful one disagree about the block at byte {start}"
        ))
    }
}

fn combine(tables: impl Iterator<Item = Table>) -> Summary {
    let mut summary = Summary::new();
    for (name, stats) in tables.flat_map(Table::finish) {
        // Each name was checked when its table first met it, so nothing is replaced here.
        let name = String::from_utf8_lossy(&name).into_owned();
        summary.entry(name).or_insert(Stats::EMPTY).merge(&stats);
    }
    summary
}
