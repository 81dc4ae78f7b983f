//! Files of a run that were damaged at random: read, or refused by their name.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::fixture::{complete, failed, info, journal, names, sample, store};
use crate::RunId;
use crate::store::Store;

const WORDS: &[&str] = &["null", "[", "{", "\"", "1e400", "18446744073709551616", "PAR1", "\n"];

/// Damages one file of the run `r`, reads the run, and makes the file whole again in the end.
fn is_read_or_refused(store: &Store, directory: &Path, name: &str, cases: u32) {
    let path = directory.join(name);
    let whole = fs::read(&path).unwrap();
    fuzzing::on_any(name, cases, &fuzzing::damaged(vec![whole.clone()], WORDS), |bytes| {
        fs::write(&path, bytes).unwrap();
        if let Err(error) = store.read(&RunId::new("r")) {
            let text = error.to_string();
            prop_assert!(text.contains(name), "{text}");
        }
        Ok(())
    });
    fs::write(&path, whole).unwrap();
}

#[test]
fn damaged_runs() {
    let (_guard, store) = store();
    complete(&store, &info("r"), &[sample(0), failed(1), sample(2)]);
    let directory = store.directory(&RunId::new("r")).unwrap();
    let files = names(&directory);
    assert!(files.len() >= 3, "{files:?}");
    for name in files {
        is_read_or_refused(&store, &directory, &name, 100);
    }
}

#[test]
fn damaged_journals() {
    let (_guard, store) = store();
    let path = journal(&store, "r", &[sample(0), failed(1), sample(2)]);
    is_read_or_refused(&store, path.parent().unwrap(), "journal.jsonl", 200);
}
