//! A file that many threads write at once, in pieces whose order is fixed and whose sizes are not
//! known before.
//!
//! Datasets use it. A thread makes its piece, waits until the sizes of all earlier pieces are
//! known, and then writes while others make theirs.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use workload_api::WorkloadError;

use super::text::Text;
use crate::workers::Workers;

/// A file that is being written.
pub(crate) struct FileWriter<'a> {
    file: File,
    workers: &'a Workers,
    progress: &'a (dyn Fn(u64) + Sync),
    next: Mutex<Next>,
    changed: Condvar,
}

/// The piece whose place is known next, and that place.
#[derive(Clone, Copy)]
struct Next {
    piece: usize,
    offset: u64,
    failed: bool,
}

impl<'a> FileWriter<'a> {
    /// Creates the file.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(super) fn create(
        path: &Path,
        workers: &'a Workers,
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> io::Result<Self> {
        let next = Mutex::new(Next { piece: 0, offset: 0, failed: false });
        Ok(Self { file: File::create(path)?, workers, progress, next, changed: Condvar::new() })
    }

    /// Writes pieces `0..count` in this order. Each thread keeps its text's memory from piece to piece;
    /// `make` is given it empty.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn pieces(
        &self,
        count: usize,
        make: impl Fn(usize, &mut Text) + Sync,
    ) -> io::Result<()> {
        let wrote = self.workers.fold(count, Text::new, |text, piece| {
            text.clear();
            let unless_done = FailUnlessDone(self);
            make(piece, text);
            std::mem::forget(unless_done);
            let placed = self.place(piece, text.as_bytes());
            placed.map_err(|error| WorkloadError::new(error.to_string()))
        });
        wrote.map(drop).map_err(io::Error::other)
    }

    fn place(&self, piece: usize, bytes: &[u8]) -> io::Result<()> {
        // A lock poisoned by a panic still holds a whole value; the panic itself is passed on.
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = self
            .changed
            .wait_while(next, |next| next.piece != piece && !next.failed)
            .unwrap_or_else(PoisonError::into_inner);
        if next.failed {
            return Err(io::Error::other("an earlier piece could not be written"));
        }
        let offset = next.offset;
        *next = Next { piece: piece + 1, offset: offset + bytes.len() as u64, failed: false };
        drop(next);
        self.changed.notify_all();
        let wrote = self.file.write_all_at(bytes, offset);
        if wrote.is_err() {
            self.fail();
        }
        (self.progress)(offset + bytes.len() as u64);
        wrote
    }

    fn fail(&self) {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
        self.changed.notify_all();
    }
}

/// A thread that panics while it makes its piece must not leave the others waiting for it.
struct FailUnlessDone<'a, 'w>(&'a FileWriter<'w>);

impl Drop for FailUnlessDone<'_, '_> {
    fn drop(&mut self) {
        self.0.fail();
    }
}
