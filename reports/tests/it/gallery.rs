//! `docs/charts.md`: every chart has an entry, and the pictures there are what the code draws.
//!
//! `just charts` draws them anew.

use std::path::{Path, PathBuf};

use reports::charts::{CHARTS, Theme, standalone};
use reports::{PageOptions, RunSet, html};

use crate::{ceiling, fixture, history, sweeps};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// Made-up runs, in the order in which a chart takes the first that it can draw.
fn sets() -> Vec<RunSet> {
    vec![
        history::five(),
        fixture::study_set(),
        sweeps::grid(),
        sweeps::threads(&[1, 2, 4, 8, 16]),
        fixture::profiled(),
        ceiling::set(),
    ]
}

/// Whether the pictures are to be drawn anew instead of being held against the files.
fn draws_anew() -> bool {
    std::env::var_os("DYNO_DRAW_CHARTS").is_some()
}

#[test]
fn the_pictures_of_docs_charts_md_are_what_the_code_draws() {
    let sets = sets();
    for chart in CHARTS {
        let Some(svg) = sets.iter().find_map(|set| standalone(*chart, set, Theme::Light)) else {
            continue;
        };
        let file = docs().join(format!("charts/{}.svg", chart.id()));
        if draws_anew() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &svg).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == svg, "{} has drifted; `just charts` draws it anew", file.display());
    }
}

#[test]
fn every_chart_has_an_entry_with_its_question_and_its_picture() {
    let page = std::fs::read_to_string(docs().join("charts.md")).unwrap();
    for chart in CHARTS {
        let heading = format!("## {}\n", chart.id());
        let entry = page.split(&heading).nth(1);
        let entry = entry.unwrap_or_else(|| panic!("docs/charts.md has no `{}`", chart.id()));
        let entry = entry.split("\n## ").next().unwrap();
        assert!(entry.contains(chart.question()), "{}: {}", chart.id(), chart.question());
        let picture = format!("charts/{}.svg", chart.id());
        let drawn = docs().join(&picture).exists();
        assert_eq!(entry.contains(&format!("({picture})")), drawn, "{}", chart.id());
    }
    let headings = page.matches("\n## ").count() - page.matches("\n## What a link keeps\n").count();
    assert_eq!(headings, CHARTS.len(), "one entry for each chart and none beside them");
}

#[test]
fn a_picture_for_itself_is_whole_in_either_theme() {
    let set = fixture::study_set();
    for chart in CHARTS {
        let Some(light) = standalone(*chart, &set, Theme::Light) else { continue };
        let dark = standalone(*chart, &set, Theme::Dark).unwrap();
        for svg in [&light, &dark] {
            assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{svg}");
            assert!(!svg.contains("class=\"f-") && !svg.contains("class=\"s-"), "{}", chart.id());
            // What the page's style sheet would show stays there.
            assert!(
                !svg.contains("display=")
                    && svg.matches("<g").count() == svg.matches("</g>").count()
            );
        }
        assert!(light.contains("fill=\"#ffffff\"") && !dark.contains("#ffffff"), "{}", chart.id());
        assert!(dark.contains("fill=\"#14171b\""), "{}", chart.id());
    }
    // The same pictures as in the page, which keeps its classes.
    assert!(html(&set, &PageOptions::default()).unwrap().contains("class=\"f-data\""));
}
