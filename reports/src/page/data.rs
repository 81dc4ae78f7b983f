//! Files inside the page that a link saves without asking anybody: the numbers as CSV, and what the
//! page says as Markdown, to be pasted into a pull request.
//!
//! A link carries its file in its address, so it works offline and without JavaScript.

use crate::document::{csv, document, quoted};
use crate::format::counted;
use crate::run_set::RunSet;

/// A file that the page holds.
pub(crate) struct DataLink {
    pub(crate) name: &'static str,
    pub(crate) href: String,
    pub(crate) about: String,
}

/// The most bytes of each file: the whole page has 1.5 MiB.
const BYTES_MAX: usize = 160 << 10;

/// The same of the Markdown: most of its bytes take three in an address.
const MARKDOWN_MAX: usize = 32 << 10;

/// The files of a set: every sample, the summaries, and its report as Markdown; what would be too
/// large is left out.
pub(crate) fn links(set: &RunSet, reference: Option<usize>, markdown: &str) -> Vec<DataLink> {
    let mut links = Vec::new();
    let series = set.cases.iter().flat_map(|case| &case.series);
    let values: usize = series.filter(|one| one.source.is_some()).map(|one| one.points.len()).sum();
    // A line has some thirty bytes at least: there is no need to write what will not fit.
    let samples = (values < BYTES_MAX / 30).then(|| samples(set));
    if let Some(text) = samples.filter(|text| text.len() <= BYTES_MAX) {
        let about =
            format!("{} of all samples that count, in base units.", counted(values, "value"));
        links.push(DataLink { name: "samples.csv", href: href("csv", &text), about });
    }
    let summaries = csv(&document(set, reference)).replace("\r\n", "\n");
    if summaries.len() <= BYTES_MAX {
        let about = "median, interval and quartiles of every metric and case.".to_owned();
        links.push(DataLink { name: "cases.csv", href: href("csv", &summaries), about });
    }
    if markdown.len() <= MARKDOWN_MAX {
        let about = "headline, table and warnings for a pull request or a chat.".to_owned();
        links.push(DataLink { name: "report.md", href: href("markdown", markdown), about });
    }
    links
}

/// One line for each value of the timed pass.
fn samples(set: &RunSet) -> String {
    let mut text = "case,metric,unit,process,value\n".to_owned();
    for case in &set.cases {
        let label = quoted(&case.label);
        for series in case.series.iter().filter(|series| series.source.is_some()) {
            let (metric, unit) = (quoted(&series.metric), series.kind.base_unit());
            for point in &series.points {
                text += &format!("{label},{metric},{unit},{},{}\n", point.process, point.value);
            }
        }
    }
    text
}

/// The address that holds a text of that kind.
fn href(kind: &str, text: &str) -> String {
    let mut out = format!("data:text/{kind};charset=utf-8,");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b',' | b'.' | b'-' | b'_' | b'=' | b'/' | b';' | b':' => out.push(char::from(byte)),
            other => out += &format!("%{other:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_address_ends_it() {
        assert_eq!(href("csv", "a,1\n\"<é"), "data:text/csv;charset=utf-8,a,1%0A%22%3C%C3%A9");
    }
}
