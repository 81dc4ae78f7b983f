//! Whole runs as one JSON document: what the store knows of them, every sample included.

use anyhow::Result;
use record::{RunInfo, Sample};
use serde::Serialize;

use super::{Exporter, Format, Material};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "json",
    about: "whole runs with every sample",
    import: None,
    export: Some(Exporter::Text(write)),
};

/// Version of the document's layout.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    info: &'a RunInfo,
    samples: &'a [Sample],
}

fn write(material: &Material<'_>) -> Result<String> {
    let runs = material.runs.iter().map(|run| Run { info: &run.info, samples: &run.samples });
    let document = Document { schema: SCHEMA, runs: runs.collect() };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
