//! The messages of typical mistakes in `[build]` and `[[gate]]`, whole, as a person sees them.

use record::Pass;
use record::gate::{Margins, RuleKind};

use crate::{plan, refused};

fn gate(rule: &str) -> String {
    format!(
        "name = \"x\"\n[[gate]]\n{rule}\n[[case]]\nworkload = \"scan\"\nparams = {{ rows = 7 }}\n"
    )
}

#[test]
fn an_unknown_metric_suggests_the_nearest_and_a_workloads_own_is_taken() {
    let text = refused(&gate("metric = \"cpu_tiem\""));
    assert!(
        text.starts_with("error: unknown metric `cpu_tiem`\n --> /suites/x.toml:3:10"),
        "{text}"
    );
    assert!(text.ends_with("did you mean `cpu_time`?"), "{text}");
    let own = plan("[[gate]]\nmetric = \"segments_decoded\"").unwrap();
    assert_eq!(own.rules[0].metric, "segments_decoded");
}

#[test]
fn must_catch_is_more_than_tolerated() {
    insta::assert_snapshot!(refused(&gate("metric = \"time\"\ntolerated = \"5%\"\nmust_catch = \"3%\"")), @r#"
    error: `must_catch` cannot be "3%"
     --> /suites/x.toml:5:14
      |
    5 | must_catch = "3%"
      |              ^^^^
      = allowed: more than `tolerated`, which is 5 %
    "#);
}

#[test]
fn a_share_is_a_share() {
    insta::assert_snapshot!(refused(&gate("metric = \"time\"\ntolerated = \"a lot\"")), @r#"
    error: `tolerated` cannot be "a lot"
     --> /suites/x.toml:4:13
      |
    4 | tolerated = "a lot"
      |             ^^^^^^^
      = allowed: a share such as "1%" or 0.01
    "#);
    insta::assert_snapshot!(refused(&gate("metric = \"time\"\nalpha = 0.5")), @r#"
    error: `alpha` cannot be 0.5
     --> /suites/x.toml:4:9
      |
    4 | alpha = 0.5
      |         ^^^
      = allowed: a share from 0 to 0.2, such as "1%"; that is up to 20 %
    "#);
}

#[test]
fn one_entry_is_one_rule() {
    insta::assert_snapshot!(refused(&gate("metric = \"rows\"\nexact = true\nat_least = 3")), @"
    error: `exact` and `at_least` are two rules
     --> /suites/x.toml:5:12
      |
    5 | at_least = 3
      |            ^
      = give each a `[[gate]]` of its own
    ");
    let text = refused(&gate("metric = \"time\"\n[[gate]]\nmetric = \"time\""));
    assert!(text.starts_with("error: a second rule for all of `time`"), "{text}");
}

#[test]
fn a_filter_that_matches_nothing_or_cannot_be_read_is_told_at_its_token() {
    let text = refused(&gate("metric = \"time\"\nfilter = \"rows = 8\""));
    assert!(
        text.starts_with("error: this rule holds for no case\n --> /suites/x.toml:4:10"),
        "{text}"
    );
    let text = refused(&gate("metric = \"time\"\nfilter = \"rwos = 7\""));
    assert!(text.contains("--> /suites/x.toml:4:10") && text.contains("`rows`"), "{text}");
}

#[test]
fn a_build_needs_a_command() {
    let text =
        refused("name = \"x\"\n[build]\nexecutable = \"x\"\n[[case]]\nworkload = \"scan\"\n");
    assert!(text.starts_with("error: missing key `command`\n --> /suites/x.toml:2:1"), "{text}");
}

#[test]
fn the_last_rule_for_a_case_holds_and_some_always_do() {
    let suite = "params = { step = \"00\" }\ngrid = { rows = [1, 2] }\n\
                 [[gate]]\nmetric = \"time\"\n\
                 [[gate]]\nmetric = \"time\"\nfilter = \"rows = 2\"\ntolerated = \"2%\"";
    let rules = plan(suite).unwrap().rules;
    let cases: Vec<usize> = rules.iter().map(|rule| rule.cases.len()).collect();
    assert_eq!(cases, [1, 1, 2, 2, 2]);
    let margins = rules[1].margins(Margins { tolerated: 0.01, must_catch: 0.03 });
    assert!((margins.must_catch - 0.06).abs() < 1e-12);
    assert!(rules.iter().any(|rule| rule.kind == RuleKind::WrongAnswer));
    let usual = plan("params = { step = \"00\" }").unwrap().rules;
    assert_eq!(usual.len(), 5 + 3);
}

#[test]
fn what_only_a_pass_counts_has_no_pairs_to_bet_on() {
    insta::assert_snapshot!(refused(&gate("metric = \"allocations\"\ntolerated = \"5%\"")), @r#"
    error: `allocations` is counted in the allocation pass and not in pairs
     --> /suites/x.toml:3:10
      |
    3 | metric = "allocations"
      |          ^^^^^^^^^^^^^
      = add `exact = true`, or a bound such as `at_most`
    "#);
}

#[test]
fn exact_rules_bring_the_passes_of_their_metrics_for_their_cases_alone() {
    let suite = "params = { step = \"00\" }\ngrid = { rows = [1, 2] }\n\
                 [[gate]]\nmetric = \"allocations\"\nexact = true\nfilter = \"rows = 2\"\n\
                 [[gate]]\nmetric = \"peak_heap\"\nat_most = \"1MiB\"\nfilter = \"rows = 2\"\n\
                 [[gate]]\nmetric = \"instructions\"\nexact = true\n\
                 [[gate]]\nmetric = \"rows\"\nexact = true";
    let plan = plan(suite).unwrap();
    let passes: Vec<_> =
        plan.rule_passes.iter().map(|pass| (pass.pass, pass.cases.len())).collect();
    assert_eq!(passes, [(Pass::Allocation, 1), (Pass::Simulated, 2)]);
    let of: Vec<Pass> = plan.rules.iter().take(4).map(|rule| rule.pass).collect();
    assert_eq!(of, [Pass::Allocation, Pass::Allocation, Pass::Simulated, Pass::Timed]);
    assert!(plan.passes.is_empty(), "a run takes no pass for a gate's rules");
}
