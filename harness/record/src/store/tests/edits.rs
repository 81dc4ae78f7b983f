//! Labels, steps and baselines: small changes that lose nothing and touch no sample.

use std::fs;

use super::fixture::{complete, ended, info, journal, sample, store};
use crate::store::{RunWriter, StoreError};
use crate::{RunId, RunInfo, Step};

const FIRST: &str = "20260101-000000-quick";
const SECOND: &str = "20260102-000000-quick";

fn step(reverted: bool) -> Step {
    Step { id: "03".into(), title: "interning".into(), note: "slower".into(), reverted }
}

#[test]
fn a_complete_run_is_marked_and_keeps_everything_else() {
    let (_guard, store) = store();
    complete(&store, &info(FIRST), &[sample(0), sample(1)]);
    let id = RunId::new(FIRST);
    let before = store.read(&id).unwrap();
    let changed = store.update_info(&id, |info| info.step = Some(step(true))).unwrap();
    let after = store.read(&id).unwrap();
    assert_eq!(after.info, changed);
    assert_eq!(after.info, RunInfo { step: Some(step(true)), ..before.info });
    assert_eq!((after.samples, after.complete), (before.samples, true));
}

#[test]
fn a_change_cannot_give_a_run_another_name_or_other_cases() {
    let (_guard, store) = store();
    complete(&store, &info(FIRST), &[sample(0)]);
    let change = |info: &mut RunInfo| {
        (info.id, info.schema) = (RunId::new("other"), 9);
        info.cases.clear();
    };
    let changed = store.update_info(&RunId::new(FIRST), change).unwrap();
    assert_eq!(changed, ended(&info(FIRST)));
}

#[test]
fn an_interrupted_run_is_marked_and_can_still_be_resumed() {
    let (_guard, store) = store();
    journal(&store, FIRST, &[sample(0)]);
    let id = RunId::new(FIRST);
    store.update_info(&id, |info| info.step = Some(step(false))).unwrap();
    let (_, resumed, samples, _) = RunWriter::resume(&store, &id).unwrap();
    assert_eq!((resumed.step, samples.len()), (Some(step(false)), 1));
}

#[test]
fn a_run_that_is_being_measured_is_left_alone() {
    let (_guard, store) = store();
    let writer = RunWriter::create(&store, &info(FIRST)).unwrap();
    let refused = store.update_info(&RunId::new(FIRST), |info| info.step = Some(step(true)));
    assert!(matches!(refused, Err(StoreError::Busy { .. })), "{refused:?}");
    drop(writer);
    assert_eq!(store.read(&RunId::new(FIRST)).unwrap().info.step, None);
}

#[test]
fn a_baseline_is_a_name_for_a_run_and_moves_without_losing_one() {
    let (_guard, store) = store();
    complete(&store, &info(FIRST), &[sample(0)]);
    complete(&store, &info(SECOND), &[sample(0)]);
    let (first, second) = (RunId::new(FIRST), RunId::new(SECOND));
    assert_eq!(store.save_baseline("main", &first).unwrap(), None);
    assert_eq!(store.resolve(Some("main")).unwrap(), first);
    assert_eq!(store.save_baseline("main", &second).unwrap(), Some(first.clone()));
    assert_eq!(store.save_baseline("old", &first).unwrap(), None);
    assert_eq!(store.resolve(Some("main")).unwrap(), second);
    assert_eq!(store.resolve(Some("old")).unwrap(), first);
    assert_eq!(store.runs().unwrap().len(), 2);
    let refused = store.resolve(Some("mian")).unwrap_err().to_string();
    assert!(refused.contains("did you mean `main`?"), "{refused}");
    assert!(refused.ends_with("; baselines: main, old"), "{refused}");
}

#[test]
fn baselines_with_names_that_mean_something_else_are_refused() {
    let (_guard, store) = store();
    complete(&store, &info(FIRST), &[sample(0)]);
    for name in ["", "last", "latest", "last~1", "a/b", ".hidden", FIRST] {
        let refused = store.save_baseline(name, &RunId::new(FIRST));
        assert!(matches!(refused, Err(StoreError::BadBaseline { .. })), "{name}: {refused:?}");
    }
    let missing = store.save_baseline("main", &RunId::new("never"));
    assert!(matches!(missing, Err(StoreError::NoRun { .. })), "{missing:?}");
    assert!(store.baselines().unwrap().is_empty());
}

#[test]
fn a_baseline_whose_run_is_gone_says_which_run_it_was() {
    let (_guard, store) = store();
    complete(&store, &info(FIRST), &[sample(0)]);
    complete(&store, &info(SECOND), &[sample(0)]);
    store.save_baseline("main", &RunId::new(FIRST)).unwrap();
    fs::remove_dir_all(store.root().join(FIRST)).unwrap();
    let lost = store.resolve(Some("main")).unwrap_err().to_string();
    assert!(lost.starts_with(&format!("baseline `main` is run {FIRST}, which is not in ")));
    fs::write(store.root().join("baselines.json"), "{\"schema\":1,").unwrap();
    assert!(matches!(store.baselines(), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_step_names_the_newest_run_that_stands_for_it() {
    let (_guard, store) = store();
    for id in [FIRST, SECOND] {
        complete(&store, &RunInfo { step: Some(step(false)), ..info(id) }, &[sample(0)]);
    }
    assert_eq!(store.resolve(Some("03")).unwrap().as_str(), SECOND);
    store.update_info(&RunId::new(SECOND), |info| info.step = None).unwrap();
    assert_eq!(store.resolve(Some("03")).unwrap().as_str(), FIRST);
}
