//! The documents about suites say what the code does: the schema is the code's, and every suite in
//! `docs/suite.md` has a plan.

use std::fs;
use std::path::Path;

use engine::plan::{Plan, PlanOptions};
use engine::suite::{Suite, schema};

use crate::Served;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn docs_suite_schema_json_is_the_schema_of_this_code() {
    assert!(
        document("suite.schema.json") == schema(),
        "docs/suite.schema.json has drifted; write it again:\n  \
         cargo dyno schema > docs/suite.schema.json"
    );
}

#[test]
fn every_key_of_a_suite_has_a_description_in_the_schema() {
    fn undescribed(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        let Some(object) = value.as_object() else { return };
        let properties = object.get("properties").and_then(|properties| properties.as_object());
        for (key, property) in properties.into_iter().flatten() {
            if property.get("description").is_none() {
                found.push(format!("{path}/{key}"));
            }
        }
        for (key, inner) in object {
            undescribed(inner, &format!("{path}/{key}"), found);
        }
    }
    let mut found = Vec::new();
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    undescribed(&schema, "", &mut found);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn every_suite_in_docs_suite_md_has_a_plan() {
    let document = document("suite.md");
    let blocks = document.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    // The directories that the suites of the page name.
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("data")).unwrap();
    let mut suites = 0;
    for block in blocks {
        let text = if block.contains("[[case]]") && !block.contains("\nname = ") {
            // A fragment that shows a case is a suite once it has a name.
            format!("name = \"fragment\"\n{block}")
        } else {
            block.to_owned()
        };
        if !text.contains("[[case]]") {
            continue;
        }
        suites += 1;
        let suite = Suite::parse(&text, &place.path().join("suite.toml"));
        let plan = suite.and_then(|suite| Plan::build(&suite, &Served, &PlanOptions::default()));
        assert!(!plan.unwrap_or_else(|error| panic!("{error}\n{text}")).cases.is_empty());
    }
    assert!(suites >= 5, "{suites}");
}
