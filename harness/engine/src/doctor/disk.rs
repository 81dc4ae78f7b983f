//! How fast the data directory is written and read.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use crate::hygiene::evict_files;

/// Enough for a disk to leave its first burst, little enough to wait for.
const BYTES: usize = 64 << 20;

const BLOCK: usize = 1 << 20;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Bytes a second, written in sequence and synced.
    pub write: f64,
    /// Bytes a second, read in sequence; from the storage where the page cache let go of them.
    pub read: f64,
}

/// Writes 64 MiB into a directory, drops them from the page cache, reads them and removes them.
///
/// # Errors
/// When the directory cannot be written or read.
pub fn disk(directory: &Path) -> anyhow::Result<Speed> {
    let own = directory.join(format!("doctor-{}", std::process::id()));
    fs::create_dir_all(&own).with_context(|| format!("cannot create `{}`", own.display()))?;
    let outcome = measure(&own).with_context(|| format!("in `{}`", own.display()));
    let _ = fs::remove_dir_all(&own);
    outcome
}

fn measure(directory: &Path) -> anyhow::Result<Speed> {
    let path = directory.join("data");
    // Storage that compresses or finds equal blocks must not look fast.
    let mut state = 1_u64;
    let mut block: Vec<u8> = Vec::with_capacity(BLOCK);
    let began = Instant::now();
    let mut file = File::create(&path)?;
    let mut making = std::time::Duration::ZERO;
    for _ in 0..BYTES / BLOCK {
        let made = Instant::now();
        block.clear();
        while block.len() < BLOCK {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            block.extend((state ^ (state >> 29)).to_le_bytes());
        }
        making += made.elapsed();
        file.write_all(&block)?;
    }
    file.sync_all()?;
    let write = BYTES as f64 / (began.elapsed() - making).as_secs_f64();
    drop(file);
    // Where nothing can be evicted, what is read is the page cache; the mount tells.
    let _ = evict_files(directory);
    let began = Instant::now();
    let mut file = File::open(&path)?;
    block.resize(BLOCK, 0);
    while file.read(&mut block)? > 0 {}
    Ok(Speed { write, read: BYTES as f64 / began.elapsed().as_secs_f64() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_measured_and_left_as_it_was() {
        let temp = tempfile::tempdir().unwrap();
        let speed = disk(temp.path()).unwrap();
        assert!(speed.write > 0.0 && speed.read > 0.0);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
        fs::write(temp.path().join("file"), "").unwrap();
        let error = disk(&temp.path().join("file")).unwrap_err();
        assert!(error.to_string().contains("file/doctor-"), "{error}");
    }
}
