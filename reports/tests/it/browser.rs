//! b
use crate::fixture;
use reports::{PageOptions, html};
#[test]
fn write_for_eyes() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, set) in [("study", fixture::study_set()), ("grid", fixture::grid_set())] {
        std::fs::write(dir.join(format!("{name}.html")), html(&set, &PageOptions::default()).unwrap()).unwrap();
    }
}
