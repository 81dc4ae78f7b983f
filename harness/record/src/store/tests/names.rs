//! Listing runs, finding one by what a person types, and refusing what cannot be read.

use std::fs;

use super::fixture::{complete, info, journal, sample, store};
use crate::store::{RunWriter, State, Store, StoreError};
use crate::{RunId, RunInfo};

const FIRST: &str = "20260101-000000-quick";
const SECOND: &str = "20260102-000000-quick";
const THIRD: &str = "20260103-000000-shredding";

fn three_runs() -> (tempfile::TempDir, Store) {
    let (guard, store) = store();
    let labelled = |id| RunInfo { label: Some("main".into()), ..info(id) };
    complete(&store, &labelled(FIRST), &[sample(0)]);
    complete(&store, &labelled(SECOND), &[sample(0)]);
    journal(&store, THIRD, &[sample(0)]);
    (guard, store)
}

#[test]
fn runs_are_listed_by_name_with_their_state() {
    let (_guard, store) = three_runs();
    fs::create_dir(store.root().join("reports")).unwrap();
    fs::write(store.root().join("note.txt"), "").unwrap();
    let runs = store.runs().unwrap();
    let listed: Vec<_> = runs.iter().map(|run| (run.id.as_str(), &run.state)).collect();
    let expected =
        [(FIRST, &State::Complete), (SECOND, &State::Complete), (THIRD, &State::Unfinished)];
    assert_eq!(listed, expected);
}

#[test]
fn a_store_that_does_not_exist_is_empty() {
    let (_guard, store) = store();
    assert_eq!(store.runs().unwrap(), []);
    let error = store.resolve(None).unwrap_err().to_string();
    assert!(error.ends_with("results: the store is empty"), "{error}");
}

#[test]
fn a_run_is_found_by_name_beginning_label_and_age() {
    let (_guard, store) = three_runs();
    let found = |name| store.resolve(name).unwrap().to_string();
    assert_eq!(found(None), THIRD);
    assert_eq!(found(Some("last")), THIRD);
    assert_eq!(found(Some("latest")), THIRD);
    assert_eq!(found(Some("latest~0")), THIRD);
    assert_eq!(found(Some("last~2")), FIRST);
    assert_eq!(found(Some(FIRST)), FIRST);
    assert_eq!(found(Some("20260102")), SECOND);
    assert_eq!(found(Some("main")), SECOND);
}

#[test]
fn a_name_that_means_no_run_or_several_is_refused_with_what_is_there() {
    let (_guard, store) = three_runs();
    let refused = |name| {
        let error = store.resolve(Some(name)).unwrap_err().to_string();
        error.replace(&store.root().display().to_string(), "ROOT")
    };
    let there = format!("there are: {THIRD}, {SECOND}, {FIRST}");
    assert_eq!(
        refused("2026010"),
        format!("run `2026010` is ambiguous: {FIRST}, {SECOND}, {THIRD}")
    );
    assert_eq!(refused("nain"), format!("no run `nain` in ROOT; did you mean `main`? {there}"));
    assert_eq!(refused("last~3"), format!("no run `last~3` in ROOT; {there}"));
    assert_eq!(refused(""), format!("no run `` in ROOT; {there}"));
    assert_eq!(refused("../x"), format!("no run `../x` in ROOT; {there}"));
}

#[test]
fn reading_or_resuming_a_run_that_is_not_there_names_the_nearest() {
    let (_guard, store) = three_runs();
    let id = RunId::new("20260101-000000-quik");
    let read = store.read(&id).unwrap_err().to_string();
    let resumed = RunWriter::resume(&store, &id).unwrap_err().to_string();
    assert!(read.contains(&format!("did you mean `{FIRST}`?")), "{read}");
    assert_eq!(read, resumed);
}

#[test]
fn a_damaged_run_is_listed_with_its_reason_and_never_the_last() {
    let (_guard, store) = three_runs();
    let in_third = |name: &str| store.root().join(THIRD).join(name);
    let state = || store.runs().unwrap()[2].state.clone();
    let why = |part: &str| match state() {
        State::Damaged(why) => assert!(why.contains(part), "{why}"),
        other => panic!("not damaged: {other:?}"),
    };
    let good = fs::read_to_string(in_third("run.json")).unwrap();
    fs::write(in_third("run.json"), &good[..good.len() / 2]).unwrap();
    why("run.json is damaged: EOF");
    assert_eq!(store.resolve(None).unwrap().as_str(), SECOND);
    assert!(store.read(&RunId::new(THIRD)).is_err());
    fs::write(in_third("run.json"), good.replace("\"schema\": 1", "\"schema\": 2")).unwrap();
    why("has layout 2; this dyno reads layout 1");
    fs::write(in_third("run.json"), good.replace(THIRD, FIRST)).unwrap();
    why(&format!("is that of run {FIRST}"));
    fs::remove_file(in_third("run.json")).unwrap();
    why("cannot read");
    fs::write(in_third("run.json"), &good).unwrap();
    fs::remove_file(in_third("journal.jsonl")).unwrap();
    why("it has no cases.parquet");
    let error = store.read(&RunId::new(THIRD)).unwrap_err();
    assert!(matches!(error, StoreError::Io { action: "open", .. }), "{error}");
}

#[test]
fn parquet_that_is_cut_short_is_an_error_and_never_fewer_samples() {
    let (_guard, store) = three_runs();
    for name in ["samples.parquet", "values.parquet"] {
        let path = store.root().join(FIRST).join(name);
        let whole = fs::read(&path).unwrap();
        for length in [0, 4, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let error = store.read(&RunId::new(FIRST)).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_fresh_id_avoids_runs_that_are_there() {
    let (_guard, store) = store();
    journal(&store, "19700101-000000-quick", &[]);
    assert_eq!(store.fresh_id("quick", 0).as_str(), "19700101-000000-quick-2");
}
