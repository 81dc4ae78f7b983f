//! The messages of typical mistakes in `--set` and `--filter`, whole, as a person sees them.

use crate::option_refused;

#[test]
fn set_of_an_unknown_parameter_suggests_the_nearest() {
    let shown = option_refused(&["row=5"], None);
    insta::assert_snapshot!(shown, @"
    error: no case has a parameter `row`
     --> --set:1:1
      |
    1 | row=5
      | ^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec
      = did you mean `rows`?
    ");
}

#[test]
fn set_of_a_wrong_value_points_into_the_option() {
    let shown = option_refused(&["rows=1.5"], None);
    insta::assert_snapshot!(shown, @r#"
    error: `rows` cannot be 1.5
     --> --set:1:6
      |
    1 | rows=1.5
      |      ^^^
      = allowed: an integer from 1 to 1000000000, for instance "1M"
    "#);
}

#[test]
fn set_without_a_value_is_refused() {
    let shown = option_refused(&["rows"], None);
    insta::assert_snapshot!(shown, @"
    error: `rows` has no `=`
     --> --set:1:1
      |
    1 | rows
      | ^^^^
      = allowed: a name and a value, such as `rows=100000` or `sampling.processes=3`
    ");
}

#[test]
fn set_of_an_unknown_sampling_key_suggests_the_nearest() {
    let shown = option_refused(&["sampling.proceses=3"], None);
    insta::assert_snapshot!(shown, @"
    error: unknown key `proceses`
     --> --set:1:10
      |
    1 | sampling.proceses=3
      |          ^^^^^^^^
      = allowed: processes, iterations, warmup, budget, timeout, order, seed, pin, reject
      = did you mean `processes`?
    ");
}

#[test]
fn set_of_a_wrong_sampling_value_points_into_the_option() {
    let shown = option_refused(&["sampling.timeout=soon"], None);
    insta::assert_snapshot!(shown, @r#"
    error: `timeout` cannot be "soon"
     --> --set:1:18
      |
    1 | sampling.timeout=soon
      |                  ^^^^
      = allowed: a duration such as "250ms" or "1m 30s", from 1 ms to 24 h
    "#);
}

#[test]
fn set_to_nothing_is_refused() {
    let shown = option_refused(&["rows="], None);
    insta::assert_snapshot!(shown, @r#"
    error: `rows` cannot be empty
     --> --set:1:6
      |
    1 | rows=
      |      ^
      = allowed: an integer from 1 to 1000000000, for instance "1M"
    "#);
}

#[test]
fn set_of_a_sampling_key_alone_names_its_table() {
    let shown = option_refused(&["processes=3"], None);
    insta::assert_snapshot!(shown, @"
    error: no case has a parameter `processes`
     --> --set:1:1
      |
    1 | processes=3
      | ^^^^^^^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec
      = the key of the table is `sampling.processes`
    ");
}

#[test]
fn a_filter_with_an_unknown_name_suggests_the_nearest() {
    let shown = option_refused(&[], Some("step >= 05 and writer = 2"));
    insta::assert_snapshot!(shown, @"
    error: unknown parameter `writer`
     --> --filter:1:16
      |
    1 | step >= 05 and writer = 2
      |                ^^^^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec, workload, runner, case
      = did you mean `writers`?
    ");
}

#[test]
fn a_filter_that_ends_too_early_is_refused() {
    let shown = option_refused(&[], Some("step >= 05 and"));
    insta::assert_snapshot!(shown, @"
    error: the expression ends too early
     --> --filter:1:15
      |
    1 | step >= 05 and
      |               ^
      = allowed: a comparison such as `step >= 05`
    ");
}

#[test]
fn a_filter_with_a_sign_too_many_is_refused() {
    let shown = option_refused(&[], Some("step => 05"));
    insta::assert_snapshot!(shown, @"
    error: unexpected `>`
     --> --filter:1:7
      |
    1 | step => 05
      |       ^
      = allowed: a value; in quotes if it has blanks or signs
    ");
}
