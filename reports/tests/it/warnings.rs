//! Warnings that teach: each on data that must trigger it and on data that must not, with its
//! exact sentence.

use record::{Environment, Fact, RunInfo, Source, metrics};
use reports::warnings::{WARNINGS, before};
use reports::{Format, PageOptions, RunSet, ShowOptions, html, show};

use crate::fixture::{self, sample, samples, step, stored, with_value};

fn warnings(set: &RunSet) -> Vec<String> {
    let options = ShowOptions { format: Format::Json, ..ShowOptions::default() };
    let document: serde_json::Value = serde_json::from_str(&show(set, &options).unwrap()).unwrap();
    let all = document["warnings"].as_array().unwrap().iter();
    all.map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

/// The warnings of one case with these times in ms, one per process.
fn of_times(wall_ms: &[f64]) -> Vec<String> {
    let case = step("00", "");
    warnings(&fixture::set(vec![(case.clone(), samples(&case, wall_ms))]))
}

/// The warnings of a run of six good samples on a machine with these facts.
fn of_facts(facts: &[(&str, &str)], after: Option<&[(&str, &str)]>) -> Vec<String> {
    let case = step("00", "");
    let mut info = fixture::info(vec![case.clone()]);
    info.before = environment(facts);
    info.after = after.map(environment);
    let run = stored(info, samples(&case, &[100.0, 101.0, 99.0, 100.0, 102.0, 98.0]));
    warnings(&RunSet::new(vec![run]).unwrap())
}

fn environment(facts: &[(&str, &str)]) -> Environment {
    let fact = |(name, value): &(&str, &str)| Fact { name: (*name).into(), value: (*value).into() };
    Environment { machine_key: "m1".to_owned(), facts: facts.iter().map(fact).collect() }
}

const NONE: [String; 0] = [];

#[test]
fn every_warning_has_a_heading_in_docs_warnings_md() {
    let docs = include_str!("../../../docs/warnings.md");
    let headings: Vec<&str> = docs.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    for warning in WARNINGS {
        assert!(headings.contains(&warning.title), "{} is missing", warning.title);
    }
}

#[test]
fn a_good_run_on_a_quiet_machine_has_no_warning() {
    let quiet = [
        ("cores", "2"),
        ("cores_really_there", "1.98x with 2 threads"),
        ("governor", "performance"),
        ("turbo", "off"),
        ("data_in_memory", "no"),
        ("load_average", "0.10 0.20 0.30"),
        ("cpu_pressure", "0.38 % of the last 10 s, 1000 ms in all"),
        ("steal", "100 ms in all"),
        ("dyno_build", "release"),
    ];
    let mut later = quiet;
    later[6].1 = "0.38 % of the last 10 s, 2000 ms in all";
    later[7].1 = "200 ms in all";
    assert_eq!(of_facts(&quiet, Some(&later)), NONE);
    assert_eq!(of_times(&fixture::spread(100.0, 30, 1)), NONE);
}

#[test]
fn few_processes_name_what_is_needed() {
    assert_eq!(
        of_times(&[100.0, 101.0, 99.0, 100.0, 102.0]),
        ["case pipeline: 5 processes: a median has no 95 % interval below 6; set `processes = 6` \
          under `[sampling]`, or give `-r 6`"]
    );
    let (one, other) = (step("00", ""), step("05", ""));
    let few = |case: &record::CaseInfo| (case.clone(), samples(case, &[100.0, 101.0, 99.0]));
    let advice = "a median has no 95 % interval below 6, and a ratio none below 4; set \
                  `processes = 6` under `[sampling]`, or give `-r 6`";
    assert_eq!(
        warnings(&fixture::set(vec![few(&one), few(&other)])),
        [format!("cases 00, 05: 3 processes: {advice}")]
    );
    let fewer = (other.clone(), samples(&other, &[100.0]));
    assert_eq!(
        warnings(&fixture::set(vec![few(&one), fewer])),
        [format!("cases 00, 05: 1 process in 05: {advice}")]
    );
    assert_eq!(of_times(&[100.0, 101.0, 99.0, 100.0, 102.0, 98.0]), NONE);
}

#[test]
fn short_samples_are_told_by_who_held_the_clock() {
    assert_eq!(
        of_times(&[1.2, 1.21, 1.22, 1.2, 1.19, 1.21]),
        [
            "case pipeline: samples take 1.21 ms (under 5 ms), where clock and scheduler weigh as much as \
          the work: raise the size of the work, or repeat it inside one sample"
        ]
    );
    let case = step("00", "");
    let mut all = samples(&case, &[1.2, 1.2, 1.2, 1.2, 1.2, 1.2]);
    for sample in &mut all {
        sample.values = vec![metrics::WALL_TIME.value(1.2e6, Source::Harness)];
    }
    assert_eq!(
        warnings(&fixture::set(vec![(case, all)])),
        [
            "case pipeline: samples take 1.20 ms (under 5 ms), of which starting the process is a good \
          part: raise the size of the work, or repeat it inside one sample"
        ]
    );
    assert_eq!(of_times(&[5.1, 5.2, 5.1, 5.2, 5.1, 5.2]), NONE);
}

#[test]
fn a_slow_first_sample_suggests_a_warm_up_or_more_of_it() {
    let slow = [250.0, 100.0, 101.0, 99.0, 100.0, 102.0, 98.0, 100.0];
    assert_eq!(
        of_times(&slow),
        [
            "case pipeline: the first sample took 2.50× as long as the others (250 ms against 100 ms): \
          warm up with `-w 1` (`warmup = 1` under `[sampling]`), unless a cold start is the \
          question"
        ]
    );
    let case = step("00", "");
    let mut all = vec![fixture::warmup(&case, 300.0)];
    all.extend(samples(&case, &slow));
    assert_eq!(
        warnings(&fixture::set(vec![(case, all)])),
        [
            "case pipeline: the first sample took 2.50× as long as the others (250 ms against 100 ms), \
          although warm-ups went before: raise `-w` (`warmup` under `[sampling]`), or keep it in \
          mind if a cold start is the question"
        ]
    );
}

#[test]
fn processes_that_begin_slowly_are_told_as_such() {
    let case = step("00", "");
    let own = [130.0, 100.0, 101.0, 99.0];
    let all = (0..6).flat_map(|process| own.map(|wall| sample(&case, process, wall))).collect();
    assert_eq!(
        warnings(&fixture::set(vec![(case.clone(), all)])),
        [
            "case pipeline: the first sample of each process took 1.30× as long as the others (130 ms \
          against 100 ms): warm up with `-w 1` (`warmup = 1` under `[sampling]`), unless a cold \
          start is the question"
        ]
    );
}

#[test]
fn outliers_are_counted_and_cases_share_a_sentence() {
    let far = [100.0, 101.0, 99.0, 100.0, 250.0, 102.0, 98.0, 100.0, 101.0, 99.0];
    assert_eq!(
        of_times(&far),
        [
            "case pipeline: 1 of 10 samples far from the median of 100 ms, the farthest at 250 ms: look \
          for other load on the machine, or take more processes (`-r`)"
        ]
    );
    let cases = ["00", "01", "02", "03", "04", "05", "06"].map(|name| step(name, ""));
    let mut set: Vec<_> = cases.iter().map(|case| (case.clone(), samples(case, &far))).collect();
    let all = warnings(&fixture::set(set.clone()));
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].starts_with("all 7 cases: 1 of 10"), "{all:?}");
    // With a calm one beside them they are named.
    let calm = step("07", "");
    set.push((calm.clone(), samples(&calm, &[100.0; 10])));
    let most = warnings(&fixture::set(set));
    assert_eq!(most.len(), 1, "{most:?}");
    assert!(most[0].starts_with("cases 00, 01, 02, 03, 04 and 2 more: 1 of 10"), "{most:?}");
}

#[test]
fn two_groups_of_samples_are_told_with_their_places() {
    let two = [100.0, 151.0, 101.0, 150.0, 102.0, 152.0, 100.0, 150.0, 101.0, 151.0];
    assert_eq!(
        of_times(&two),
        [
            "case pipeline: the samples form two groups, 5 near 101 ms and 5 near 151 ms, with nothing \
          between: the median may describe neither; look for what alternates (placement on \
          cores, frequency, a cache), and try `--pin`"
        ]
    );
}

#[test]
fn drift_is_told_with_its_size_and_small_drift_is_not() {
    let rising: Vec<f64> = (0..10).map(|i| 100.0 + 2.0 * f64::from(i)).collect();
    assert_eq!(
        of_times(&rising),
        [
            "case pipeline: times rose by 17 % in the course of the run (Mann-Kendall, p < 0.001): rounds \
          spread a drift over all cases, so ratios bear it and medians do not; let the machine \
          settle, and measure again"
        ]
    );
    let falling: Vec<f64> = rising.iter().rev().copied().collect();
    assert!(of_times(&falling)[0].starts_with("case pipeline: times fell by 17 %"));
    let small: Vec<f64> = (0..10).map(|i| 100.0 + 0.1 * f64::from(i)).collect();
    assert_eq!(of_times(&small), NONE);
}

#[test]
fn a_long_run_is_thinned_before_its_drift_is_judged() {
    let rising: Vec<f64> = (0..5000).map(|i| 100.0 + 0.01 * f64::from(i)).collect();
    assert!(of_times(&rising)[0].starts_with("case pipeline: times rose by 40 %"));
}

#[test]
fn threads_taken_off_their_cores_are_counted() {
    let case = step("00", "");
    let with = |switches: f64| {
        let value =
            |s| with_value(s, metrics::INVOLUNTARY_SWITCHES.value(switches, Source::Process));
        let all = samples(&case, &[100.0, 101.0, 99.0, 100.0, 102.0, 98.0]);
        warnings(&fixture::set(vec![(case.clone(), all.into_iter().map(value).collect())]))
    };
    assert_eq!(
        with(42.0),
        [
            "case pipeline: threads were taken off their cores 42 times in a sample of 100 ms: there is \
          other load, or the work has more threads than there are cores; end the one, or lower \
          the other"
        ]
    );
    assert_eq!(with(9.0), NONE);
}

#[test]
fn a_debug_build_is_told_where_it_matters() {
    let debug = [("dyno_build", "debug")];
    assert_eq!(
        of_facts(&debug, None),
        ["dyno is a debug build, so its built-in workloads run without optimisation: use `cargo \
          dyno` or `cargo run --release`"]
    );
    let mut case = step("00", "");
    case.runner = "tool".to_owned();
    let info = RunInfo { before: environment(&debug), ..fixture::info(vec![case]) };
    assert_eq!(before(&info), NONE);
}

#[test]
fn a_busy_machine_is_told_from_what_was_seen_before_and_during_the_run() {
    // The made-up run takes 61 s.
    let earlier = [
        ("cores", "2"),
        ("cpu_pressure", "35.20 % of the last 10 s, 1000 ms in all"),
        ("steal", "100 ms in all"),
    ];
    let later =
        [("cpu_pressure", "5.00 % of the last 10 s, 31500 ms in all"), ("steal", "6200 ms in all")];
    assert_eq!(
        of_facts(&earlier, Some(&later)),
        ["the machine was busy: before the run, tasks waited for a CPU 35 % of the time; during \
          the run, tasks waited for a CPU 50 % of the time, which is other load or work with \
          more threads than cores; the hypervisor gave 5.0 % of the CPU time to \
          others: end what else runs, and measure again"]
    );
    let load = [("cores", "4, 2 usable"), ("load_average", "2.50 1.00 0.50")];
    assert_eq!(
        of_facts(&load, None),
        ["the machine was busy: before the run, the load average was 2.50 on 4 cores: end what \
          else runs, and measure again"]
    );
    let unknown = [
        ("cores", "4"),
        ("load_average", "1.50 1.00 0.50"),
        ("cpu_pressure", "unknown: not exposed here"),
    ];
    assert_eq!(of_facts(&unknown, Some(&unknown)), NONE);
}

#[test]
fn what_was_busy_before_the_run_and_had_ended_is_not_told() {
    let pressure = ("cpu_pressure", "35.20 % of the last 10 s, 1000 ms in all");
    let there = |text| [pressure, ("cores_really_there", text)];
    assert_eq!(of_facts(&there("1.92x with 2 threads"), None), NONE);
    let told = of_facts(&there("1.10x with 2 threads"), None);
    assert!(told[0].contains("tasks waited for a CPU 35 % of the time"), "{told:?}");
}

#[test]
fn cores_that_are_not_there_are_told_by_the_worse_of_both_moments() {
    let there = |text| [("cores_really_there", text)];
    assert_eq!(
        of_facts(&there("1.95x with 2 threads"), Some(&there("1.31x with 2 threads"))),
        ["two threads did only 1.31 times the work of one after the run: the cores are shared, \
          throttled or busy, and parallel cases take too long; free the machine, or take one \
          with cores of its own"]
    );
    assert_eq!(of_facts(&there("unknown: there is one core"), None), NONE);
}

#[test]
fn a_moving_clock_is_told_with_what_steadies_it() {
    assert_eq!(
        of_facts(&[("governor", "powersave"), ("turbo", "on")], None),
        ["the frequency governor is `powersave` and turbo is on, so the clock moves with load \
          and temperature: `sudo cpupower frequency-set -g performance` and turning turbo off \
          (`cpufreq/boost`, `intel_pstate/no_turbo`) steadies it"]
    );
    assert_eq!(
        of_facts(&[("governor", "performance"), ("turbo", "on")], None),
        ["turbo is on, so the clock moves with load and temperature: turning turbo off \
          (`cpufreq/boost`, `intel_pstate/no_turbo`) steadies it"]
    );
    let unknown =
        [("governor", "unknown: not exposed here"), ("turbo", "unknown: not exposed here")];
    assert_eq!(of_facts(&unknown, None), NONE);
}

#[test]
fn output_in_memory_is_told_with_its_place() {
    let facts =
        [("data_in_memory", "yes"), ("data_filesystem", "tmpfs on shm, mounted at /dev/shm (rw)")];
    assert_eq!(
        of_facts(&facts, None),
        [
            "what the work writes stays in memory (tmpfs on shm, mounted at /dev/shm), where storage \
          costs nothing and `sync` does nothing: set `directory` under `[output]`, or `--set \
          output.directory=DIR`, to a disk"
        ]
    );
}

#[test]
fn runs_with_the_same_trouble_share_a_sentence() {
    let run = |id: &str, governor: &str| {
        let case = step("00", "");
        let mut info = fixture::info(vec![case.clone()]);
        info.id = record::RunId::new(id);
        info.label = Some(id.to_owned());
        info.before = environment(&[("governor", governor)]);
        stored(info, samples(&case, &[100.0, 101.0, 99.0, 100.0, 102.0, 98.0]))
    };
    let told = |runs| {
        let all: Vec<String> = warnings(&RunSet::new(runs).unwrap());
        all.into_iter().find(|line| line.contains("governor")).unwrap()
    };
    let both = told(vec![run("a", "powersave"), run("b", "powersave")]);
    assert!(both.starts_with("the frequency governor is `powersave`"), "{both}");
    let one = told(vec![run("a", "performance"), run("b", "powersave")]);
    assert!(one.starts_with("run b: the frequency governor is `powersave`"), "{one}");
}

#[test]
fn warnings_stand_below_the_table_and_in_the_page_and_are_the_same_every_time() {
    let case = step("00", "");
    let set = fixture::set(vec![(case.clone(), samples(&case, &[1.2; 6]))]);
    let table = show(&set, &ShowOptions::default()).unwrap();
    assert!(
        table.contains("\nwarning: case pipeline: samples take 1.20 ms (under 5 ms)"),
        "{table}"
    );
    let page = html(&set, &PageOptions::default()).unwrap();
    assert!(page.contains("samples take 1.20 ms (under 5 ms)"));
    assert_eq!(page, html(&set, &PageOptions::default()).unwrap());
}
