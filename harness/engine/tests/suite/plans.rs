//! What a suite means: which cases it has, what they are called, and what options change.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use engine::case::{CommandLine, Order, OutputPattern, Runner, RunnerKind};
use engine::plan::{Plan, PlanOptions, Specs};
use engine::suite::Suite;
use proptest::prelude::*;
use workload_api::{ParamValue, Spec};

use crate::{Fixture, ids, one_case, plan, plan_with, usable_cpu};

#[test]
fn a_grid_combines_each_value_with_each_and_the_first_axis_turns_slowest() {
    let plan = plan("params = { rows = 10 }\ngrid = { writers = [2, 1], step = [\"00\", \"12\"] }");
    assert_eq!(
        ids(&plan.unwrap()),
        [
            "pipeline/rows=10,step=00,writers=2",
            "pipeline/rows=10,step=12,writers=2",
            "pipeline/rows=10,step=00,writers=1",
            "pipeline/rows=10,step=12,writers=1",
        ]
    );
}

#[test]
fn a_zip_walks_its_lists_side_by_side() {
    let plan = plan("zip = { rows = { from = 10, to = 1000, times = 10 }, writers = [1, 2, 3] }");
    assert_eq!(
        ids(&plan.unwrap()),
        [
            "pipeline/rows=10,writers=1",
            "pipeline/rows=100,writers=2",
            "pipeline/rows=1000,writers=3"
        ]
    );
}

#[test]
fn ablate_switches_each_option_alone_and_tells_what_it_switched() {
    let plan = plan(
        "params = { step = \"00\" }\nablate = { codec = \"zstd\", writers = [2, 4], step = \"05\" }",
    )
    .unwrap();
    let titled: Vec<(&str, &str)> =
        plan.cases.iter().map(|case| (case.id.as_str(), case.title.as_str())).collect();
    assert_eq!(
        titled,
        [
            ("pipeline/step=00", "Baseline"),
            ("pipeline/codec=zstd,step=00", "Zstandard"),
            ("pipeline/step=00,writers=2", ""),
            ("pipeline/step=00,writers=4", ""),
            ("pipeline/step=05", "Second writer"),
        ]
    );
}

#[test]
fn include_adds_cases_and_exclude_takes_them_away() {
    let plan = plan(
        "params = { rows = 5 }\ngrid = { writers = [1, 2], dictionary = [true, false] }\n\
         include = [{ writers = 3 }, { rows = 6 }]\nexclude = [{ writers = 2, dictionary = false }]",
    );
    assert_eq!(
        ids(&plan.unwrap()),
        [
            "pipeline/dictionary=true,rows=5,writers=1",
            "pipeline/dictionary=false,rows=5,writers=1",
            "pipeline/dictionary=true,rows=5,writers=2",
            "pipeline/rows=5,writers=3",
            "pipeline/rows=6",
        ]
    );
}

#[test]
fn sizes_durations_and_counts_become_numbers_in_base_units() {
    let plan =
        plan("params = { rows = \"1.5M\", buffer = \"64KiB\", delay = \"1s 250ms\", share = 1 }")
            .unwrap();
    let params = &plan.cases[0].params;
    assert_eq!(params.get("rows"), Some(&ParamValue::Integer(1_500_000)));
    assert_eq!(params.get("buffer"), Some(&ParamValue::Integer(65_536)));
    assert_eq!(params.get("delay"), Some(&ParamValue::Integer(1_250_000_000)));
    assert_eq!(params.get("share"), Some(&ParamValue::Float(1.0)));
    assert_eq!(ids(&plan), ["pipeline/buffer=65536,delay=1250000000,rows=1500000,share=1"]);
}

#[test]
fn ranges_may_have_sizes_durations_and_fractions() {
    let plan = plan(
        "zip = { buffer = { from = \"1KiB\", to = \"3KiB\", step = \"1KiB\" }, \
         delay = { from = \"1ms\", to = \"4ms\", times = 2 }, \
         share = { from = 0.1, to = 0.3, step = 0.1 } }",
    )
    .unwrap();
    let last = &plan.cases[2].params;
    assert_eq!(plan.cases.len(), 3);
    assert_eq!(last.get("buffer"), Some(&ParamValue::Integer(3072)));
    assert_eq!(last.get("delay"), Some(&ParamValue::Integer(4_000_000)));
    assert_eq!(last.get("share"), Some(&ParamValue::Float(0.3)));
}

#[test]
fn a_suite_that_states_nothing_has_the_documented_sampling() {
    let sampling = plan("").unwrap().sampling;
    assert_eq!((sampling.processes, sampling.iterations, sampling.warmup), (5, 3, 1));
    assert_eq!(sampling.timeout, Duration::from_secs(60));
    assert_eq!((sampling.order, sampling.seed), (Order::Shuffled, 1));
    assert_eq!((sampling.sync, sampling.evict), (true, false));
    assert_eq!((sampling.budget, sampling.pin), (None, None));
}

#[test]
fn a_suite_states_its_sampling_and_its_output() {
    let cpu = usable_cpu();
    let text = "name = \"x\"\nabout = \"y\"\n[sampling]\nprocesses = 2\niterations = 4\nwarmup = 0\n\
                budget = \"10m\"\ntimeout = \"1m 30s\"\norder = \"listed\"\nseed = 7\npin = \"CPU\"\n\
                [output]\ndirectory = \"out\"\nsync = false\nevict = true\n\
                [[case]]\nworkload = \"scan\"\n";
    let text = text.replace("CPU", &cpu.to_string());
    let plan = plan_with(&text, &[], None).unwrap();
    let sampling = &plan.sampling;
    assert_eq!(plan.samples(), 8);
    assert_eq!(sampling.budget, Some(Duration::from_secs(600)));
    assert_eq!(sampling.timeout, Duration::from_secs(90));
    assert_eq!((sampling.order, sampling.seed), (Order::Listed, 7));
    assert_eq!(sampling.pin, Some(vec![cpu]));
    assert_eq!((sampling.sync, sampling.evict), (false, true));
    assert_eq!(plan.output.as_deref(), Some(Path::new("/suites/out")));
    assert_eq!(plan.suite.text, text);
}

#[test]
fn set_reaches_every_case_that_has_the_parameter_and_replaces_what_varied() {
    let text = "name = \"x\"\n[[case]]\nworkload = \"pipeline\"\ngrid = { step = [\"00\", \"05\"], \
                writers = [1, 2] }\nexclude = [{ step = \"05\", writers = 2 }]\n\
                include = [{ writers = 3 }]\n[[case]]\nworkload = \"scan\"\n";
    let plan = plan_with(text, &["rows=100_000", "writers=4", "sampling.processes=3"], None);
    let plan = plan.unwrap();
    assert_eq!(
        ids(&plan),
        [
            "pipeline/rows=100000,step=00,writers=4",
            "pipeline/rows=100000,step=05,writers=4",
            "scan/rows=100000"
        ]
    );
    assert_eq!(plan.sampling.processes, 3);
    assert_eq!(plan.suite.overrides, ["rows=100_000", "writers=4", "sampling.processes=3"]);
}

#[test]
fn set_types_its_value_as_the_workload_declares_it() {
    let sets = ["step=05", "buffer=2MiB", "delay=1ms", "dictionary=false", "share=0.5", "rows=10k"];
    let plan = plan_with(&one_case(""), &sets, None).unwrap();
    assert_eq!(
        ids(&plan),
        ["pipeline/buffer=2097152,delay=1000000,dictionary=false,rows=10000,share=0.5,step=05"]
    );
}

#[test]
fn a_filter_keeps_the_cases_that_match() {
    let text =
        one_case("grid = { step = [\"00\", \"05\", \"12\"], buffer = [\"1KiB\", \"1MiB\"] }");
    let plan = plan_with(&text, &[], Some("step >= 05 and buffer > 64KiB")).unwrap();
    assert_eq!(ids(&plan), ["pipeline/buffer=1048576,step=05", "pipeline/buffer=1048576,step=12"]);
    assert_eq!(plan.filtered_out, 4);
    assert_eq!(plan.label(&plan.cases[0]), "step=05");
    let none = plan_with(&text, &[], Some("workload = scan or writers = 1")).unwrap();
    assert!(none.cases.is_empty());
}

#[test]
fn a_label_shows_only_what_varies() {
    let text = "name = \"x\"\n[[case]]\nworkload = \"pipeline\"\nparams = { rows = 5 }\n\
                ablate = { writers = 2 }\n[[case]]\nworkload = \"scan\"\nparams = { rows = 5 }\n";
    let plan = plan_with(text, &[], None).unwrap();
    let labels: Vec<String> = plan.cases.iter().map(|case| plan.label(case)).collect();
    assert_eq!(labels, ["pipeline", "pipeline writers=2", "scan"]);
}

#[test]
fn equal_suites_have_equal_hashes_and_options_change_them() {
    let text = one_case("params = { step = \"00\" }");
    let hash = |sets: &[&str], filter| plan_with(&text, sets, filter).unwrap().suite.hash;
    assert_eq!(hash(&[], None).len(), 32);
    let all = [
        hash(&[], None),
        hash(&["rows=1"], None),
        hash(&["rows=2"], None),
        hash(&[], Some("rows=1")),
        hash(&["rows=1"], Some("rows=1")),
    ];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert_eq!(hash(&["rows=1"], None), hash(&["rows=1"], None));
}

#[test]
fn a_command_runner_has_words_environment_and_metrics() {
    let text = r#"
name = "x"
[[runner]]
name = "sorted"
command = "sort -n '{file name}' --parallel={{}}{threads}"
prepare = ["rm", "-f", "out"]
check = "sha256sum out"
env = { LC_ALL = "C" }
cwd = "/"
metrics = [{ name = "t", json = "summary.t", unit = "ms", better = "lower" }]
[[case]]
runner = "sorted"
grid = { threads = [1, 2] }
"#;
    let plan = plan_with(&text.replace("{file name}", "a b"), &[], None).unwrap();
    assert_eq!(ids(&plan), ["sorted/threads=1", "sorted/threads=2"]);
    let runner = &plan.cases[0].runner;
    assert_eq!(runner.cwd, Path::new("/"));
    assert_eq!(runner.env.get("LC_ALL").map(String::as_str), Some("C"));
    let RunnerKind::Command(command) = &runner.kind else { panic!("{runner:?}") };
    let words = ["sort", "-n", "a b", "--parallel={{}}{threads}"].map(str::to_owned).to_vec();
    assert_eq!(command.command, CommandLine::Argv(words));
    assert_eq!(command.metrics[0].scale, 1_000_000);
    assert_eq!(command.metrics[0].pattern, OutputPattern::Json("summary.t".to_owned()));
    assert_eq!(command.conclude, None);
    assert!(command.check.is_some() && command.prepare.is_some());
}

#[test]
fn shell_true_keeps_a_command_line_whole() {
    let text = "name = \"x\"\n[[runner]]\nname = \"s\"\nshell = true\ncommand = \"cat {f} | wc -l\"\n\
                [[case]]\nrunner = \"s\"\nparams = { f = \"05\" }\n";
    let plan = plan_with(text, &["f=06"], None).unwrap();
    let RunnerKind::Command(command) = &plan.cases[0].runner.kind else { panic!() };
    assert_eq!(command.command, CommandLine::Shell("cat {f} | wc -l".to_owned()));
    assert_eq!(ids(&plan), ["s/f=06"]);
}

#[test]
fn a_command_may_name_the_data_directory_and_the_seed() {
    let text = "name = \"x\"\n[[runner]]\nname = \"s\"\ncommand = \"gen --seed {seed} {data_dir}/x\"\n\
                [[case]]\nrunner = \"s\"\n";
    assert_eq!(ids(&plan_with(text, &[], None).unwrap()), ["s"]);
}

#[test]
fn a_suite_that_is_not_there_suggests_the_one_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("quick.toml"), one_case("")).unwrap();
    assert!(Suite::load(&directory.path().join("quick.toml")).is_ok());
    let error = Suite::load(&directory.path().join("qiuck.toml")).unwrap_err();
    assert_eq!(error.position(), None);
    let found = directory.path().join("quick.toml");
    assert!(error.to_string().contains(&format!("did you mean `{}`?", found.display())), "{error}");
}

#[test]
fn a_program_is_asked_once_and_its_cases_carry_its_name() {
    struct Counted(RefCell<Vec<String>>);
    impl Specs for Counted {
        fn specs(&self, runner: &Runner) -> anyhow::Result<Vec<Spec>> {
            self.0.borrow_mut().push(runner.name.clone());
            Fixture.specs(runner)
        }
    }
    let text = "name = \"x\"\n[[runner]]\nname = \"mine\"\nprogram = [\"./mine\", \"--serve\"]\n\
                [[runner]]\nname = \"unused\"\nprogram = \"./unused\"\n\
                [[case]]\nrunner = \"mine\"\ngrid = { rows = [1, 2] }\n\
                [[case]]\nrunner = \"mine\"\nworkload = \"sort\"\nparams = { rows = 3 }\n\
                [[case]]\nworkload = \"scan\"\n";
    let suite = Suite::parse(text, Path::new("/suites/x.toml")).unwrap();
    let asked = Counted(RefCell::default());
    let plan = Plan::build(&suite, &asked, &PlanOptions::default()).unwrap();
    assert_eq!(ids(&plan), ["mine:sort/rows=1", "mine:sort/rows=2", "mine:sort/rows=3", "scan"]);
    assert_eq!(asked.0.into_inner(), ["mine", "builtin"]);
}

/// Some axes of the fixture's pipeline with distinct values.
fn axes() -> impl Strategy<Value = Vec<(&'static str, Vec<i64>)>> {
    let axis = |name: &'static str, values: std::ops::Range<i64>| {
        prop::collection::btree_set(values, 1..5)
            .prop_map(move |values| (name, values.into_iter().collect::<Vec<_>>()))
            .prop_map(|(name, values)| (name, values))
    };
    (axis("rows", 1..1000), axis("writers", 1..65), axis("buffer", 1024..9999))
        .prop_map(|(a, b, c)| vec![a, b, c])
}

fn grid(axes: &[(&str, Vec<i64>)]) -> String {
    let axes: Vec<String> =
        axes.iter().map(|(name, values)| format!("{name} = {values:?}")).collect();
    one_case(&format!("grid = {{ {} }}", axes.join(", ")))
}

proptest! {
    #[test]
    fn a_grid_has_the_product_of_its_axes_and_every_id_once(axes in axes()) {
        let plan = plan_with(&grid(&axes), &[], None).unwrap();
        let product: usize = axes.iter().map(|(_, values)| values.len()).product();
        prop_assert_eq!(plan.cases.len(), product);
        prop_assert_eq!(ids(&plan).into_iter().collect::<BTreeSet<_>>().len(), product);
    }

    #[test]
    fn ids_do_not_depend_on_the_order_of_the_file(axes in axes(), turn in 0..3usize, back: bool) {
        let mut turned = axes.clone();
        turned.rotate_left(turn);
        if back {
            turned.iter_mut().for_each(|(_, values)| values.reverse());
        }
        let (one, other) = (plan_with(&grid(&axes), &[], None), plan_with(&grid(&turned), &[], None));
        let (one, other) = (one.unwrap(), other.unwrap());
        let sorted = |plan: &Plan| ids(plan).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        prop_assert_eq!(sorted(&one), sorted(&other));
    }

    #[test]
    fn a_range_with_a_step_has_its_ends_and_even_gaps(from in 1..500i64, step in 1..50i64, n in 0..200i64) {
        let to = from + step * n;
        let text = format!("grid = {{ rows = {{ from = {from}, to = {to}, step = {step} }} }}");
        let rows = rows(&plan(&text).unwrap());
        prop_assert_eq!(rows, (0..=n).map(|i| from + i * step).collect::<Vec<_>>());
    }

    #[test]
    fn a_range_with_a_factor_stays_inside_and_could_not_go_on(from in 1..100i64, to in 100..1_000_000i64, times in 2..9i64) {
        let text = format!("grid = {{ rows = {{ from = {from}, to = {to}, times = {times} }} }}");
        let rows = rows(&plan(&text).unwrap());
        prop_assert_eq!(rows[0], from);
        prop_assert!(rows.windows(2).all(|pair| pair[1] == pair[0] * times));
        prop_assert!(rows[rows.len() - 1] <= to && rows[rows.len() - 1] * times > to);
    }

    #[test]
    fn any_text_is_a_suite_or_an_error_without_a_panic(text in "\\PC{0,80}|(\\[\\[case\\]\\]|[a-z]{1,8} = |[0-9\"{}\\[\\],.\n ]){0,60}") {
        if let Err(error) = plan_with(&text, &[&text], Some(&text)) {
            prop_assert!(error.to_string().starts_with("error: "));
        }
    }
}

#[test]
fn a_sweep_is_counted_by_no_pass_and_with_nothing_beside_it_it_is_no_sweep() {
    let text = "name = \"x\"\n[counters]\nallocations = true\n\
                [[case]]\nworkload = \"pipeline\"\nparams = { step = \"00\" }\n\
                [[case]]\nworkload = \"pipeline\"\nsweep = true\ngrid = { writers = [1, 2] }\n\
                [[case]]\nworkload = \"pipeline\"\nstage = \"All\"\nparams = { rows = 5 }\n";
    let flags = |plan: &Plan| plan.cases.iter().map(|case| case.sweep).collect::<Vec<_>>();
    let both = plan_with(text, &[], None).unwrap();
    assert_eq!(flags(&both), [false, true, true, false]);
    let counted: Vec<&str> = both.passes[0].cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(counted, ["pipeline/step=00", "pipeline/rows=5"]);
    let alone = plan_with(text, &[], Some("writers >= 1 or rows = 5")).unwrap();
    assert_eq!(flags(&alone), [false, false, false]);
    assert_eq!(alone.passes[0].cases.len(), 3);
}

fn rows(plan: &Plan) -> Vec<i64> {
    plan.cases.iter().map(|case| case.params.integer("rows").unwrap().unwrap()).collect()
}

#[test]
fn a_simulated_case_keeps_its_id_and_is_smaller_unless_the_suite_says_otherwise() {
    let suite = |counters: &str, params: &str| {
        format!("name = \"x\"\n[counters]\n{counters}\n[[case]]\nworkload = \"scan\"\n{params}\n")
    };
    let rows = |counters: &str, params: &str| {
        let plan = plan_with(&suite(counters, params), &[], None).unwrap();
        let [pass] = plan.passes.as_slice() else { panic!("{:?}", plan.passes) };
        assert_eq!(pass.cases[0].id, plan.cases[0].id);
        assert_eq!(plan.samples(), 5 * 4 + 3, "timed samples, and three of the pass");
        pass.cases[0].params.integer("rows").unwrap()
    };
    let million = "params = { rows = 1_000_000 }";
    assert_eq!(rows("simulate = true", million), Some(10_000));
    assert_eq!(rows("simulate = true", "params = { rows = 500 }"), Some(500));
    assert_eq!(rows("simulate = { rows = \"20k\" }", million), Some(20_000));
    assert_eq!(rows("allocations = true", million), Some(1_000_000));
    // An option asks for a pass, keeps what the suite says of it, or takes it back.
    let with = |counters: &str, set: &[&str]| {
        plan_with(&suite(counters, million), set, None).unwrap().passes
    };
    let sized = with("simulate = { rows = 70 }", &["counters.simulate=true"]);
    assert_eq!(sized[0].cases[0].params.integer("rows").unwrap(), Some(70));
    let sized = with("", &["counters.simulate=true", "counters.simulate.rows=80"]);
    assert_eq!(sized[0].cases[0].params.integer("rows").unwrap(), Some(80));
    assert!(with("simulate = true", &["counters.simulate=false"]).is_empty());
}
