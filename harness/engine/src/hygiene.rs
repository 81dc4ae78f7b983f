//! Cleaning up between samples, so that one case's output is not the next one's noise: directories
//! emptied, written data synced, files evicted from the page cache. The measuring loop calls this
//! outside the measured region; nothing here looks at a clock or a counter.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Removes everything inside `dir` and keeps `dir` itself. Links are removed, not followed. Returns
/// whether there was anything; a directory that does not exist is empty.
///
/// # Errors
///
/// `dir` cannot be listed, something in it cannot be removed, or it is the root of the file system.
pub fn empty_dir(dir: &Path) -> Result<bool> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        other => other.with_context(|| format!("cannot list `{}`", dir.display()))?,
    };
    let mut any = false;
    for entry in entries {
        if !any {
            // Asked late, because between most samples there is nothing to remove.
            let real =
                dir.canonicalize().with_context(|| format!("cannot find `{}`", dir.display()))?;
            ensure!(real.parent().is_some(), "refused to empty the root of the file system");
        }
        let entry = entry.with_context(|| format!("cannot list `{}`", dir.display()))?;
        let path = entry.path();
        let kind = entry.file_type();
        // A link to a directory is not a directory here.
        let removed = match kind {
            Ok(kind) if kind.is_dir() => fs::remove_dir_all(&path),
            _ => fs::remove_file(&path),
        };
        removed.with_context(|| format!("cannot remove `{}`", path.display()))?;
        any = true;
    }
    Ok(any)
}

/// Writes everything that is dirty on the file system of `dir` to its storage, and waits for it.
///
/// # Errors
///
/// `dir` cannot be opened, or the storage fails.
pub fn sync_filesystem(dir: &Path) -> Result<()> {
    let file = File::open(dir).with_context(|| format!("cannot open `{}`", dir.display()))?;
    sync(&file).with_context(|| format!("cannot sync the file system of `{}`", dir.display()))
}

/// Drops the files below `dir` from the page cache, so that they are read from storage next time.
/// Each is synced first, because dirty pages stay. Links are not followed. Returns how many bytes
/// were asked to go; file systems that live in memory keep theirs.
///
/// # Errors
///
/// A file cannot be opened or synced, or this system cannot evict.
pub fn evict_files(dir: &Path) -> Result<u64> {
    let mut bytes = 0;
    let entries = fs::read_dir(dir).with_context(|| format!("cannot list `{}`", dir.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list `{}`", dir.display()))?;
        let path = entry.path();
        let kind =
            entry.file_type().with_context(|| format!("cannot look at `{}`", path.display()))?;
        if kind.is_dir() {
            bytes += evict_files(&path)?;
        } else if kind.is_file() {
            bytes += evict(&path).with_context(|| format!("cannot evict `{}`", path.display()))?;
        }
    }
    Ok(bytes)
}

#[cfg(target_os = "linux")]
fn sync(dir: &File) -> std::io::Result<()> {
    rustix::fs::syncfs(dir).map_err(Into::into)
}

/// Elsewhere the directory itself is what can be synced.
#[cfg(not(target_os = "linux"))]
fn sync(dir: &File) -> std::io::Result<()> {
    dir.sync_all()
}

#[cfg(target_os = "linux")]
fn evict(path: &Path) -> std::io::Result<u64> {
    let file = File::open(path)?;
    file.sync_all()?;
    // A length of none means up to the end of the file.
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(file.metadata()?.len())
}

#[cfg(not(target_os = "linux"))]
fn evict(_path: &Path) -> std::io::Result<u64> {
    Err(std::io::Error::new(
        std::io::ErrorKind::Unsupported,
        "the page cache can be told to drop a file on Linux alone",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn empty_dir_removes_all_inside_and_follows_no_link() {
        let temp = tempfile::tempdir().unwrap();
        let (dir, outside) = (temp.path().join("data"), temp.path().join("outside"));
        fs::create_dir_all(dir.join("deep/deeper")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(dir.join("deep/deeper/part-0"), "x").unwrap();
        fs::write(outside.join("kept"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&outside, dir.join("link")).unwrap();
        assert!(empty_dir(&dir).unwrap());
        assert_eq!(names(&dir), [""; 0]);
        assert_eq!(names(&outside), ["kept"]);
        assert!(!empty_dir(&dir).unwrap(), "there is nothing to remove the second time");
    }

    #[test]
    fn empty_dir_of_nothing_is_no_error_and_of_the_root_is_one() {
        let temp = tempfile::tempdir().unwrap();
        assert!(!empty_dir(&temp.path().join("absent")).unwrap());
        let error = empty_dir(Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("refused to empty the root"), "{error}");
    }

    #[test]
    fn sync_filesystem_names_the_directory_that_it_cannot_open() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("file"), "x").unwrap();
        sync_filesystem(temp.path()).unwrap();
        let error = sync_filesystem(&temp.path().join("absent")).unwrap_err();
        assert!(error.to_string().contains("absent"), "{error}");
    }

    /// Bytes that this thread fetched from storage.
    #[cfg(target_os = "linux")]
    fn fetched() -> u64 {
        let text = fs::read_to_string("/proc/thread-self/io").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("read_bytes: "));
        line.unwrap().trim().parse().unwrap()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn evict_files_makes_the_next_read_come_from_storage() {
        let temp = tempfile::tempdir().unwrap();
        let place = crate::environment::storage(temp.path());
        if place.is_none_or(|mount| mount.in_memory() || mount.kind == "overlay") {
            println!("skipped: the temporary directory is not on storage");
            return;
        }
        let path = temp.path().join("sub/file");
        fs::create_dir(temp.path().join("sub")).unwrap();
        fs::write(&path, vec![7_u8; 1 << 20]).unwrap();
        let start = fetched();
        fs::read(&path).unwrap();
        let cached = fetched() - start;
        assert_eq!(evict_files(temp.path()).unwrap(), 1 << 20);
        fs::read(&path).unwrap();
        let evicted = fetched() - start - cached;
        assert_eq!(cached, 0);
        assert!(evicted >= 1 << 20, "{evicted} bytes came from storage");
    }
}
