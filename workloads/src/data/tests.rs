//! Directories of datasets: made once, listed, verified, removed, and never half there.

use std::sync::atomic::AtomicUsize;

use super::*;

/// A dataset of one text, or a failure.
struct Text(&'static str, AtomicUsize);

impl Dataset for Text {
    fn name(&self) -> String {
        "x.txt".to_owned()
    }

    fn bytes_about(&self) -> u64 {
        self.0.len() as u64
    }

    fn rows(&self) -> u64 {
        1
    }

    fn write(&self, out: &Output<'_>) -> io::Result<()> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let bytes = self.0.as_bytes();
        out.file()?.pieces(bytes.len(), |piece, text| {
            text.line(|pen| pen.bytes(&bytes[piece..=piece]));
        })?;
        if self.0.is_empty() { Err(io::Error::other("the disk is full")) } else { Ok(()) }
    }
}

fn files(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

#[test]
fn a_dataset_is_made_once_and_again_when_its_size_or_fingerprint_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let (data, text) = (DataDirectory::at(dir.path()), Text("hello world", AtomicUsize::new(0)));
    let get = || data.ensure(&text, 3, &|_| ()).unwrap();
    let made = || text.1.load(Ordering::Relaxed);
    let path = get();
    assert_eq!((get(), made()), (path.clone(), 1));
    assert_eq!(fs::read(&path).unwrap(), b"hello world");
    let whole = Entry { name: "x.txt".to_owned(), bytes: 11, whole: true };
    assert_eq!(data.entries().unwrap(), std::slice::from_ref(&whole));
    assert_eq!(data.verify("x.txt", 2).unwrap(), Some(true));
    assert_eq!(data.verify("y.txt", 2).unwrap(), None);

    fs::write(&path, "hello_world").unwrap();
    assert_eq!(data.verify("x.txt", 2).unwrap(), Some(false));
    fs::write(&path, "hello").unwrap();
    assert_eq!(data.entries().unwrap(), [Entry { bytes: 5, whole: false, ..whole }]);
    assert_eq!((fs::read(get()).unwrap(), made()), (b"hello world".to_vec(), 2));
    let sidecar = dir.path().join("x.txt.xxh3");
    fs::remove_file(&sidecar).unwrap();
    get();
    fs::write(&sidecar, "garbage").unwrap();
    get();
    assert_eq!((made(), files(dir.path())), (4, 2), "nothing temporary is left");

    data.remove("x.txt").unwrap();
    data.remove("x.txt").unwrap();
    assert_eq!((files(dir.path()), data.entries().unwrap().len()), (0, 0));
    assert!(DataDirectory::at(dir.path().join("none")).entries().unwrap().is_empty());
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDirectory::at(dir.path());
    let error = data.ensure(&Text("", AtomicUsize::new(0)), 1, &|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("preparing data in /") && error.ends_with(": the disk is full"));
    assert_eq!(files(dir.path()), 0);
}

#[test]
fn data_that_does_not_fit_is_refused_before_it_is_made() {
    struct Huge;
    impl Dataset for Huge {
        fn name(&self) -> String {
            "huge".to_owned()
        }
        fn bytes_about(&self) -> u64 {
            1 << 60
        }
        fn rows(&self) -> u64 {
            1
        }
        fn write(&self, _: &Output<'_>) -> io::Result<()> {
            panic!("it must not begin")
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let error = DataDirectory::at(dir.path()).ensure(&Huge, 1, &|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("the data needs about 1099511627776 MiB, and "), "{error}");
    assert!(error.contains("--data-dir"), "{error}");
}

#[test]
fn a_panic_while_a_piece_is_made_stops_the_other_threads_too() {
    struct Panics;
    impl Dataset for Panics {
        fn name(&self) -> String {
            "panics".to_owned()
        }
        fn bytes_about(&self) -> u64 {
            1
        }
        fn rows(&self) -> u64 {
            1
        }
        fn write(&self, out: &Output<'_>) -> io::Result<()> {
            out.file()?.pieces(100, |piece, _| assert!(piece != 7, "piece 7"))
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let data = DataDirectory::at(dir.path());
    let ensure = std::panic::AssertUnwindSafe(|| data.ensure(&Panics, 4, &|_| ()));
    assert!(std::panic::catch_unwind(ensure).is_err());
    assert_eq!(files(dir.path()), 0);
}
