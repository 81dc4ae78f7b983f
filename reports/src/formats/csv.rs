//! Every value of every sample as tidy CSV (RFC 4180), for programs that read no Parquet: the
//! columns of `values.parquet`, without those that only counters have.

use anyhow::Result;
use record::store::StoredRun;
use record::{Sample, Status, Value};

use super::{Exporter, Format, Material};
use crate::document::quoted;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "csv",
    about: "every value of every sample, one row each",
    import: None,
    export: Some(Exporter::Text(write)),
};

const HEAD: &str =
    "run,case,pass,process,iteration,executions,status,counted,metric,value,unit,better,source";

fn write(material: &Material<'_>) -> Result<String> {
    let mut text = format!("{HEAD}\r\n");
    for run in material.runs {
        for sample in &run.samples {
            rows(&mut text, run, sample);
        }
    }
    Ok(text)
}

/// A failed sample without a value has a row too.
fn rows(text: &mut String, run: &StoredRun, sample: &Sample) {
    let status = match &sample.status {
        Status::Ok => "ok",
        Status::Failed(failure) => failure.kind.as_str(),
    };
    let [id, case] = [run.info.id.as_str(), sample.case.as_str()].map(quoted);
    let (pass, counted) = (sample.pass, sample.counts());
    let (process, iteration, executions) = (sample.process, sample.iteration, sample.executions);
    let head = format!("{id},{case},{pass},{process},{iteration},{executions},{status},{counted}");
    if sample.values.is_empty() {
        *text += &format!("{head},,,,,\r\n");
    }
    for Value { metric, value, unit, better, source, .. } in &sample.values {
        *text += &format!("{head},{},{value},{unit},{better},{source}\r\n", quoted(metric));
    }
}
