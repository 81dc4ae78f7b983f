//! The pipeline as fast as we know how: contacts go from random words straight into Parquet pages.
//!
//! `pipeline` calls [`run`] for `variant = limit`. Each worker draws a batch into flat arrays, makes
//! one page per column of it and writes a file of its own; no Arrow array and no channel stands
//! between. The contacts are those of the light sampler, word for word; `docs/limits.md` says what
//! each part costs.

mod draw;
mod file;
mod halves;
mod levels;
mod pages;
mod random;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use workload_api::WorkloadError;

use self::draw::Drawn;
use self::file::ContactsFile;
use self::halves::Halves;
use self::pages::Ids;
use self::random::Words;
use super::numbers::PHONES_MAX;
use super::options::Options;
use super::parquet_file::Written;
use super::stage::chunk_seed;
use super::words::{Codec, IdSource, Sampler};
use crate::workers::Workers;

/// What one run wrote: rows and bytes of all files, and the batches in them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    pub(crate) written: Written,
    pub(crate) batches: u64,
}

/// Makes sure that the options are among those that this way has.
///
/// # Errors
/// The first one that is not, and what is allowed.
pub(crate) fn accepts(options: &Options) -> Result<(), WorkloadError> {
    let refuse = |what: String| Err(WorkloadError::new(format!("variant = limit {what}")));
    if options.variant.sampler != Sampler::Lightweight {
        return refuse("draws as sampler = lightweight does, found proptest".to_owned());
    }
    if options.file.compression != Codec::Uncompressed || !options.file.dictionary {
        return refuse("writes with compression = uncompressed and dictionary = true".to_owned());
    }
    let batch = options.rows_per_batch();
    if (options.file.row_group_rows as u64) < batch {
        return refuse(format!("needs row_group_rows of at least {batch}, the rows of a batch"));
    }
    Ok(())
}

/// Writes all contacts of a run; each worker writes one of the files at `paths`.
///
/// # Errors
/// When a file cannot be written; the other workers stop soon after.
pub(crate) fn run(
    options: &Options,
    seed: u64,
    workers: &Workers,
    paths: &[PathBuf],
) -> Result<Done, WorkloadError> {
    let halves = Halves::new()?;
    let street = Street {
        options,
        seed,
        halves: &halves,
        next_batch: AtomicU64::new(0),
        next_id: AtomicU64::new(0),
    };
    let next_path = AtomicUsize::new(0);
    let all = workers.each(|| {
        let done = street.walk(&paths[next_path.fetch_add(1, Ordering::Relaxed)]);
        if done.is_err() {
            street.next_batch.store(options.batches(), Ordering::Relaxed);
        }
        done
    });
    all.into_iter().try_fold(Done::default(), |sum, done| {
        let done = done?;
        Ok(Done {
            written: Written {
                rows: sum.written.rows + done.written.rows,
                bytes: sum.written.bytes + done.written.bytes,
            },
            batches: sum.batches + done.batches,
        })
    })
}

/// What all workers of a run share.
struct Street<'a> {
    options: &'a Options,
    seed: u64,
    halves: &'a Halves,
    next_batch: AtomicU64,
    next_id: AtomicU64,
}

impl Street<'_> {
    /// Takes batches until none is left, and writes them to the file at `path`.
    fn walk(&self, path: &Path) -> Result<Done, WorkloadError> {
        let options = self.options;
        let mut file = ContactsFile::create(path, options)?;
        let mut words = Words::new();
        let mut drawn = Drawn::new(options.rows_per_batch() as usize, self.halves);
        let mut batches = 0;
        loop {
            let batch = self.next_batch.fetch_add(1, Ordering::Relaxed);
            if batch >= options.batches() {
                break;
            }
            let first = batch * options.rows_per_batch();
            let rows = first..(first + options.rows_per_batch()).min(options.rows);
            self.draw(rows, &mut words, &mut drawn);
            file.write(&drawn, self.halves, self.ids(first, drawn.numbers()))?;
            batches += 1;
        }
        Ok(Done { written: file.finish(self.halves)?, batches })
    }

    fn draw(&self, rows: Range<u64>, words: &mut Words, drawn: &mut Drawn) {
        let chunk_rows = self.options.chunk_rows;
        drawn.clear();
        for chunk in rows.start / chunk_rows..rows.end.div_ceil(chunk_rows) {
            let first = chunk * chunk_rows;
            let count = (first + chunk_rows).min(rows.end) - first;
            drawn.chunk(words, chunk_seed(self.seed, chunk), count as usize);
        }
    }

    /// The ids of a batch that begins at row `first` and has this many numbers.
    fn ids(&self, first: u64, numbers: u64) -> Ids {
        match self.options.variant.ids {
            // The study counts one by one. The ids of all batches together are the same ones.
            IdSource::Atomic => Ids::shared(self.next_id.fetch_add(numbers, Ordering::Relaxed)),
            IdSource::Partitioned => Ids::of_batch(first * PHONES_MAX),
        }
    }
}
