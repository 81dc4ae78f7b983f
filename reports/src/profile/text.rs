//! Profiles in a terminal: how good each is, and its heaviest functions. Pure.

use record::{ProfileInfo, Weight};

use super::quality::{lost, percent, unit};
use super::{Named, View, functions, stacks};
use crate::format::{printable, shorten, significant};

/// Functions that are listed of each profile.
const FUNCTIONS: usize = 8;

/// Longest name of a function in the table.
const NAME_CHARS: usize = 100;

/// A paragraph for each profile: its quality, its time per row, its heaviest functions.
pub fn summary(profiles: &[Named], view: View) -> String {
    let paragraphs: Vec<String> = profiles.iter().map(|named| paragraph(named, view)).collect();
    paragraphs.join("\n")
}

fn paragraph(named: &Named, view: View) -> String {
    let info = &named.profile.info;
    let mut text = format!(
        "{}: {} samples, {}, lost {}, unknown frames {}, broken stacks {}\n",
        printable(&named.label),
        info.samples,
        cost(info, named.profile.stacks.iter().map(|stack| stack.weight).sum()),
        lost(info),
        percent(info.unknown_share()),
        percent(info.broken_share()),
    );
    let stacks = stacks(&named.profile, view);
    let whole: u64 = stacks.iter().map(|stack| stack.weight).sum();
    let share = |part: u64| percent(if whole == 0 { 0.0 } else { part as f64 / whole as f64 });
    text += &format!("  {:>7}  {:>7}  function\n", "self", "total");
    for function in functions(&stacks).iter().take(FUNCTIONS) {
        let name = shorten(&printable(&function.name), NAME_CHARS);
        let (own, total) = (share(function.own_weight), share(function.weight));
        text += &format!("  {own:>7}  {total:>7}  {name}\n");
    }
    text
}

/// `2107 ns CPU a row`, or per execution where nobody says how many rows there were.
fn cost(info: &ProfileInfo, weight: u64) -> String {
    let what = match info.weight {
        Weight::CpuTime => "ns of CPU".to_owned(),
        Weight::Events => format!("{} ({})", unit(info), info.event),
    };
    match info.rows {
        Some(rows) if rows > 0 => {
            format!("{} {what} a row", significant(weight as f64 / rows as f64, 4))
        }
        _ => {
            let executions = f64::from(info.executions.max(1));
            format!("{} {what} an execution", significant(weight as f64 / executions, 4))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::profile;
    use super::*;

    #[test]
    fn a_profile_says_its_quality_its_cost_and_its_heaviest_functions() {
        let profile = profile(&[("t;a;b", 300), ("t;a", 100)], Some(200_000));
        let named = Named { label: "00".to_owned(), profile };
        assert_eq!(
            summary(&[named], View::Folded),
            "00: 400 samples, 2000 ns of CPU a row, lost none, unknown frames 0 %, broken stacks 0 %\n\
             \x20    self    total  function\n\
             \x20    75 %     75 %  b\n\
             \x20    25 %    100 %  a\n"
        );
    }
}
