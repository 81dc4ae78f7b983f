//! What the marks of the trend mean, in a few sentences. `trend.rs` calls it.

use super::PANELS_MAX;
use super::data::{Panel, Reach, samples};

/// What the marks mean, with bands that reach so far.
pub(super) fn caption(panels: &[Panel<'_>], reach: Reach) -> String {
    let Some(first) = panels.first() else {
        return "No case has a time.".to_owned();
    };
    let mut text = match panels.len() {
        1 => format!("Wall time in {} {}.", first.scale.unit, samples(panels)),
        _ => format!("Wall time {}, one plot per case.", samples(panels)),
    };
    let (line, band) = if first.ordered { ("Line", "Band") } else { ("Point", "Bar") };
    text += &format!(" {line}: median. {band}: {}.", reach.words());
    if panels.iter().any(Panel::has_reverted) {
        text += " Grey cross: a step that was reverted; the line goes past it.";
    }
    let failures = panels.iter().any(Panel::has_failures);
    if failures {
        text += if panels.iter().any(Panel::has_reverted) {
            " Red cross: a case without numbers."
        } else {
            " Cross: a case without numbers."
        };
    }
    if panels.iter().any(|panel| !panel.changes.is_empty()) {
        text += " Dotted line: from there on the level is another (a rank scan of the medians).";
    }
    let mut sources: Vec<&str> = panels.iter().flat_map(Panel::sources).collect();
    sources.dedup();
    if !sources.is_empty() {
        text += &format!(" Hollow: published, for as many rows ({}).", sources.join("; "));
    }
    if panels.len() > PANELS_MAX {
        text += &format!(" Only the first {PANELS_MAX} of {} cases.", panels.len());
    }
    text
}
