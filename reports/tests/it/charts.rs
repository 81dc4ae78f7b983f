//! The charts on known numbers: golden pictures, and what must hold for any numbers.

use record::FailureKind;
use reports::RunSet;
use reports::charts::{BoxPlot, CHARTS, Chart, Effort, ROLES, Size, Trend};

use crate::fixture::{self, failed, samples, step};

/// Four steps; the third fails.
fn steps() -> RunSet {
    let cases = [("00", vec![200.0, 210.0, 190.0]), ("01", vec![100.0, 110.0, 105.0])];
    let mut cases: Vec<_> = cases
        .into_iter()
        .map(|(id, times)| {
            let case = step(id, "A change");
            (case.clone(), samples(&case, &times))
        })
        .collect();
    let broken = step("02", "");
    cases.push((broken.clone(), vec![failed(&broken, 0, FailureKind::Died, "signal 9")]));
    let last = step("03", "The <last> & least");
    cases.push((last.clone(), samples(&last, &[50.0, 52.0])));
    fixture::set(cases)
}

#[test]
fn the_pictures_of_four_steps_are_as_they_were_looked_at() {
    for chart in [&Trend as &dyn Chart, &Effort, &BoxPlot] {
        for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
            let picture = chart.draw(&steps(), size).unwrap();
            insta::assert_snapshot!(format!("{}_{name}", chart.id()), picture);
        }
    }
}

#[test]
fn captions_say_what_the_marks_mean() {
    let charts = [&Trend as &dyn Chart, &Effort, &BoxPlot];
    let captions: Vec<String> = charts.iter().map(|chart| chart.caption(&steps())).collect();
    insta::assert_snapshot!(captions.join("\n"));
}

/// The points of the first mark of a class, in px.
fn points_of(svg: &str, class: &str) -> Vec<(f64, f64)> {
    let line = svg.lines().find(|line| line.contains(&format!("class=\"{class}\""))).unwrap();
    let points = line.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
    let pair = |pair: &str| {
        let (x, y) = pair.split_once(',').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    points.split(' ').map(pair).collect()
}

#[test]
fn heights_in_the_trend_are_in_proportion_to_the_times_from_zero() {
    let svg = Trend.draw(&fixture::study_set(), Size::Wide).unwrap();
    let zero = points_of(&svg, "s-axis")[0].1;
    let line = points_of(&svg, "s-data");
    assert_eq!(line.len(), 13);
    let unit = (zero - line[0].1) / fixture::STUDY[0].2;
    for ((_, y), (step, _, median)) in line.iter().zip(fixture::STUDY) {
        assert!(((zero - y) / unit - median).abs() < 1.0, "step {step}");
    }
}

#[test]
fn the_trend_has_a_band_of_intervals_where_they_say_more_than_ranges() {
    let set = fixture::study_set();
    let svg = Trend.draw(&set, Size::Wide).unwrap();
    let zero = points_of(&svg, "s-axis")[0].1;
    let unit = (zero - points_of(&svg, "s-data")[0].1) / fixture::STUDY[0].2;
    let summary = &set.cases[0].wall_time().unwrap().summary;
    let ends = [
        ("range", summary.min, summary.max),
        ("interval", summary.interval.low, summary.interval.high),
    ];
    for (class, low, high) in ends {
        let group = svg.split(&format!("<g class=\"{class}\"")).nth(1).unwrap();
        let band = points_of(group.split("</g>").next().unwrap(), "f-band");
        assert_eq!(band.len(), 26, "{class}");
        let drawn = [band[25].1, band[0].1].map(|y| (zero - y) / unit);
        assert!((drawn[0] - low / 1e6).abs() < 1.0, "{class}: {drawn:?} for {low}");
        assert!((drawn[1] - high / 1e6).abs() < 1.0, "{class}: {drawn:?} for {high}");
    }
    let caption = Trend.interval_caption(&set).unwrap();
    assert!(caption.contains(" Band: 95 % interval of the median"), "{caption}");
    // Of eight processes the interval is from the fastest to the slowest.
    let eight = crate::history::five();
    assert!(!Trend.draw(&eight, Size::Wide).unwrap().contains("\"interval\""));
    assert_eq!(Trend.interval_caption(&eight), None);
}

#[test]
fn a_failed_case_is_a_gap_with_a_cross_in_the_trend() {
    let svg = Trend.draw(&steps(), Size::Wide).unwrap();
    let line = points_of(&svg, "s-data");
    assert_eq!(line.len(), 2, "the line ends before the gap");
    assert_eq!(svg.matches("class=\"s-data\"").count(), 1);
    assert_eq!(svg.matches("class=\"s-band\"").count(), 1, "the point behind it has a bar");
    assert_eq!(svg.matches("class=\"s-bad\"").count(), 2, "the two strokes of a cross");
    assert!(svg.contains("<title>02: failed: died: signal 9</title>"));
}

#[test]
fn the_slower_step_and_the_largest_gain_are_labelled() {
    let svg = Trend.draw(&fixture::study_set(), Size::Wide).unwrap();
    for label in [">931<", ">274<", ">415 slower<", ">140<"] {
        assert!(svg.contains(label), "{label}");
    }
    assert!(!svg.contains(">921<"));
}

#[test]
fn every_sample_is_a_dot_until_there_are_too_many() {
    let dots = |set: &RunSet| {
        let svg = BoxPlot.draw(set, Size::Wide).unwrap();
        svg.matches("<circle").count()
    };
    // Two steps end one window and begin the next.
    assert_eq!(dots(&fixture::study_set()), 150);
    let case = step("00", "");
    let many = fixture::set(vec![(case.clone(), samples(&case, &fixture::spread(10.0, 1000, 1)))]);
    assert_eq!(dots(&many), 200);
    assert!(BoxPlot.caption(&many).contains("Dots: every 5th sample"));
}

/// Sets that a chart must survive.
fn hard() -> Vec<(&'static str, RunSet)> {
    let set = |cases: Vec<(String, Vec<f64>)>| {
        let cases = cases.into_iter().map(|(id, times)| {
            let case = step(&id, "");
            (case.clone(), samples(&case, &times))
        });
        fixture::set(cases.collect())
    };
    let one = || vec![("00".to_owned(), vec![5.0])];
    let equal = (0..3).map(|i| (format!("{i:02}"), vec![5.0; 4])).collect();
    let many = (0..200).map(|i| (format!("{i:03}"), vec![f64::from(i + 1); 2])).collect();
    let long = (0..3).map(|i| (format!("{}{i}", "name ".repeat(100)), vec![1.0])).collect();
    let wide = vec![("a".to_owned(), vec![1e-6]), ("b".to_owned(), vec![1e9])];
    let zero = vec![("a".to_owned(), vec![0.0])];
    vec![
        ("one sample", set(one())),
        ("all equal", set(equal)),
        ("200 cases", set(many)),
        ("long names", set(long)),
        ("fifteen decades", set(wide)),
        ("no time at all", set(zero)),
        ("failures", fixture::grid_set()),
    ]
}

#[test]
fn hard_sets_are_drawn_inside_the_picture_and_without_odd_numbers() {
    for (name, set) in hard() {
        for chart in CHARTS {
            for size in [Size::Wide, Size::Narrow] {
                let Some(svg) = chart.draw(&set, size) else {
                    assert!(!["trend", "noise"].contains(&chart.id()), "{name}: {}", chart.id());
                    continue;
                };
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}: {}", chart.id());
                for x in svg.split(" x=\"").skip(1) {
                    let x: f64 = x.split('"').next().unwrap().parse().unwrap();
                    assert!((-1.0..=f64::from(size.width())).contains(&x), "{name}: x = {x}");
                }
            }
        }
    }
}

#[test]
fn nothing_measured_gives_no_picture() {
    let case = step("00", "");
    let crash = failed(&case, 0, FailureKind::Start, "no such program");
    let set = fixture::set(vec![(case, vec![crash])]);
    for chart in CHARTS {
        assert_eq!(chart.draw(&set, Size::Wide), None);
    }
    for chart in [&Trend as &dyn Chart, &BoxPlot] {
        assert_eq!(chart.caption(&set), "No case has a time.");
    }
}

#[test]
fn the_style_sheet_and_the_pictures_know_the_same_roles() {
    let css = include_str!("../../templates/report.css");
    let roots: Vec<&str> = css.split(":root").collect();
    for (class, light) in ROLES {
        assert!(css.contains(&format!(".f-{class} {{ fill: var(--{class}); }}")), "{class}");
        assert!(css.contains(&format!(".s-{class} {{ stroke: var(--{class}); }}")), "{class}");
        assert!(roots[1].contains(&format!("--{class}: {light};")), "{class} in the light theme");
        let dark = roots.iter().skip(2).filter(|part| part.contains(&format!("--{class}:")));
        assert_eq!(dark.count(), 2, "{class} in the dark theme, by system and by button");
    }
}
