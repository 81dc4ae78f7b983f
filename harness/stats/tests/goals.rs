//! The goals of the gate and of the scan of histories, on recorded noise: what `examples/replay`
//! prints, with fewer replays. Seeded, so that it finds the same every time.
#![expect(clippy::print_stdout, reason = "the figures are worth seeing")]

#[path = "../examples/replay/bisect.rs"]
mod bisect;
#[path = "../examples/replay/gate.rs"]
mod gate;
#[path = "../examples/replay/goals.rs"]
mod goals;
#[path = "../examples/replay/layouts.rs"]
#[expect(dead_code, reason = "the replay prints more of it")]
mod layouts;
#[path = "../examples/replay/margins.rs"]
mod margins;
#[path = "../examples/replay/noise.rs"]
mod noise;
#[path = "../examples/replay/peers.rs"]
mod peers;
#[path = "../examples/replay/rates.rs"]
mod rates;
#[path = "../examples/replay/rules.rs"]
mod rules;
#[path = "../src/seeded.rs"]
#[expect(dead_code, reason = "the tests inside the crate use more of it")]
mod seeded;
#[path = "../examples/replay/table.rs"]
mod table;
#[path = "../examples/replay/turns.rs"]
#[expect(dead_code, reason = "the replay compares more ways to take turns")]
mod turns;

use goals::{Effort, Figure, of_metric};
use noise::Group;

const EFFORT: Effort = Effort { suites: 300, replays: 150, histories: 3000 };

fn check(figures: &[Figure]) {
    assert!(!figures.is_empty());
    for Figure { name, goal, found, holds } in figures {
        println!("{name}: {goal}: {found}");
        assert!(holds, "{name}: {goal}: {found}");
    }
}

/// The recorded pairs of the C programs and of the pipeline.
fn everything() -> Vec<Group> {
    noise::kernels().into_iter().chain(noise::pipeline()).collect()
}

#[test]
fn suites_of_identical_programs_do_not_go_red_and_errors_are_as_rare_as_promised() {
    let groups = everything();
    let groups: Vec<&Group> = groups.iter().collect();
    assert_eq!(groups.len(), 34);
    let (suites, gates) = goals::suites(&groups, EFFORT);
    check(&[suites, goals::calibrated(&groups, EFFORT)]);
    assert_eq!(gates.replays, 2 * 300 * 50);
    assert_eq!((gates.regressed, gates.improved), (0, 0));
}

#[test]
fn three_per_cent_of_cpu_time_are_caught_in_time() {
    check(&goals::power(&of_metric(&noise::kernels(), "cpu"), EFFORT));
}

#[test]
fn few_gates_stay_undecided_and_those_say_honestly_what_they_can_see() {
    // With a coin in each couple wall time is noisy enough to leave some undecided in few replays.
    let (kernels, by_coin) = (noise::kernels(), noise::by_coin());
    check(&goals::undecided(&of_metric(&kernels, "cpu"), &of_metric(&by_coin, "wall"), EFFORT));
}

#[test]
fn the_wider_margins_of_wall_time_are_decided_where_the_machine_is_not_crowded() {
    let (kernels, pipeline) = (noise::kernels(), noise::pipeline());
    let rows = margins::rows(&kernels, &pipeline, &[], EFFORT);
    assert_eq!(rows.len(), 8);
    for margins::Row { name, metric, margins, tallies: [_, [same, changed]] } in rows {
        let (cleared, caught) = (same.share(same.equivalent), changed.share(changed.regressed));
        println!("{name}, {metric}, {margins:?}: {cleared:.3} cleared, {caught:.3} caught");
        assert!(same.regressed == 0 && cleared > 0.98 && caught > 0.9, "{name}, {metric}");
    }
}

#[test]
fn processes_of_the_pipeline_differ_by_less_than_its_couples() {
    let splits = noise::splits();
    assert_eq!(splits.len(), 4);
    for noise::Split { regime, metric, variances, costs: [pair, couple] } in splits {
        println!("{regime}, {metric}: {variances:?}");
        assert!(variances.between < variances.within && pair > couple);
        // Above the 12 couples that are taken before anything is known.
        assert!(variances.best_iterations(pair, couple, 40) > 12);
    }
}

#[test]
fn the_luck_of_layouts_is_no_change_of_the_work_and_one_of_the_work_is_found() {
    let rows = layouts::rows(Effort { replays: 2000, ..EFFORT });
    for row in &rows {
        let there = row.said.map(|said| said.there());
        println!("{}: there {there:?}, pair by pair {}", row.name, row.by_pairs);
    }
    check(&layouts::figures(&rows));
    // What the check is for: pairs of a few layouts, judged one by one, would blame the work.
    assert!(rows.iter().any(|row| row.by_pairs > 0.1));
}

#[test]
fn verdicts_do_not_flip() {
    let groups = everything();
    check(&[goals::flips(&groups.iter().collect::<Vec<_>>(), EFFORT)]);
}

#[test]
fn steps_in_histories_are_found_and_not_invented() {
    check(&[goals::histories(EFFORT)]);
}

#[test]
fn other_rules_call_identical_programs_slower_a_hundred_times_as_often() {
    let (kernels, pipeline) = (noise::kernels(), noise::pipeline());
    let recordings = match noise::recordings() {
        Ok(recordings) => recordings,
        Err(folder) => {
            println!("skipped: no recordings in {}", folder.display());
            return;
        }
    };
    let rows = table::rows([&kernels, &[], &pipeline], Some(&recordings), EFFORT);
    let (_, identical) =
        goals::suites(&kernels.iter().collect::<Vec<_>>(), Effort { suites: 600, ..EFFORT });
    let figures = table::beside_peers(&rows, &identical);
    check(&figures);
}

#[test]
fn a_search_blames_no_wrong_revision_more_often_than_promised() {
    check(&[bisect::figure(&of_metric(&noise::kernels(), "cpu"), EFFORT)]);
}

#[test]
fn the_fixture_is_what_the_recordings_say() {
    match turns::fixture(&noise::folder()) {
        Some(made) => {
            assert_eq!(made, include_str!("../fixtures/noise/units_in_turn.csv"));
        }
        None => println!("skipped: no recordings in {}", noise::folder().display()),
    }
}
