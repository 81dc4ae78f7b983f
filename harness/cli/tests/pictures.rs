//! Charts as files, the index of a store and the page of a gate, by the real binary.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Place, faulty};

fn measured() -> Place {
    let program = faulty().to_str().unwrap();
    let place = Place::with_suite(&format!(
        "name = \"two\"\n[sampling]\nprocesses = 4\niterations = 1\nwarmup = 0\n\
         [[case]]\nrunner = \"script\"\nworkload = \"scripted\"\n\
         grid = {{ wall_ns = [40_000_000, 20_000_000] }}\n\
         [[runner]]\nname = \"script\"\nprogram = [{program:?}, \"scripted\"]\n"
    ));
    place.dyno(&["run", "suite.toml"]).expect(0);
    place
}

#[test]
fn charts_are_written_as_svg_files_in_either_theme() {
    let place = measured();
    let told = place.dyno(&["export", "svg", "-o", "pictures"]).expect(0).stdout();
    assert!(
        told.contains("pictures/trend.svg\n") && told.contains("pictures/noise.svg\n"),
        "{told}"
    );
    let told = place.dyno(&["export", "svg", "--only", "trend", "--theme", "dark", "-o", "dark"]);
    assert_eq!(told.expect(0).stdout(), "dark/trend.svg\n");
    let dark = fs::read_to_string(place.path().join("dark/trend.svg")).unwrap();
    assert!(dark.contains("fill=\"#14171b\"") && !dark.contains("#ffffff"), "{dark}");
    let refused = place.dyno(&["export", "svg", "--only", "scaling"]).expect(2).stderr();
    assert!(refused.contains("there is nothing to draw for `scaling` in these runs"), "{refused}");
    let refused = place.dyno(&["export", "csv", "--only", "trend"]).expect(2).stderr();
    assert!(refused.contains("`--only` is for pictures: svg or png, not csv"), "{refused}");
    let refused = place.dyno(&["export", "svg", "--only", "trent"]).expect(2).stderr();
    assert!(refused.contains("a similar value exists: 'trend'"), "{refused}");
}

#[test]
#[cfg(not(feature = "png"))]
fn without_the_feature_png_says_how_to_get_it() {
    let refused = measured().dyno(&["export", "png"]).expect(2).stderr();
    assert!(refused.contains("--features png"), "{refused}");
    assert!(refused.contains("`dyno export svg` needs nothing"), "{refused}");
}

#[test]
#[cfg(feature = "png")]
fn charts_are_written_as_png_files_with_words_in_them() {
    let place = measured();
    place.dyno(&["export", "png", "--only", "trend", "-o", "."]).expect(0);
    let png = fs::read(place.path().join("trend.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n") && png.len() > 5000, "{} bytes", png.len());
    // Its width is that of the SVG, which has a margin around 820 px, twice.
    assert_eq!(png[16..20], 1720_u32.to_be_bytes());
}

#[test]
fn the_index_links_the_reports_of_a_store() {
    let place = measured();
    place.dyno(&["run", "suite.toml", "--no-report"]).expect(0);
    let told = place.dyno(&["report", "--index"]).expect(0).stdout();
    assert_eq!(told, "store/index.html\n");
    let html = fs::read_to_string(place.path().join("store/index.html")).unwrap();
    assert!(html.contains("<h1>2 runs of 1 suite</h1>"), "{html}");
    let links: Vec<&str> =
        html.split("<a href=\"").skip(1).map(|text| text.split('"').next().unwrap()).collect();
    let reports: Vec<&&str> = links.iter().filter(|link| link.ends_with("/report.html")).collect();
    assert_eq!(reports.len(), 1, "the second run has no report: {links:?}");
    assert!(place.path().join("store").join(reports[0]).is_file());
    let refused = place.dyno(&["report", "--index", "last"]).expect(2).stderr();
    assert!(refused.contains("cannot be used with"), "{refused}");
    let empty = Place::new();
    let refused = empty.dyno(&["report", "--index"]).expect(2).stderr();
    assert!(refused.contains("there is no run in store"), "{refused}");
}
