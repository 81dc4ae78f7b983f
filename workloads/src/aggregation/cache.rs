//! Input files that outlive a worker: made once, under a temporary name first, and found again.
//!
//! The harness empties a worker's own directory between samples, so input lives beside it. Workers
//! that run at the same time or are killed may waste work here but never see half a file.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use twox_hash::XxHash3_64;

/// The variable that names the directory of input files.
const DIRECTORY_VAR: &str = "DYNO_DATA";

/// Where input files are kept: `DYNO_DATA`, else `dyno-data` in the system's temporary directory.
pub(super) fn directory() -> PathBuf {
    match std::env::var_os(DIRECTORY_VAR) {
        Some(path) if !path.is_empty() => path.into(),
        _ => std::env::temp_dir().join("dyno-data"),
    }
}

/// The file `name` in `directory`, written by `write` unless it is there with the size that its
/// fingerprint says. The fingerprint lies beside it, in `<name>.xxh3`.
///
/// # Errors
/// When a file or the directory cannot be written.
pub(super) fn file(
    directory: &Path,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let (path, sidecar) = (directory.join(name), directory.join(format!("{name}.xxh3")));
    if is_whole(&path, &sidecar) {
        return Ok(path);
    }
    fs::create_dir_all(directory)?;
    let temporary = Temporary::new(directory, name);
    let mut out = Hashed {
        out: BufWriter::with_capacity(1 << 20, File::create(&temporary.0)?),
        hasher: XxHash3_64::with_seed(0),
        bytes: 0,
    };
    write(&mut out)?;
    let (bytes, hash) = (out.bytes, out.hasher.finish());
    // Synced, so that a name never stands for a file whose bytes a crash has lost, and so that
    // writing it back is not the noise of what is measured next.
    out.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&temporary.0, &path)?;
    let temporary = Temporary::new(directory, name);
    fs::write(&temporary.0, format!("bytes={bytes} xxh3={hash:016x}\n"))?;
    fs::rename(&temporary.0, &sidecar)?;
    Ok(path)
}

/// Whether the file has the size that its fingerprint says. Hashing it again would take longer
/// than many a measurement.
fn is_whole(path: &Path, sidecar: &Path) -> bool {
    let (Ok(metadata), Ok(text)) = (fs::metadata(path), fs::read_to_string(sidecar)) else {
        return false;
    };
    let bytes = text.strip_prefix("bytes=").and_then(|rest| rest.split(' ').next());
    bytes.and_then(|bytes| bytes.parse().ok()) == Some(metadata.len())
}

/// A file name of this process alone. What is left under it is removed in the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(directory: &Path, name: &str) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        Self(directory.join(format!(".{name}.{process}-{count}.tmp")))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a success nothing is there any more; after a failure that error is the news.
        let _ = fs::remove_file(&self.0);
    }
}

struct Hashed {
    out: BufWriter<File>,
    hasher: XxHash3_64,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.hasher.write(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_file_is_made_once_and_again_when_its_size_or_fingerprint_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let made = Cell::new(0);
        let get = || {
            file(dir.path(), "x.txt", |out| {
                made.set(made.get() + 1);
                out.write_all(b"hello ")?;
                out.write_all(b"world")
            })
            .unwrap()
        };
        let path = get();
        assert_eq!(get(), path);
        assert_eq!((made.get(), fs::read(&path).unwrap()), (1, b"hello world".to_vec()));
        let sidecar = dir.path().join("x.txt.xxh3");
        let hash = XxHash3_64::oneshot(b"hello world");
        assert_eq!(fs::read_to_string(&sidecar).unwrap(), format!("bytes=11 xxh3={hash:016x}\n"));

        fs::write(&path, "hello").unwrap();
        assert_eq!((fs::read(get()).unwrap(), made.get()), (b"hello world".to_vec(), 2));
        fs::remove_file(&sidecar).unwrap();
        get();
        assert_eq!(made.get(), 3);
        fs::write(&sidecar, "garbage").unwrap();
        get();
        assert_eq!(made.get(), 4);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing temporary is left");
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let error = file(dir.path(), "x.txt", |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(error.unwrap_err().to_string(), "the disk is full");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
