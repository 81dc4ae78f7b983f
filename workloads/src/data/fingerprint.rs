//! The fingerprint of a dataset: its size, and a hash that many threads compute at once.
//!
//! `data` writes it beside a dataset and compares it. A file is hashed in blocks, and the hashes of
//! the blocks once more; a folder's files one after another, by name.

use std::fmt;
use std::fs::{self, File};
use std::hash::Hasher;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use twox_hash::XxHash3_64;
use workload_api::WorkloadError;

use crate::workers::Workers;

/// Bytes of a block.
const BLOCK: u64 = 1 << 20;

/// Size and hash of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    bytes: u64,
    hash: u64,
}

impl Fingerprint {
    /// That of the file or folder at `path`. What was written is on the disk afterwards, so that
    /// writing it back is not the noise of what is measured next.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn of(path: &Path, workers: &Workers) -> io::Result<Self> {
        let mut hasher = XxHash3_64::with_seed(0);
        let mut bytes = 0;
        for path in files(path)? {
            let file = File::open(&path)?;
            file.sync_all()?;
            let size = file.metadata()?.len();
            hasher.write_u64(size);
            for hash in hashes(&file, size, workers)? {
                hasher.write_u64(hash);
            }
            bytes += size;
        }
        Ok(Self { bytes, hash: hasher.finish() })
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The hash of each block. Workers keep their block's memory.
fn hashes(file: &File, size: u64, workers: &Workers) -> io::Result<Vec<u64>> {
    let blocks = size.div_ceil(BLOCK) as usize;
    let hash = |(block, done): &mut (Vec<u8>, Vec<(usize, u64)>), index: usize| {
        let start = index as u64 * BLOCK;
        block.resize(BLOCK.min(size - start) as usize, 0);
        file.read_exact_at(block, start).map_err(|error| WorkloadError::new(error.to_string()))?;
        done.push((index, XxHash3_64::oneshot(block)));
        Ok(())
    };
    let states = workers.fold(blocks, Default::default, hash).map_err(io::Error::other)?;
    let mut hashes = vec![0; blocks];
    for (index, hash) in states.into_iter().flat_map(|(_, done)| done) {
        hashes[index] = hash;
    }
    Ok(hashes)
}

/// Bytes of a file, or of all files of a folder.
pub(super) fn size(path: &Path) -> io::Result<u64> {
    files(path)?.iter().map(|path| Ok(fs::metadata(path)?.len())).sum()
}

/// A file itself, or all files of a folder and the folders in it, by path.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut paths =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        files.extend(self::files(&path)?);
    }
    Ok(files)
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "bytes={} xxh3={:016x}", self.bytes, self.hash)
    }
}

impl FromStr for Fingerprint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (bytes, hash) = text.trim_end().split_once(' ').ok_or(())?;
        let bytes = bytes.strip_prefix("bytes=").and_then(|bytes| bytes.parse().ok()).ok_or(())?;
        let hash = hash.strip_prefix("xxh3=").ok_or(())?;
        let hash = u64::from_str_radix(hash, 16).map_err(|_| ())?;
        Ok(Self { bytes, hash })
    }
}
