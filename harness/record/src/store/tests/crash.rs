//! Kills, half-written lines, flipped bits, two writers.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::fixture::{complete, ended, failed, info, journal, names, sample, store};
use crate::store::finish::{Finish, STEPS};
use crate::store::{Recovery, RunWriter, State, Store, StoreError};
use crate::{RunId, Sample};

#[test]
fn a_journal_cut_at_any_byte_of_its_last_two_records_keeps_the_whole_ones_and_goes_on() {
    let (_guard, store) = store();
    let all = [sample(0), failed(1), sample(2), failed(3)];
    let id = RunId::new("r");
    let path = journal(&store, "r", &all);
    let whole = fs::read(&path).unwrap();
    let ends: Vec<usize> = whole
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .collect();
    assert_eq!((ends.len(), ends[3]), (4, whole.len()));
    for cut in ends[1]..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let kept = ends.iter().filter(|end| **end <= cut).count();
        let (mut writer, _, samples, recovery) = RunWriter::resume(&store, &id).unwrap();
        assert_eq!(samples, all[..kept], "cut at {cut}");
        let tail_bytes = (cut - ends[kept - 1]) as u64;
        assert_eq!(recovery, Recovery { samples: kept, tail_bytes, garbled_lines: 0 });
        writer.append(&sample(9)).unwrap();
        drop(writer);
        let after = store.read(&id).unwrap();
        assert_eq!(after.samples[..kept], all[..kept]);
        assert_eq!(after.samples[kept..], [sample(9)]);
        assert_eq!(after.notes, Vec::<String>::new());
    }
}

#[test]
fn every_flipped_bit_of_a_journal_is_noticed() {
    let (_guard, store) = store();
    let all = [failed(0), failed(1), failed(2)];
    let path = journal(&store, "r", &all);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            fs::write(&path, &flipped).unwrap();
            let run = store.read(&RunId::new("r")).unwrap();
            assert!(!run.notes.is_empty(), "bit {bit} of byte {at} went unnoticed");
            assert!(run.samples.len() < all.len());
            assert!(run.samples.iter().all(|sample| all.contains(sample)));
        }
    }
}

#[test]
fn a_garbled_line_is_set_aside_and_the_others_are_kept() {
    let (_guard, store) = store();
    let path = journal(&store, "r", &[sample(0), sample(1), sample(2)]);
    let text = fs::read_to_string(&path).unwrap().replacen("step=09", "step=08", 1);
    fs::write(&path, &text).unwrap();
    let id = RunId::new("r");
    let (writer, _, samples, recovery) = RunWriter::resume(&store, &id).unwrap();
    assert_eq!(samples, [sample(0), sample(2)]);
    assert_eq!(recovery, Recovery { samples: 2, tail_bytes: 0, garbled_lines: 1 });
    let damaged = fs::read_to_string(path.with_file_name("journal.damaged")).unwrap();
    assert_eq!(damaged.lines().collect::<Vec<_>>(), [text.lines().nth(1).unwrap()]);
    writer.finish(&ended(&info("r"))).unwrap();
    assert_eq!(store.read(&id).unwrap().samples, samples);
}

#[test]
fn a_line_that_is_garbled_while_the_run_goes_on_stops_finishing_and_keeps_the_journal() {
    let (_guard, store) = store();
    let id = RunId::new("r");
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    writer.append(&sample(0)).unwrap();
    writer.append(&sample(1)).unwrap();
    let path = writer.directory().join("journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("step=09", "step=08", 1)).unwrap();
    let error = writer.finish(&ended(&info("r"))).unwrap_err().to_string();
    assert!(error.ends_with("it holds 1 of 2 samples; resume the run"), "{error}");
    let (writer, _, samples, recovery) = RunWriter::resume(&store, &id).unwrap();
    assert_eq!((samples, recovery.garbled_lines), (vec![sample(0)], 1));
    writer.finish(&ended(&info("r"))).unwrap();
    assert_eq!(store.read(&id).unwrap().samples, [sample(0)]);
}

#[test]
fn a_kill_between_any_two_steps_of_finishing_loses_and_doubles_nothing() {
    let all: Vec<Sample> = (0..20).map(sample).chain([failed(20)]).collect();
    let (_guard, reference) = store();
    complete(&reference, &info("r"), &all);
    for done in 0..=STEPS.len() {
        for torn in [false, true] {
            let (_guard, store) = store();
            journal(&store, "r", &all);
            let directory = store.root().join("r");
            let info = &ended(&info("r"));
            let finish = Finish { directory: &directory, info, samples: all.len() as u64 };
            for step in &STEPS[..done] {
                step(&finish).unwrap();
            }
            if torn {
                // The kill came inside the next step: half a file under every temporary name.
                for name in ["run.json", "cases.parquet", "samples.parquet", "values.parquet"] {
                    fs::write(directory.join(format!("{name}.tmp")), b"PAR1half").unwrap();
                }
            }
            recovers(&store, &all, done == STEPS.len());
            for name in ["cases.parquet", "run.json", "samples.parquet", "values.parquet"] {
                let of = |root: &Path| fs::read(root.join("r").join(name)).unwrap();
                assert_eq!(of(store.root()), of(reference.root()), "{name} after {done} steps");
            }
        }
    }
}

/// Reads a run that was left in the middle of finishing, resumes it and finishes it.
fn recovers(store: &Store, all: &[Sample], is_complete: bool) {
    let id = RunId::new("r");
    let run = store.read(&id).unwrap();
    assert_eq!((run.samples.as_slice(), run.complete), (all, is_complete));
    let state = if is_complete { State::Complete } else { State::Unfinished };
    assert_eq!(store.runs().unwrap()[0].state, state);
    if !is_complete {
        let (writer, _, samples, _) = RunWriter::resume(store, &id).unwrap();
        assert_eq!(samples, all);
        writer.finish(&ended(&info("r"))).unwrap();
        let run = store.read(&id).unwrap();
        assert_eq!((run.samples.as_slice(), run.complete), (all, true));
    }
}

#[test]
fn a_run_has_one_writer_at_a_time() {
    let (_guard, store) = store();
    let id = RunId::new("r");
    let writer = RunWriter::create(&store, &info("r")).unwrap();
    let busy = RunWriter::resume(&store, &id).unwrap_err();
    assert!(matches!(busy, StoreError::Busy { .. }), "{busy}");
    let exists = RunWriter::create(&store, &info("r")).unwrap_err();
    assert!(matches!(exists, StoreError::Exists { .. }), "{exists}");
    drop(writer);
    let (writer, ..) = RunWriter::resume(&store, &id).unwrap();
    writer.finish(&ended(&info("r"))).unwrap();
    let complete = RunWriter::resume(&store, &id).unwrap_err();
    assert!(matches!(complete, StoreError::Complete { .. }), "{complete}");
}

/// Names the store to the child process of the test below, which is the same test once more.
const CHILD_STORE: &str = "DYNO_TEST_CHILD_STORE";
const CHILD_SAMPLES: u32 = 3000;

#[test]
fn a_process_killed_with_sigkill_loses_no_sample_that_it_had_appended() {
    if let Some(directory) = std::env::var_os(CHILD_STORE) {
        return append_until_killed(Path::new(&directory));
    }
    let id = RunId::new("r");
    for delay_ms in [0, 20, 40, 60, 80, 100, 150, 200, 300, 400] {
        let (guard, store) = store();
        let name = concat!(
            "store::tests::crash::",
            "a_process_killed_with_sigkill_loses_no_sample_that_it_had_appended"
        );
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(CHILD_STORE, guard.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let acknowledged = guard.path().join("acknowledged");
        while !acknowledged.exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(delay_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = fs::metadata(acknowledged).unwrap().len() as usize;
        let run = store.read(&id).unwrap();
        // The one in flight may be there or not.
        assert!([acknowledged, acknowledged + 1].contains(&run.samples.len()));
        let expected: Vec<Sample> = (0..).take(run.samples.len()).map(sample).collect();
        assert!(run.samples == expected);
        if !run.complete {
            let (mut writer, ..) = RunWriter::resume(&store, &id).unwrap();
            for number in run.samples.len() as u32..CHILD_SAMPLES {
                writer.append(&sample(number)).unwrap();
            }
            writer.finish(&ended(&info("r"))).unwrap();
        }
        let expected: Vec<Sample> = (0..CHILD_SAMPLES).map(sample).collect();
        assert!(store.read(&id).unwrap().samples == expected);
    }
}

fn append_until_killed(directory: &Path) {
    let store = Store::open(directory.join("results"));
    let mut writer = RunWriter::create(&store, &info("r")).unwrap();
    let mut acknowledged = fs::File::create(directory.join("acknowledged")).unwrap();
    for number in 0..CHILD_SAMPLES {
        writer.append(&sample(number)).unwrap();
        acknowledged.write_all(b".").unwrap();
    }
    writer.finish(&ended(&info("r"))).unwrap();
}

#[test]
fn a_run_that_cannot_begin_leaves_no_directory() {
    let (_guard, store) = store();
    fs::create_dir_all(store.root()).unwrap();
    let bad = RunWriter::create(&store, &info("../r")).unwrap_err();
    assert!(matches!(bad, StoreError::BadName { .. }), "{bad}");
    assert_eq!(names(store.root()), Vec::<String>::new());
}

#[test]
fn a_run_that_was_not_quite_begun_is_no_run_and_a_leftover() {
    let (_guard, store) = store();
    drop(RunWriter::create(&store, &info("r")).unwrap());
    // As a kill leaves it between the first file and the directory's name.
    let scratch = store.root().join(".new-1234-r");
    fs::rename(store.root().join("r"), &scratch).unwrap();
    fs::remove_file(scratch.join("run.json")).unwrap();
    assert_eq!(store.runs().unwrap(), []);
    let leftovers = store.leftovers().unwrap();
    assert_eq!(leftovers.len(), 1);
    store.remove_leftover(&leftovers[0]).unwrap();
    assert!(!scratch.exists());
    drop(RunWriter::create(&store, &info("r")).unwrap());
    assert_eq!(names(store.root()), ["r"]);
}
