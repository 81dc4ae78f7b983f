//! A global allocator that can count: how often and how much the work allocates.
//!
//! A worker installs it as its global allocator; [`crate::serve`] switches the counting on when the
//! harness asks for it, which it does in a pass of its own and never while it takes times. Switched
//! off, each call costs one load and one branch. It hands every call on and keeps no memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

/// Counts what goes through another allocator, the system's unless told otherwise. The one line that
/// a worker needs:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: workload_api::CountingAllocator = workload_api::CountingAllocator::new();
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct CountingAllocator<A = System>(A);

/// What was allocated during the work, by all threads of the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// New blocks.
    pub allocations: u64,
    /// Blocks that were resized.
    pub reallocations: u64,
    /// Bytes asked for: of new blocks all, of resized ones what they grew by.
    pub bytes: u64,
    /// Most bytes that were allocated at one moment of the work, what stood before it included.
    pub peak_bytes: u64,
}

static COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static REALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
// Blocks from before the counting began may be freed after it, so this may be below 0.
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

impl CountingAllocator {
    /// Around the system's allocator.
    pub const fn new() -> Self {
        Self(System)
    }
}

impl Default for CountingAllocator {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> CountingAllocator<A> {
    /// Around another allocator.
    pub const fn around(allocator: A) -> Self {
        Self(allocator)
    }
}

#[expect(unsafe_code, reason = "a global allocator cannot be written without")]
// SAFETY: every call goes on to the allocator inside, with the arguments of the caller, and its
// result comes back as it is. The counting itself allocates nothing and cannot panic.
//
// Whether to count is asked before the call and not after it, so that without counting nothing is
// left to do when it comes back: a jump into the allocator, and no frame of ours on the stack.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !COUNTING.load(Relaxed) {
            // SAFETY: as the caller promises.
            return unsafe { self.0.alloc(layout) };
        }
        // SAFETY: as the caller promises.
        grown(&ALLOCATIONS, unsafe { self.0.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !COUNTING.load(Relaxed) {
            // SAFETY: as the caller promises.
            return unsafe { self.0.alloc_zeroed(layout) };
        }
        // SAFETY: as the caller promises.
        grown(&ALLOCATIONS, unsafe { self.0.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if COUNTING.load(Relaxed) {
            shrunk(layout.size());
        }
        // SAFETY: as the caller promises.
        unsafe { self.0.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !COUNTING.load(Relaxed) {
            // SAFETY: as the caller promises.
            return unsafe { self.0.realloc(block, layout, size) };
        }
        // SAFETY: as the caller promises.
        let moved = unsafe { self.0.realloc(block, layout, size) };
        if size < layout.size() && !moved.is_null() {
            shrunk(layout.size() - size);
        }
        grown(&REALLOCATIONS, moved, size.saturating_sub(layout.size()))
    }
}

/// Counts bytes that are given back.
#[cold]
fn shrunk(bytes: usize) {
    LIVE.fetch_sub(signed(bytes), Relaxed);
}

/// Counts one call that gave `bytes` more than there were, and returns the block.
#[cold]
fn grown(calls: &AtomicU64, block: *mut u8, bytes: usize) -> *mut u8 {
    if !block.is_null() {
        calls.fetch_add(1, Relaxed);
        BYTES.fetch_add(bytes as u64, Relaxed);
        let live = LIVE.fetch_add(signed(bytes), Relaxed) + signed(bytes);
        PEAK.fetch_max(live, Relaxed);
    }
    block
}

fn signed(bytes: usize) -> i64 {
    // A block is at most isize::MAX bytes long.
    bytes as i64
}

/// Switches the counting on, for the rest of the life of this process. `false` where the program
/// has another global allocator, so that nothing can be counted.
pub fn count() -> bool {
    COUNTING.store(true, Relaxed);
    let before = ALLOCATIONS.load(Relaxed);
    drop(black_box(Box::new(0_u64)));
    ALLOCATIONS.load(Relaxed) > before
}

/// The counts at the beginning of something.
#[derive(Clone, Copy, Debug)]
pub struct Since(Allocation);

impl Since {
    /// From here on. The peak begins anew with what is allocated now, so two of these at once would
    /// be in each other's way.
    pub fn now() -> Self {
        PEAK.store(LIVE.load(Relaxed), Relaxed);
        Self(so_far())
    }

    /// What was allocated since.
    pub fn counted(self) -> Allocation {
        let (before, now) = (self.0, so_far());
        Allocation {
            allocations: now.allocations - before.allocations,
            reallocations: now.reallocations - before.reallocations,
            bytes: now.bytes - before.bytes,
            peak_bytes: now.peak_bytes,
        }
    }
}

/// What was counted since [`count`], by all threads; the peak is that of the last [`Since`].
pub fn so_far() -> Allocation {
    Allocation {
        allocations: ALLOCATIONS.load(Relaxed),
        reallocations: REALLOCATIONS.load(Relaxed),
        bytes: BYTES.load(Relaxed),
        peak_bytes: PEAK.load(Relaxed).max(0).unsigned_abs(),
    }
}
