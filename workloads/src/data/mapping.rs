//! A part of a file in memory, and which of its pages are there.
//!
//! `page_cache` asks about pages, and the workload `reading` compares mapping with reading. This is
//! the only file that maps; everything else sees a slice.

#![expect(unsafe_code, reason = "mmap, mincore and munmap, which have no safe form")]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

/// Bytes of a page of memory. Asked of libc: what rustix reads from the process's auxiliary vector
/// is not there under valgrind, where it dies of it (seen with rustix 1.1 and valgrind 3.19).
pub(crate) fn page_bytes() -> usize {
    // SAFETY: a question without pointers.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    // OK because Linux has no machine whose pages are smaller.
    usize::try_from(bytes).unwrap_or(4096)
}

/// Bytes of a file, mapped to be read. The file must not become shorter meanwhile; reading beyond
/// its end would kill the process. Datasets are whole before they have a name.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
}

impl Mapping {
    /// Maps `bytes` bytes, at least one, from `offset` on, which is a multiple of the page size.
    ///
    /// # Errors
    /// When they cannot be mapped.
    pub(crate) fn new(file: &File, offset: u64, bytes: usize) -> io::Result<Self> {
        let offset = i64::try_from(offset).map_err(io::Error::other)?;
        // SAFETY: a new mapping at a place of the kernel's choice; nothing else is touched.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at zero"))?;
        Ok(Self { start, bytes })
    }

    /// The share of the pages that the page cache holds.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub(super) fn resident_share(&self) -> io::Result<f64> {
        let mut pages = vec![0_u8; self.bytes.div_ceil(page_bytes())];
        // SAFETY: the range is this mapping, and `pages` has a byte for each of its pages.
        let asked =
            unsafe { libc::mincore(self.start.as_ptr().cast(), self.bytes, pages.as_mut_ptr()) };
        if asked != 0 {
            return Err(io::Error::last_os_error());
        }
        let resident = pages.iter().filter(|page| **page & 1 == 1).count();
        Ok(resident as f64 / pages.len() as f64)
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: so many bytes are mapped to be read until this is dropped.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this mapping, and no slice of it outlives it.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}
