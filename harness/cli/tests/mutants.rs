//! Every suite that ships is understood, and every one of its keys misspelt is refused with exit
//! code 2, nothing run, and an error that names the line. (The engine's own tests mutate every
//! value too.)
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::Place;

fn configs() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let mut found: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        // The programs of these are built by a command of their own; `scan.rs` reads those suites.
        .filter(|(_, text)| !text.contains("[[runner]]"))
        .collect();
    found.sort();
    assert!(found.len() >= 5, "where are the suites?");
    found
}

#[test]
fn every_suite_that_ships_is_understood() {
    for (name, text) in configs() {
        let place = Place::new();
        place.write(&name, &text);
        let listed = place.dyno(&["list", &name]).expect(0);
        assert!(listed.stdout().contains("samples"), "{name}: {}", listed.stdout());
    }
}

#[test]
fn every_misspelt_key_exits_with_2_and_points_at_its_line() {
    for (name, text) in configs() {
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some((key, rest)) = line.split_once(" = ") else { continue };
            if key.starts_with('#') {
                continue;
            }
            let quoted = key.strip_suffix('"');
            let wrong = quoted.map_or_else(|| format!("{key}x"), |key| format!("{key}x\""));
            let misspelt = format!("{wrong} = {rest}");
            let mut mutant = lines.clone();
            mutant[index] = &misspelt;
            let place = Place::new();
            place.write("mutant.toml", &mutant.join("\n"));
            let refused = place.dyno(&["run", "mutant.toml"]).expect(2);
            let error = refused.stderr();
            let position = format!("mutant.toml:{}:", index + 1);
            assert!(error.contains(&position), "{name}: `{misspelt}`:\n{error}");
            let told = format!("`{}`", wrong.trim().trim_matches('"'));
            assert!(error.contains(&told), "{name}:\n{error}");
            assert!(place.store().runs().unwrap().is_empty());
        }
    }
}
