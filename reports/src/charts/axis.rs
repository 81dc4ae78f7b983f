//! Ticks that a person would have chosen, and labels that do not run into each other.

use record::CaseInfo;

use super::backend::text_width;
use crate::labels;
use crate::run_set::RunSet;

/// Ticks from 0 to at least `top`, about `wanted` of them, in steps of 1, 2 or 5 times a power of
/// ten. The last one is the end of the axis.
pub(super) fn ticks_from_zero(top: f64, wanted: u32) -> Vec<f64> {
    if !top.is_finite() || top <= 0.0 {
        return vec![0.0, 1.0];
    }
    let rough = top / f64::from(wanted.max(1));
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(10.0 * power);
    let count = (top / step - 1e-9).ceil().max(1.0) as u32;
    (0..=count).map(|tick| f64::from(tick) * step).collect()
}

/// Ticks around `low` and `high` in the same steps, for an axis that is cut; `None` where they begin
/// at 0, so that there is nothing to cut.
pub(super) fn ticks_between(low: f64, high: f64, wanted: u32) -> Option<Vec<f64>> {
    // Equal numbers have no span of their own.
    let span = if high > low { high - low } else { high * 0.1 };
    if !span.is_finite() || span <= 0.0 {
        return None;
    }
    let steps = ticks_from_zero(span, wanted);
    let step = steps[1];
    let first = (low / step + 1e-9).floor();
    let last = (high / step - 1e-9).ceil().max(first + 1.0);
    let count = (last - first) as u32;
    (first >= 1.0).then(|| (0..=count).map(|tick| (first + f64::from(tick)) * step).collect())
}

/// A tick's text: as many decimals as the step needs.
pub(super) fn tick_text(tick: f64, step: f64) -> String {
    let decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 6.0) as usize;
    format!("{tick:.decimals$}")
}

/// `text`, cut with an ellipsis until it is at most `width` px wide at that size.
pub(super) fn fitted(text: &str, size: f64, width: f64) -> String {
    let text = crate::format::printable(text);
    if text_width(&text, size) <= width {
        return text;
    }
    let mut kept = String::new();
    for c in text.chars() {
        let mut longer = kept.clone();
        longer.push(c);
        if text_width(&longer, size) + text_width("…", size) > width {
            break;
        }
        kept = longer;
    }
    format!("{}…", kept.trim_end())
}

/// The labels of all cases on an axis, and what they are of: of a grid the values alone, since names
/// before each of them would be cut. The second is empty where labels speak for themselves.
pub(super) fn case_labels(set: &RunSet) -> (Vec<String>, String) {
    let infos: Vec<&CaseInfo> = set.cases.iter().map(|case| &case.info).collect();
    let is_grid = set.is_sweep() && set.varying.len() > 1;
    match labels::values(&infos, &set.varying).filter(|_| is_grid) {
        Some(values) => (values, set.varying.join(labels::BETWEEN)),
        None => (set.cases.iter().map(|case| case.label.clone()).collect(), String::new()),
    }
}

/// Room below the labels for what they are of, in px.
pub(super) fn room_below(name: &str) -> f64 {
    if name.is_empty() { 0.0 } else { 20.0 }
}

/// Which of the labels below an axis are written: every k-th, so that labels cut to at most 100 px
/// stand apart. Gives k and the room of one label in px.
pub(super) fn thinned(labels: &[String], size: f64, slot: f64) -> (usize, f64) {
    const GAP: f64 = 8.0;
    let widest = labels.iter().map(|label| text_width(label, size)).fold(0.0, f64::max).min(100.0);
    let every = ((widest + GAP) / slot).ceil().max(1.0) as usize;
    (every, every as f64 * slot - GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_top() {
        assert_eq!(ticks_from_zero(3.9, 5), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks_from_zero(4.0, 4), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks_from_zero(930.0, 5), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(ticks_from_zero(0.0, 5), [0.0, 1.0]);
        assert_eq!(ticks_from_zero(f64::NAN, 5), [0.0, 1.0]);
        assert_eq!(ticks_from_zero(1e-7, 1).last(), Some(&1e-7));
    }

    #[test]
    fn a_cut_axis_reaches_around_its_numbers_and_is_none_where_it_would_begin_at_nought() {
        let cut = ticks_between(3.45, 3.9, 5).unwrap();
        let ends = [cut[0], cut[cut.len() - 1]];
        assert_eq!(
            (cut.len(), ends.map(|tick| tick_text(tick, 0.1))),
            (6, ["3.4".into(), "3.9".into()])
        );
        assert_eq!(ticks_between(0.1, 0.9, 4), None);
        assert_eq!(ticks_between(5.0, 5.0, 4).map(|ticks| ticks.len() > 1), Some(true));
        assert_eq!(ticks_between(0.0, 0.0, 4), None);
        assert_eq!(ticks_between(f64::INFINITY, 0.0, 4), None);
    }

    #[test]
    fn tick_texts_have_the_decimals_of_the_step() {
        assert_eq!(tick_text(0.6, 0.2), "0.6");
        assert_eq!(tick_text(3.0, 1.0), "3");
        assert_eq!(tick_text(0.25, 0.05), "0.25");
        assert_eq!(tick_text(400.0, 200.0), "400");
    }

    #[test]
    fn long_labels_are_cut_to_their_room() {
        let cut = fitted(&"long ".repeat(100), 12.0, 100.0);
        assert!(cut.ends_with('…') && text_width(&cut, 12.0) <= 100.0, "{cut}");
        assert_eq!(fitted("00", 12.0, 100.0), "00");
    }

    #[test]
    fn many_labels_are_thinned_out() {
        let labels: Vec<String> = (0..200).map(|i| format!("{i:03}")).collect();
        let (every, room) = thinned(&labels, 12.0, 4.0);
        assert!(every > 1 && room >= text_width("000", 12.0));
        assert_eq!(thinned(&labels[..3], 12.0, 100.0).0, 1);
    }
}
