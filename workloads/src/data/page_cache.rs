//! The state of the page cache before a file is read: made, and then looked at.
//!
//! Workloads that read files offer it as a parameter and report what was reached, which is what the
//! kernel says by mincore(2) of the whole file.

use std::fs::File;
use std::io;
use std::num::NonZero;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Advice, fadvise};
use workload_api::{Better, Metric, ParamSpec, Unit, WorkloadError};

use super::mapping::Mapping;
use crate::params::{Word, word_or};

/// What the page cache holds of a file before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageCache {
    AsItIs,
    Hot,
    Cold,
}

impl Word for PageCache {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("as_it_is", "nothing is done before a run", Self::AsItIs),
        ("hot", "the file is read once before each run", Self::Hot),
        ("cold", "the file is dropped from memory before each run", Self::Cold),
    ];
}

impl PageCache {
    /// The declaration of the parameter.
    pub(crate) fn param() -> ParamSpec {
        let about =
            "What memory holds of the file before a run; page_cache_share says what was reached.";
        word_or("page_cache", about, Self::AsItIs)
    }

    /// Brings the file into this state and says which share of its pages is in memory then.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn reach(self, path: &Path) -> Result<f64, WorkloadError> {
        self.try_reach(path).map_err(|error| {
            WorkloadError::context(&format!("page cache of {}", path.display()), error)
        })
    }

    fn try_reach(self, path: &Path) -> io::Result<f64> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        match self {
            Self::AsItIs => {}
            Self::Hot => read_all(&file, size)?,
            Self::Cold => {
                // Dirty pages stay where they are, so they are written first.
                file.sync_all()?;
                fadvise(&file, 0, NonZero::new(size), Advice::DontNeed)?;
            }
        }
        match usize::try_from(size).map_err(io::Error::other)? {
            // Of an empty file everything is there.
            0 => Ok(1.0),
            bytes => Mapping::new(&file, 0, bytes)?.resident_share(),
        }
    }

    /// The metric of what was reached.
    pub(crate) fn metric(share: f64) -> Metric {
        Metric {
            name: "page_cache_share".to_owned(),
            value: share,
            unit: Unit::Ratio,
            better: Better::Neither,
        }
    }
}

fn read_all(file: &File, size: u64) -> io::Result<()> {
    let mut block = vec![0; 1 << 20];
    for start in (0..size).step_by(block.len()) {
        let length = block.len().min((size - start) as usize);
        file.read_exact_at(&mut block[..length], start)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_just_read_is_in_memory_and_what_is_reached_is_a_share() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, vec![7; 3_000_000]).unwrap();
        assert_eq!(PageCache::Hot.reach(&path).unwrap(), 1.0);
        // A file system in memory cannot drop a file; what was reached is then said to be all.
        let cold = PageCache::Cold.reach(&path).unwrap();
        assert!((0.0..=1.0).contains(&cold));
        assert_eq!(PageCache::AsItIs.reach(&path).unwrap(), cold);
        std::fs::write(&path, "").unwrap();
        assert_eq!(PageCache::Cold.reach(&path).unwrap(), 1.0);
        assert!(PageCache::Hot.reach(&dir.path().join("none")).is_err());
    }
}
