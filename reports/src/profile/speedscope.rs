//! Profiles in the format of speedscope (<https://www.speedscope.app/file-format-schema.json>):
//! one file with a profile per case. Pure.

use std::collections::BTreeMap;

use anyhow::Result;
use record::Weight;
use serde::Serialize;

use super::{Named, View, stacks};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: &'a str,
    active_profile_index: usize,
    exporter: &'static str,
    shared: Shared,
    profiles: Vec<Sampled>,
}

#[derive(Serialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Serialize)]
struct Frame {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sampled {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

/// The text of a file with these profiles, one after the other.
///
/// # Errors
/// When it cannot be written as JSON, which does not happen.
pub fn speedscope(name: &str, profiles: &[Named], view: View) -> Result<String> {
    let mut frames = Frames::default();
    let profiles = profiles.iter().map(|named| sampled(named, view, &mut frames)).collect();
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        name,
        active_profile_index: 0,
        exporter: "dyno",
        shared: Shared { frames: frames.list },
        profiles,
    };
    Ok(serde_json::to_string(&file)? + "\n")
}

fn sampled(named: &Named, view: View, frames: &mut Frames) -> Sampled {
    let stacks = stacks(&named.profile, view);
    let weights: Vec<u64> = stacks.iter().map(|stack| stack.weight).collect();
    Sampled {
        kind: "sampled",
        name: named.label.clone(),
        unit: match named.profile.info.weight {
            Weight::CpuTime => "nanoseconds",
            Weight::Events => "none",
        },
        start_value: 0,
        end_value: weights.iter().sum(),
        samples: stacks
            .iter()
            .map(|stack| stack.frames().map(|frame| frames.number(frame)).collect())
            .collect(),
        weights,
    }
}

/// Frames by number, in the order in which they were first seen.
#[derive(Default)]
struct Frames {
    list: Vec<Frame>,
    numbers: BTreeMap<String, usize>,
}

impl Frames {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.list.push(Frame { name: name.to_owned() });
        self.numbers.insert(name.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::profile;
    use super::*;

    #[test]
    fn every_stack_points_into_the_shared_frames_and_weights_add_up() {
        let named =
            |label: &str, stacks| Named { label: label.to_owned(), profile: profile(stacks, None) };
        let both = [named("00", &[("t;a", 1), ("t;a;b", 3)]), named("06", &[("t;b", 2)])];
        let text = speedscope("quick", &both, View::Folded).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let names: Vec<_> = file["shared"]["frames"].as_array().unwrap().iter().collect();
        assert_eq!(
            names.iter().map(|f| f["name"].as_str().unwrap()).collect::<Vec<_>>(),
            ["t", "a", "b"]
        );
        let first = &file["profiles"][0];
        assert_eq!(first["samples"], serde_json::json!([[0, 1], [0, 1, 2]]));
        assert_eq!(first["weights"], serde_json::json!([1_000_000, 3_000_000]));
        assert_eq!(first["endValue"], 4_000_000);
        assert_eq!(first["unit"], "nanoseconds");
        assert_eq!(file["profiles"][1]["name"], "06");
        assert_eq!(file["profiles"][1]["samples"], serde_json::json!([[0, 2]]));
    }
}
