//! The messages of typical mistakes in `[[case]]`, whole, as a person sees them.

use crate::refused;

#[test]
fn an_unknown_parameter_in_a_grid_suggests_the_nearest() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { writer = [1, 2] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: unknown parameter `writer`
     --> /suites/x.toml:6:10
      |
    6 | grid = { writer = [1, 2] }
      |          ^^^^^^
      = allowed: step, rows, writers, buffer, delay, share, dictionary, codec
      = did you mean `writers`?
    ");
}

#[test]
fn an_unknown_workload_suggests_the_nearest() {
    let suite = r#"
name = "x"
[[case]]
workload = "pipelin"
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: unknown workload `pipelin`
     --> /suites/x.toml:4:12
      |
    4 | workload = "pipelin"
      |            ^^^^^^^^^
      = allowed: pipeline, scan
      = did you mean `pipeline`?
    "#);
}

#[test]
fn an_unknown_runner_lists_the_runners() {
    let suite = r#"
name = "x"

[[runner]]
name = "sorted"
command = "sort {file}"

[[case]]
runner = "sort"
params = { file = "a" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: unknown runner `sort`
     --> /suites/x.toml:9:10
      |
    9 | runner = "sort"
      |          ^^^^^^
      = allowed: sorted, builtin
    "#);
}

#[test]
fn a_number_that_is_text_says_what_is_allowed() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = "many" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `rows` cannot be "many"
     --> /suites/x.toml:6:19
      |
    6 | params = { rows = "many" }
      |                   ^^^^^^
      = allowed: an integer from 1 to 1000000000, for instance "1M"
    "#);
}

#[test]
fn a_value_out_of_range_says_the_range() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { writers = 65 }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `writers` cannot be 65
     --> /suites/x.toml:6:22
      |
    6 | params = { writers = 65 }
      |                      ^^
      = allowed: an integer from 1 to 64
    ");
}

#[test]
fn a_word_that_is_no_choice_suggests_the_nearest() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { codec = "zsdt" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `codec` cannot be "zsdt"
     --> /suites/x.toml:6:20
      |
    6 | params = { codec = "zsdt" }
      |                    ^^^^^^
      = allowed: one of "none", "zstd"
      = did you mean `zstd`?
    "#);
}

#[test]
fn a_number_that_should_be_a_word_suggests_the_word() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { step = ["00", 5] }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `step` cannot be 5
     --> /suites/x.toml:6:24
      |
    6 | grid = { step = ["00", 5] }
      |                        ^
      = allowed: one of "00", "05", "12"
      = did you mean `05`?
    "#);
}

#[test]
fn a_size_without_a_known_unit_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { buffer = "64Kib" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `buffer` cannot be "64Kib"
     --> /suites/x.toml:6:21
      |
    6 | params = { buffer = "64Kib" }
      |                     ^^^^^^^
      = allowed: a size from 1024 to 1073741824 bytes, for instance "64KiB"
    "#);
}

#[test]
fn a_duration_without_a_unit_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { delay = 250 }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `delay` cannot be 250
     --> /suites/x.toml:6:20
      |
    6 | params = { delay = 250 }
      |                    ^^^
      = allowed: a duration from 0 to 60000000000 ns, for instance "250ms"
    "#);
}

#[test]
fn a_flag_that_is_a_word_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { dictionary = "yes" }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `dictionary` cannot be "yes"
     --> /suites/x.toml:6:25
      |
    6 | params = { dictionary = "yes" }
      |                         ^^^^^
      = allowed: true or false
    "#);
}

#[test]
fn not_a_number_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { share = nan }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `share` cannot be nan
     --> /suites/x.toml:6:20
      |
    6 | params = { share = nan }
      |                    ^^^
      = allowed: a finite number
    ");
}

#[test]
fn a_duplicate_key_is_refused_where_it_stands_again() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = 1, rows = 2 }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: duplicate key `rows`
     --> /suites/x.toml:6:22
      |
    6 | params = { rows = 1, rows = 2 }
      |                      ^^^^
      = each key may stand once in its table
    ");
}

#[test]
fn a_duplicate_case_names_the_first() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = 1 }

[[case]]
workload = "pipeline"
params = { rows = "1" }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: duplicate case `pipeline/rows=1`
     --> /suites/x.toml:8:1
      |
    8 | [[case]]
      | ^^^^^^^^
      = the first one stands in line 4
    ");
}

#[test]
fn a_duplicate_value_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = [1000, 1_000] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `rows` has 1000 twice
     --> /suites/x.toml:6:24
      |
    6 | grid = { rows = [1000, 1_000] }
      |                        ^^^^^
    ");
}

#[test]
fn an_empty_list_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { writers = [] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `writers` cannot be []
     --> /suites/x.toml:6:20
      |
    6 | grid = { writers = [] }
      |                    ^^
      = allowed: a list of at least one value
    ");
}

#[test]
fn lists_of_a_zip_have_one_length() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
zip = { writers = [1, 2], rows = [10, 20, 30] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: the lists of a `zip` have one length
     --> /suites/x.toml:6:34
      |
    6 | zip = { writers = [1, 2], rows = [10, 20, 30] }
      |                                  ^^^^^^^^^^^^
      = allowed: 2 values, as many as `writers` has
    ");
}

#[test]
fn a_range_without_a_stride_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 9 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: a range needs a stride
     --> /suites/x.toml:6:17
      |
    6 | grid = { rows = { from = 1, to = 9 } }
      |                 ^^^^^^^^^^^^^^^^^^^^
      = allowed: `times = 2` (multiply) or `step = 1` (add)
    ");
}

#[test]
fn a_range_that_ends_before_it_begins_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 9, to = 1, step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: the range ends before it begins
     --> /suites/x.toml:6:34
      |
    6 | grid = { rows = { from = 9, to = 1, step = 1 } }
      |                                  ^
      = allowed: at least 9
    ");
}

#[test]
fn a_range_that_does_not_grow_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 9, times = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `times` cannot be 1
     --> /suites/x.toml:6:45
      |
    6 | grid = { rows = { from = 1, to = 9, times = 1 } }
      |                                             ^
      = allowed: a whole number of at least 2
    ");
}

#[test]
fn a_range_of_words_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { step = { from = "00", to = "12", step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `step` has no ranges
     --> /suites/x.toml:6:17
      |
    6 | grid = { step = { from = "00", to = "12", step = 1 } }
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = allowed: a list of its values
    "#);
}

#[test]
fn a_range_with_too_many_values_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 1_000_000, step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `rows` has too many values
     --> /suites/x.toml:6:17
      |
    6 | grid = { rows = { from = 1, to = 1_000_000, step = 1 } }
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = allowed: at most 1000
    ");
}

#[test]
fn too_many_cases_are_refused_before_they_are_made() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { rows = { from = 1, to = 500, step = 1 }, writers = { from = 1, to = 64, step = 1 } }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: too many cases: 32000
     --> /suites/x.toml:6:17
      |
    6 | grid = { rows = { from = 1, to = 500, step = 1 }, writers = { from = 1, to = 64, step = 1 } }
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = allowed: at most 10000 in a suite
    ");
}

#[test]
fn a_parameter_stands_in_one_table() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { rows = 1 }
grid = { rows = [2, 3] }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: `rows` stands in `params` and in `grid`
     --> /suites/x.toml:7:10
      |
    7 | grid = { rows = [2, 3] }
      |          ^^^^
      = a parameter is fixed in `params`, or varies in one table
    ");
}

#[test]
fn an_exclude_that_matches_nothing_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { writers = [1, 2] }
exclude = [{ writers = 3 }]
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: no case is excluded by this entry
     --> /suites/x.toml:7:24
      |
    7 | exclude = [{ writers = 3 }]
      |                        ^
      = allowed: values that some case has
    ");
}

#[test]
fn ablating_to_the_base_value_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
params = { step = "00" }
ablate = { step = ["00", "05"] }
"#;
    insta::assert_snapshot!(refused(suite), @r#"
    error: `step` is "00" already
     --> /suites/x.toml:7:20
      |
    7 | ablate = { step = ["00", "05"] }
      |                    ^^^^
      = allowed: values other than the one in `params`
    "#);
}

#[test]
fn a_case_without_a_workload_lists_the_workloads() {
    let suite = r#"
name = "x"
[[case]]
params = { rows = 1 }
"#;
    insta::assert_snapshot!(refused(suite), @"
    error: a case needs a workload or a runner
     --> /suites/x.toml:3:1
      |
    3 | [[case]]
      | ^^^^^^^^
      = allowed: pipeline, scan
    ");
}

#[test]
fn a_reverted_entry_that_matches_nothing_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
grid = { writers = [1, 2] }
reverted = [{ writers = 3 }]
"#;
    insta::assert_snapshot!(refused(suite));
}

#[test]
fn references_to_no_parameter_no_value_and_no_time_are_refused() {
    let suite = |reference: &str| {
        format!(
            "name = \"x\"\n\n[[reference]]\nsource = \"a post\"\n{reference}\n\n[[case]]\n\
             workload = \"pipeline\"\ngrid = {{ writers = [1, 2] }}\n"
        )
    };
    let texts = [
        "by = \"writer\"\nvalues = { \"1\" = \"3s\" }",
        "by = \"writers\"\nvalues = { \"1\" = \"3s\", \"4\" = \"1s\" }",
        "by = \"writers\"\nvalues = { \"1\" = \"fast\" }",
        "by = \"writers\"\nvalues = {}",
    ];
    let errors: Vec<String> = texts.iter().map(|text| refused(&suite(text))).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_sweep_of_stages_or_of_reverted_changes_is_refused() {
    let suite = |other: &str| {
        format!(
            "name = \"x\"\n\n[[case]]\nworkload = \"pipeline\"\ngrid = {{ writers = [1, 2] }}\n\
             sweep = true\n{other}\n"
        )
    };
    insta::assert_snapshot!(refused(&suite("stage = \"Write\"")), @"
    error: `sweep` cannot be true
     --> /suites/x.toml:6:9
      |
    6 | sweep = true
      |         ^^^^
      = allowed: `false`, because these cases have `stage`
    ");
    insta::assert_snapshot!(refused(&suite("reverted = [{ writers = 2 }]")), @"
    error: `sweep` cannot be true
     --> /suites/x.toml:6:9
      |
    6 | sweep = true
      |         ^^^^
      = allowed: `false`, because these cases have `reverted`
    ");
}

#[test]
fn a_stage_without_a_name_is_refused() {
    let suite = r#"
name = "x"

[[case]]
workload = "pipeline"
stage = " "
"#;
    insta::assert_snapshot!(refused(suite));
}
