//! Changes that are planted on purpose, each behind a cargo feature that no normal build has: what
//! `dyno gate` must find. `docs/gate.md` says how often it did. Only `aggregation` calls it.

use std::hint::black_box;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

/// How much of the work is done a second time, in per cent.
const REPEATED: u64 = if cfg!(feature = "planted-work-5") {
    5
} else if cfg!(feature = "planted-work-3") {
    3
} else {
    0
};

/// The part of a range that is worked on a second time; nothing without the feature.
pub(crate) fn repeated(range: &Range<u64>) -> Option<Range<u64>> {
    let bytes = (range.end - range.start) * REPEATED / 100;
    (bytes > 0).then(|| range.start..range.start + bytes)
}

/// An allocation that nobody needs, where that is planted.
#[inline]
pub(crate) fn allocation(number: usize) {
    if cfg!(feature = "planted-allocation") {
        black_box(Box::new(number));
    }
}

/// A lock that lets only one worker go on at a time, where that is planted.
pub(crate) fn serialised() -> Option<MutexGuard<'static, ()>> {
    static LOCK: Mutex<()> = Mutex::new(());
    // A worker that panicked has told its error itself.
    let lock = || LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    cfg!(feature = "planted-mutex").then(lock)
}
