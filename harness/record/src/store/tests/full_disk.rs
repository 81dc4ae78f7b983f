//! A disk that fills up: on a small tmpfs where one can be mounted, which takes root.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::fixture::{ended, info, names, sample};
use crate::RunId;
use crate::store::{RunWriter, Store, StoreError};

/// A file system of half a megabyte, gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"])
            .arg(directory.path())
            .output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes until nothing more fits; the file's removal makes room again.
    fn fill(&self) -> std::path::PathBuf {
        let path = self.path().join("ballast");
        let full = fs::write(&path, vec![0; 1024 * 1024]);
        assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk_stops_a_run_and_room_lets_it_go_on() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: no tmpfs can be mounted here");
        return;
    };
    let store = Store::open(disk.path().join("results"));
    let id = RunId::new("r");
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    writer.append(&sample(0)).unwrap();
    let ballast = disk.fill();
    // The journal's last page has some room left; a few samples still fit.
    let mut saved = 1;
    let error = loop {
        match writer.append(&sample(saved)) {
            Ok(()) => saved += 1,
            Err(error) => break error,
        }
    };
    let told = format!("; {saved} samples are safe in the journal");
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains(&told), "{error}");
    let run = store.read(&id).unwrap();
    assert_eq!((run.samples.len() as u32, run.notes), (saved, vec![]));

    assert!(matches!(writer.update(&ended(&info("r"))), Err(StoreError::DiskFull { .. })));
    assert_eq!(store.read(&id).unwrap().info, info("r"));
    let error = writer.finish(&ended(&info("r"))).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(error.to_string().contains(&told), "{error}");
    assert_eq!(names(&store.root().join("r")), ["journal.jsonl", "run.json"]);

    assert!(matches!(RunWriter::create(&store, &info("s")), Err(StoreError::DiskFull { .. })));
    assert_eq!(names(store.root()), ["r"]);

    fs::remove_file(ballast).unwrap();
    let (mut writer, ..) = RunWriter::resume(&store, &id).unwrap();
    writer.append(&sample(saved)).unwrap();
    writer.finish(&ended(&info("r"))).unwrap();
    let expected: Vec<_> = (0..=saved).map(sample).collect();
    assert_eq!(store.read(&id).unwrap().samples, expected);
}
