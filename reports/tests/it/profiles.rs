//! The charts of profiles on known stacks.

use reports::RunSet;
use reports::charts::{Chart, Lanes, Montage, Size};

use crate::fixture::{self, profile, samples, step};
use crate::page::page;

#[test]
fn the_pictures_of_profiles_are_as_they_were_looked_at() {
    for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
        for chart in [&Lanes as &dyn Chart, &Montage] {
            let picture = chart.draw(&fixture::profiled(), size).unwrap();
            insta::assert_snapshot!(format!("{}_{name}", chart.id()), picture);
        }
    }
    let captions = [Lanes.caption(&fixture::profiled()), Montage.caption(&fixture::profiled())];
    insta::assert_snapshot!(captions.join("\n"));
}

/// Cases with these stacks.
fn profiled(stacks: &[&[(&str, u64)]]) -> RunSet {
    let cases: Vec<_> = (0..stacks.len()).map(|id| step(&format!("{id:02}"), "")).collect();
    let profiles = cases.iter().zip(stacks).map(|(case, stacks)| profile(case, stacks)).collect();
    let mut set = fixture::set(
        cases.into_iter().map(|case| (case.clone(), samples(&case, &[5.0]))).collect(),
    );
    let run = set.runs[0].id.clone();
    set.add_profiles(&run, profiles);
    set
}

/// Two cases with these stacks.
fn two(before: &[(&str, u64)], after: &[(&str, u64)]) -> RunSet {
    profiled(&[before, after])
}

/// Beside its work the first of two cases has a hundred functions of one sample each, every one too
/// narrow to be drawn, with something that it calls.
pub(crate) fn dust() -> RunSet {
    let names: Vec<String> = (0..100).map(|number| format!("t;dust{number:02};leaf")).collect();
    let mut before: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    before.push(("t;work", 9900));
    two(&before, &[("t;work", 9900)])
}

/// What a mark of the picture is called, and its width in px.
fn widths(svg: &str) -> Vec<(String, f64)> {
    let one = |group: &str| {
        let name = group.split("<title>").nth(1).unwrap().split(" · ").next().unwrap().to_owned();
        let width = group.split(" width=\"").nth(1).unwrap().split('"').next().unwrap();
        (name, width.parse().unwrap())
    };
    svg.split("<g class=\"fr\"").skip(1).map(one).collect()
}

#[test]
fn both_lanes_have_one_scale() {
    let svg = Lanes.draw(&fixture::profiled(), Size::Wide).unwrap();
    let found: Vec<f64> =
        widths(&svg).into_iter().filter(|(name, _)| name == "app::draw").map(|(_, w)| w).collect();
    // 300 and 120 of 422 samples of the larger side, less the gap between neighbours.
    let expect = [300.0, 120.0].map(|samples| samples / 422.0 * 820.0 - 0.8);
    assert!(found.iter().zip(expect).all(|(a, b)| (a - b).abs() < 0.06), "{found:?} {expect:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn what_one_side_alone_has_is_striped_and_few_samples_are_grey() {
    let svg = Lanes.draw(&fixture::profiled(), Size::Wide).unwrap();
    let mark = |name: &str| {
        let groups = svg.split("<g class=\"fr\"").skip(1);
        let own = groups.map(|group| group.split("</g>").next().unwrap());
        own.filter(|group| group.contains(&format!("<title>{name} ·"))).collect::<Vec<_>>().join("")
    };
    assert!(mark("proptest::new_tree").contains("s-less"));
    assert!(mark("proptest::new_tree").contains("stroke-dasharray"));
    assert!(mark("proptest::new_tree").contains("; after: none; vanished"));
    assert!(mark("rand::range").contains("s-more"));
    assert!(mark("rare").contains("f-same"));
    assert!(mark("app::draw").contains("f-less"));
    assert!(!mark("app::draw").contains("stroke-dasharray"));
}

#[test]
fn the_table_lists_functions_by_their_difference_with_both_shares() {
    let table = Lanes.table(&fixture::profiled()).unwrap();
    let row = |at: usize| {
        let row = &table.rows[at];
        let cells = row.cells.iter().map(|cell| [cell.text.as_str(), &cell.below].join("|"));
        format!("{} {}", row.name, cells.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(row(0), "proptest::new_tree 210|50 % –| −210| vanished|");
    assert_eq!(row(1), "app::draw 300|71 % 120|50 % −180| less|");
    assert_eq!(row(2), "malloc 150|36 % –| −150| vanished|");
    assert_eq!(row(3), "rand::range –| 40.0|17 % +40.0| new|");
    assert_eq!(table.rows.len(), 4);
    let html = page(&fixture::profiled());
    assert!(html.contains("<td class=\"number\" data-value=\"-180\">−180</td>"));
}

#[test]
fn what_is_too_narrow_to_be_drawn_is_told_with_its_share() {
    let svg = Lanes.draw(&dust(), Size::Wide).unwrap();
    assert!(svg.contains(">frames not drawn: 200, 1.0 % of the lane<"), "{svg}");
    assert_eq!(svg.matches("frames not drawn").count(), 1, "the other lane is whole");
    assert!(Lanes.caption(&dust()).contains("What is too narrow to be seen, or below 40 others"));
}

#[test]
fn a_profile_without_samples_is_told_and_left_out() {
    let one: &[(&str, u64)] = &[("t;a", 40)];
    let told = |set: &RunSet| {
        let html = page(set);
        let section = html.split("<section id=\"profile\">").nth(1).unwrap();
        let caption = section.split("<p class=\"caption\">").nth(1).unwrap();
        caption.split("</p>").next().unwrap().to_owned()
    };
    let longer = "profile for longer (`dyno profile --time 10s`).";
    assert_eq!(
        told(&two(one, &[])),
        format!(
            "Only 00 has a profile with samples, and it takes two to hold one against the other. \
             No sample caught case 01 running: {longer}"
        )
    );
    assert_eq!(told(&two(&[], &[])), format!("No sample caught cases 00, 01 running: {longer}"));
    assert!(Lanes.draw(&two(one, &[]), Size::Wide).is_none());
    // The others are drawn.
    let some = profiled(&[one, &[], one, one]);
    assert!(told(&some).ends_with(&format!(" No sample caught case 01 running: {longer}")));
    assert!(
        Montage.caption(&some).ends_with(&format!(" No sample caught case 01 running: {longer}"))
    );
    assert!(page(&some).contains(">A: 00<") && page(&some).contains(">B: 03<"));
    assert!(Montage.draw(&some, Size::Wide).is_some());
    // What was never profiled has no section.
    assert!(Lanes.draw(&fixture::study_set(), Size::Wide).is_none());
    assert!(!page(&fixture::study_set()).contains("id=\"profile\""));
}

#[test]
fn profiles_of_other_events_are_not_put_side_by_side() {
    let cases = [step("00", ""), step("01", "")];
    let mut profiles: Vec<_> = cases.iter().map(|case| profile(case, &[("t;a", 40)])).collect();
    profiles[1].info.event = "cycles".to_owned();
    let mut set = fixture::set(cases.map(|case| (case.clone(), samples(&case, &[5.0]))).into());
    let run = set.runs[0].id.clone();
    set.add_profiles(&run, profiles);
    let why = "No lanes: one profile sampled cpu-clock, the other cycles: they cannot be compared.";
    assert!(page(&set).contains(why));
}

#[test]
fn how_far_a_profile_may_be_trusted_stands_below_the_lanes() {
    let table = Lanes.table(&fixture::profiled()).unwrap();
    let first = "00: 422 samples of cpu-clock at 999 Hz a core, kernel included, over 1 execution";
    assert!(table.more.contains(first), "{}", table.more);
    assert!(table.more.contains(" 02: 238 samples of cpu-clock"), "{}", table.more);
}

#[test]
fn names_from_outside_are_escaped_cut_and_kept_inside() {
    let long = format!("t;{}::last", "module::".repeat(70));
    let hostile = "t;</script><b>;\"quoted\";\u{202e}right;漢字🦀";
    let set = two(&[(&long, 60), (hostile, 60)], &[(hostile, 40)]);
    for size in [Size::Wide, Size::Narrow] {
        let svg = Lanes.draw(&set, size).unwrap();
        assert!(!svg.contains("<b>") && !svg.contains("</script>") && !svg.contains('\u{202e}'));
        assert!(!svg.contains("NaN"));
        let most = f64::from(size.width());
        assert!(widths(&svg).iter().all(|(_, width)| *width <= most));
    }
    let deep = format!("t;{}", vec!["f"; 300].join(";"));
    let svg = Lanes.draw(&two(&[(&deep, 60)], &[(&deep, 60)]), Size::Wide).unwrap();
    assert!(svg.contains("frames not drawn: 261, 100 % of the lane"), "{svg}");
    assert!(page(&set).len() < 200_000);
}

#[test]
fn the_lanes_of_all_cases_have_one_scale_and_begin_at_nought() {
    let svg = Montage.draw(&fixture::profiled(), Size::Wide).unwrap();
    let threads =
        svg.lines().filter(|line| line.contains("class=\"f-axis\"") && line.contains("<path"));
    // The last thread of each lane ends where the lane does, less the gap behind a thread.
    let ends: Vec<f64> = threads
        .map(|line| {
            let last = line.split('M').next_back().unwrap();
            let (x, rest) = last.split_once(' ').unwrap();
            let width = rest.split('h').nth(1).unwrap().split('v').next().unwrap();
            x.parse::<f64>().unwrap() + width.parse::<f64>().unwrap() + 1.0
        })
        .collect();
    let expect = [422.0, 380.0, 238.0].map(|samples| samples / 422.0 * 820.0);
    assert_eq!(ends.len(), 3);
    assert!(ends.iter().zip(expect).all(|(a, b)| (a - b).abs() < 0.11), "{ends:?} {expect:?}");
    assert!(svg.contains("<title>00 Baseline: 422 ns of CPU a row</title>"));
}
