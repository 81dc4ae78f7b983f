//! The file system that data is written to: a run on tmpfs and a run on a disk are two things. The
//! parser of `/proc/mounts` is pure.

use std::path::{Path, PathBuf};

use record::Fact;

use super::{Known, bytes, fact, read};

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted, for instance `/dev/vda`.
    pub device: String,
    /// Where.
    pub point: PathBuf,
    /// The kind of file system, for instance `ext4`.
    pub kind: String,
    /// The options it is mounted with.
    pub options: String,
}

impl Mount {
    /// Whether it lives in memory, so that neither syncing nor evicting does anything.
    pub fn in_memory(&self) -> bool {
        matches!(self.kind.as_str(), "tmpfs" | "ramfs" | "devtmpfs")
    }
}

pub(super) fn facts(data_dir: &Path) -> Vec<Fact> {
    let mount = mount_of(data_dir);
    let described = mount.clone().map(|mount| {
        let (kind, point) = (&mount.kind, mount.point.display());
        format!("{kind} on {}, mounted at {point} ({})", mount.device, mount.options)
    });
    let in_memory = mount.map(|mount| if mount.in_memory() { "yes" } else { "no" }.to_owned());
    vec![
        fact("data_filesystem", described),
        fact("data_in_memory", in_memory),
        fact("data_free", existing(data_dir).and_then(|dir| free(&dir))),
    ]
}

/// The mount that holds `path`, or would hold it.
pub(super) fn mount_of(path: &Path) -> Result<Mount, String> {
    let mounts = read("/proc/mounts")?;
    let path = existing(path)?;
    holder(&mounts, &path).ok_or_else(|| format!("no mount holds `{}`", path.display()))
}

/// The directory itself, or the nearest one above it that exists, without links.
fn existing(path: &Path) -> Result<PathBuf, String> {
    let absolute = std::path::absolute(path)
        .map_err(|error| format!("`{}` has no absolute path: {error}", path.display()))?;
    let found = absolute.ancestors().find_map(|above| above.canonicalize().ok());
    found.ok_or_else(|| format!("nothing above `{}` exists", path.display()))
}

/// The longest mount point above `path`; of several at one place, the last hides the others.
fn holder(mounts: &str, path: &Path) -> Option<Mount> {
    let above = mounts.lines().filter_map(parse).filter(|mount| path.starts_with(&mount.point));
    above.max_by_key(|mount| mount.point.components().count())
}

fn parse(line: &str) -> Option<Mount> {
    let mut words = line.split(' ').map(unescaped);
    Some(Mount {
        device: words.next()?,
        point: PathBuf::from(words.next()?),
        kind: words.next()?,
        options: words.next()?,
    })
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
fn unescaped(word: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(word.to_owned(), |word, (code, text)| word.replace(code, text))
}

#[cfg(target_os = "linux")]
fn free(dir: &Path) -> Known {
    let stat = rustix::fs::statvfs(dir).map_err(|error| error.to_string())?;
    let (block, available, all) = (stat.f_frsize, stat.f_bavail, stat.f_blocks);
    let size = |blocks: u64| bytes(blocks.saturating_mul(block));
    Ok(format!("{} of {}", size(available), size(all)))
}

#[cfg(not(target_os = "linux"))]
fn free(_dir: &Path) -> Known {
    Err("not read on this system".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOUNTS: &str = "/dev/vda / ext4 rw,relatime 0 0\n\
                          tmpfs /dev/shm tmpfs rw,size=9k 0 0\n\
                          /dev/vdb /mnt/my\\040data xfs ro 0 0\n\
                          overlay /mnt overlay rw 0 0\n\
                          tmpfs /mnt tmpfs rw 0 0\n";

    fn point_and_kind(path: &str) -> (String, String) {
        let mount = holder(MOUNTS, Path::new(path)).unwrap();
        (mount.point.display().to_string(), mount.kind)
    }

    #[test]
    fn the_deepest_mount_holds_a_path_and_the_last_one_hides_the_others() {
        let expect = |point: &str, kind: &str| (point.to_owned(), kind.to_owned());
        assert_eq!(point_and_kind("/home/me"), expect("/", "ext4"));
        assert_eq!(point_and_kind("/dev/shm/x/y"), expect("/dev/shm", "tmpfs"));
        assert_eq!(point_and_kind("/dev/shmem"), expect("/", "ext4"));
        assert_eq!(point_and_kind("/mnt/my data/x"), expect("/mnt/my data", "xfs"));
        assert_eq!(point_and_kind("/mnt/other"), expect("/mnt", "tmpfs"));
        assert_eq!(holder("", Path::new("/")), None);
    }

    #[test]
    fn what_lives_in_memory_is_known() {
        let mount = |path: &str| holder(MOUNTS, Path::new(path)).unwrap();
        assert!(mount("/dev/shm").in_memory());
        assert!(!mount("/mnt/my data").in_memory());
    }

    #[test]
    fn a_directory_that_is_still_to_be_made_stands_where_its_parent_does() {
        let temp = tempfile::tempdir().unwrap();
        let absent = temp.path().join("not/yet/there");
        assert_eq!(existing(&absent), Ok(temp.path().canonicalize().unwrap()));
        assert_eq!(facts(&absent).len(), 3);
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "[ -~\n\\\\]{0,160}") {
            let _ = holder(&text, Path::new("/a/b"));
        }
    }
}
