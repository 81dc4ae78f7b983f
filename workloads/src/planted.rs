//! Changes that are planted on purpose: what `dyno gate` must find. `docs/gate.md` says how often it
//! did. Only `aggregation` calls it.
//!
//! The variable `DYNO_PLANTED` of the build says which; a normal build has none. It is no cargo
//! feature, because a feature gives the crate another hash and its functions another order: two
//! builds would differ by their layout too.

use std::hint::black_box;
use std::sync::{Mutex, MutexGuard};

const PLANTED: &[u8] = match option_env!("DYNO_PLANTED") {
    Some(name) => name.as_bytes(),
    None => b"",
};

/// How much of the work is done a second time, in per cent.
const REPEATED: u64 = match PLANTED {
    b"work-5" => 5,
    b"work-3" => 3,
    b"allocation" | b"mutex" | b"" => 0,
    _ => panic!("DYNO_PLANTED can be work-5, work-3, allocation or mutex"),
};

/// How many of `bytes` are worked on a second time; none in a normal build.
///
/// Every build asks this at run time, once in an execution: so all have the same code, and what is
/// planted costs its share and nothing else.
pub(crate) fn repeated(bytes: u64) -> Option<u64> {
    let share = black_box(REPEATED);
    (share > 0).then_some(bytes * share / 100)
}

/// An allocation that nobody needs, where that is planted.
#[inline]
pub(crate) fn allocation(number: usize) {
    if matches!(PLANTED, b"allocation") {
        black_box(Box::new(number));
    }
}

/// A lock that lets only one worker go on at a time, where that is planted.
pub(crate) fn serialised() -> Option<MutexGuard<'static, ()>> {
    static LOCK: Mutex<()> = Mutex::new(());
    // A worker that panicked has told its error itself.
    let lock = || LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    matches!(PLANTED, b"mutex").then(lock)
}
