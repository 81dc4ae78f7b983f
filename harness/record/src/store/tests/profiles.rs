//! Profiles come back as they were kept, one per case, and a torn one is none.

use super::fixture::{complete, ended, info, sample, store};
use crate::store::RunWriter;
use crate::{CaseId, Profile, ProfileInfo, Region, RunInfo, Stack, Weight};

/// A profile with this many samples in `draw` and one in parquet.
pub(super) fn profile(case: &str, samples: u64) -> Profile {
    let stack = |frames: &str, samples| Stack {
        frames: frames.to_owned(),
        samples,
        weight: samples * 1_001_001,
    };
    Profile {
        info: ProfileInfo {
            schema: ProfileInfo::SCHEMA,
            case: CaseId::new(case),
            event: "cpu-clock".to_owned(),
            rate_hz: 999,
            weight: Weight::CpuTime,
            kernel: true,
            inlines: false,
            region: Region::Work,
            executions: 3,
            rows: Some(3_000_000),
            wall_ns: 2_000_000_000,
            samples: samples + 1,
            outside: 7,
            lost: 2,
            frames: 100,
            unknown_frames: 4,
            broken: 1,
        },
        stacks: vec![stack("producer;work;draw", samples), stack("writer;parquet::write", 1)],
    }
}

#[test]
fn profiles_are_read_back_in_the_order_of_the_cases_before_and_after_the_end() {
    let (_keep, store) = store();
    let info = info("a");
    let writer = RunWriter::create(&store, &info).unwrap();
    assert!(!store.has_profiles(&info.id));
    assert!(store.profiles(&info.id).unwrap().is_empty());
    let (late, early) = (profile("pipeline/step=09", 5), profile("pipeline/step=00", 9));
    store.keep_profile(&info.id, &late).unwrap();
    store.keep_profile(&info.id, &early).unwrap();
    assert_eq!(store.profiles(&info.id).unwrap(), [early.clone(), late.clone()]);
    writer.finish(&ended(&info)).unwrap();
    assert!(store.has_profiles(&info.id));
    let again = profile("pipeline/step=09", 6);
    store.keep_profile(&info.id, &again).unwrap();
    assert_eq!(store.profiles(&info.id).unwrap(), [early, again]);
}

#[test]
fn a_profile_of_no_case_of_the_run_and_a_torn_one_are_none() {
    let (_keep, store) = store();
    let info = info("a");
    let _writer = RunWriter::create(&store, &info).unwrap();
    let error = store.keep_profile(&info.id, &profile("decoder", 1)).unwrap_err();
    assert!(error.to_string().contains("no case `decoder`"), "{error}");
    store.keep_profile(&info.id, &profile("pipeline/step=00", 1)).unwrap();
    let about = store.directory(&info.id).unwrap().join("profiles/00.json");
    let text = std::fs::read_to_string(&about).unwrap();
    std::fs::remove_file(&about).unwrap();
    assert!(store.profiles(&info.id).unwrap().is_empty());
    std::fs::write(&about, text.replace("\"schema\": 1", "\"schema\": 2")).unwrap();
    let error = store.profiles(&info.id).unwrap_err().to_string();
    assert!(error.ends_with("has layout 2; this dyno reads layout 1"), "{error}");
}

#[test]
fn shares_of_nothing_are_none() {
    let mut info = profile("c", 99).info;
    assert!((info.broken_share() - 0.01).abs() < 1e-12);
    assert!((info.unknown_share() - 0.04).abs() < 1e-12);
    assert!((info.lost_share() - 2.0 / 109.0).abs() < 1e-12);
    (info.samples, info.outside, info.lost, info.frames) = (0, 0, 0, 0);
    assert_eq!([info.broken_share(), info.unknown_share(), info.lost_share()], [0.0; 3]);
}

#[test]
fn last_and_a_label_mean_a_run_with_numbers_unless_profiles_are_wanted() {
    let (_keep, store) = store();
    let labelled = |id| RunInfo { label: Some("main".into()), ..info(id) };
    let (measured, both, profiles) = (labelled("a"), labelled("b"), labelled("c"));
    complete(&store, &measured, &[sample(0)]);
    complete(&store, &both, &[sample(0)]);
    store.keep_profile(&both.id, &profile("pipeline/step=00", 9)).unwrap();
    let writer = RunWriter::create(&store, &profiles).unwrap();
    store.keep_profile(&profiles.id, &profile("pipeline/step=00", 9)).unwrap();
    assert!(store.is_profiles_alone(&profiles.id), "while it is taken");
    writer.finish(&ended(&profiles)).unwrap();
    assert!(store.is_profiles_alone(&profiles.id));
    assert!(!store.is_profiles_alone(&both.id) && !store.is_profiles_alone(&measured.id));
    for (name, with_numbers, with_profiles) in [
        (None, &both, &profiles),
        (Some("last~1"), &measured, &both),
        (Some("main"), &both, &profiles),
        (Some("c"), &profiles, &profiles),
    ] {
        assert_eq!(store.resolve(name).unwrap(), with_numbers.id, "{name:?}");
        assert_eq!(store.resolve_profiled(name).unwrap(), with_profiles.id, "{name:?}");
    }
}
