//! `dyno explain`: what a metric is, where it comes from, what it is good for and where it lies.
//!
//! Name, unit, direction and meaning come from the tables that dyno measures and derives with;
//! advice is added from `advice`. Nothing is measured.

mod advice;

use record::{Better, metrics};
use reports::derived::{DERIVED, Derived, Rule};

use self::advice::{ADVICE, Advice};
use crate::args::ExplainArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;

/// Explains one metric, or lists all.
///
/// # Errors
/// When there is no metric of that name; the message says the nearest one.
pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let text = match &args.metric {
        None => overview(),
        Some(name) => explanation(name).ok_or_else(|| unknown(name))?,
    };
    print(&text)?;
    Ok(Exit::Ok)
}

/// Names of all metrics, measured ones first.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let measured = metrics::ALL.iter().map(|metric| metric.name);
    measured.chain(DERIVED.iter().map(|derived| derived.name))
}

fn overview() -> String {
    let width = names().map(str::len).max().unwrap_or_default();
    let line = |name: &str, about: &str| format!("{name:<width$}  {about}\n");
    let measured: String = metrics::ALL.iter().map(|one| line(one.name, one.about)).collect();
    let derived: String = DERIVED.iter().map(|one| line(one.name, one.about)).collect();
    format!(
        "measured\n{measured}\nderived from others when they are read\n{derived}\n\
         `dyno explain METRIC` says more of one.\n"
    )
}

fn explanation(name: &str) -> Option<String> {
    let head = match metrics::find(name) {
        Some(metric) => measured(metric),
        None => derived(DERIVED.iter().find(|derived| derived.name == name)?),
    };
    let tail = ADVICE.iter().find(|advice| advice.metric == name).map(Advice::text);
    Some(head + &tail.unwrap_or_default())
}

fn measured(metric: &metrics::Metric) -> String {
    let (unit, better) = (metric.unit, direction(metric.better));
    format!("{}\n{}\n\nunit:      {unit}\nbetter:    {better}\n", metric.name, metric.about)
}

fn derived(derived: &Derived) -> String {
    let top = derived.top.join(", else ");
    let how = match derived.rule {
        Rule::PerSample | Rule::PerRow => "formed in every sample",
        Rule::SameGroup => "formed in every sample, where both were counted over the same instants",
        Rule::OwnTime => "formed in every sample, where the kernel was counted too",
        Rule::OfMedians => "formed from the medians, so that it fits the time shown beside it",
    };
    format!(
        "{}\n{}\n\nunit:      {}\nbetter:    {}\nderived:   {top} / {}; {how}\n",
        derived.name,
        derived.about,
        derived.kind.base_unit(),
        direction(derived.better),
        derived.bottom.join(", else "),
    )
}

fn direction(better: Better) -> &'static str {
    match better {
        Better::Lower => "lower",
        Better::Higher => "higher",
        Better::Neither => "neither; it explains",
    }
}

fn unknown(name: &str) -> UsageError {
    const ALIKE: f64 = 0.7;
    let nearest = names()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .reduce(|best, one| if one.0 > best.0 { one } else { best });
    let hint = match nearest {
        Some((score, near)) if score >= ALIKE => format!(" did you mean `{near}`?"),
        _ => String::new(),
    };
    UsageError(format!(
        "dyno has no metric named `{name}`;{hint} `dyno explain` lists all, and what a workload \
         adds is explained by the workload"
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_is_explained_and_nothing_else() {
        let known: Vec<_> = names().collect();
        let explained: Vec<_> = ADVICE.iter().map(|advice| advice.metric).collect();
        assert_eq!(explained, known, "in the order of the metric tables");
        let distinct: BTreeSet<_> = known.iter().collect();
        assert_eq!(distinct.len(), known.len());
        for name in known {
            let text = explanation(name).unwrap();
            for part in ["unit:", "better:", "good for:", "careful:"] {
                assert!(text.contains(part), "{name} has no {part}\n{text}");
            }
        }
    }

    #[test]
    fn measured_metrics_say_their_sources_and_derived_ones_their_formula() {
        for metric in metrics::ALL {
            assert!(explanation(metric.name).unwrap().contains("\nsource:    "), "{}", metric.name);
        }
        let ipc = explanation("ipc").unwrap();
        assert!(ipc.contains("derived:   instructions / cycles; "), "{ipc}");
        assert!(!ipc.contains("source:"), "{ipc}");
    }

    #[test]
    fn a_typing_error_is_answered_with_the_nearest_name() {
        let message = unknown("wall_tme").to_string();
        assert!(
            message.contains("; did you mean `wall_time`? `dyno explain` lists all"),
            "{message}"
        );
        let message = unknown("zzzz").to_string();
        assert!(message.contains("`zzzz`; `dyno explain` lists all"), "{message}");
    }
}
