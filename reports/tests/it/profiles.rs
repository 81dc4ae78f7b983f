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

/// Two cases with these stacks.
fn two(before: &[(&str, u64)], after: &[(&str, u64)]) -> RunSet {
    let cases = [step("00", ""), step("01", "")];
    let profiles = vec![profile(&cases[0], before), profile(&cases[1], after)];
    let [a, b] = cases.map(|case| (case.clone(), samples(&case, &[5.0])));
    let mut set = fixture::set(vec![a, b]);
    let run = set.runs[0].id.clone();
    set.add_profiles(&run, profiles);
    set
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
fn without_two_profiles_that_compare_there_is_no_section() {
    let one = [("t;a", 40)];
    assert!(Lanes.draw(&two(&one, &[]), Size::Wide).is_none());
    assert!(Lanes.table(&two(&[], &[])).is_none());
    assert!(Lanes.draw(&fixture::study_set(), Size::Wide).is_none());
    assert!(!page(&fixture::study_set()).contains("id=\"profile\""));
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
    assert!(svg.contains("not drawn: 261 deeper frames"), "{svg}");
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
