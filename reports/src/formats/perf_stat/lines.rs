//! The lines of `perf stat -j`: one JSON object per counter. They do not say which command was
//! counted, and not how long it took.

use super::super::node::{self, Node};
use super::super::{Found, ImportError, InputFile};
use super::{Counter, Times, case, take};

/// Members that only the options for columns write: then a line is one of many of its counter.
const COLUMNS: [&str; 9] =
    ["interval", "cpu", "core", "die", "socket", "node", "cache", "cluster", "thread"];

/// The most counters of one file.
const COUNTERS_MAX: usize = 100_000;

pub(super) fn read(file: &InputFile, text: &str) -> Result<Found, ImportError> {
    let mut found = Found::default();
    let mut counters: Vec<Counter> = Vec::new();
    let mut repeated = false;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let at = |message: &str| ImportError::at(&file.shown, number + 1, 1, message);
        let value = node::parse(&file.shown, trimmed, number + 1)?;
        let node = Node::new(file, &value);
        let told = |error: ImportError| at(&error.to_string().replacen(&file.shown, "", 1)[2..]);
        if let Some(column) = COLUMNS.iter().find(|column| node.get(column).is_some()) {
            let text =
                format!("`{column}`: counters of parts (-I, -A, --per-core, ...) are not read");
            return Err(at(&text));
        }
        repeated |= node.get("variance").is_some();
        let ratio = ratio(&node).map_err(told)?;
        if node.get("event").is_none() {
            // A ratio on a line of its own belongs to the counter above.
            match counters.last_mut() {
                Some(counter) => counter.ratios.extend(ratio),
                None => return Err(at("a ratio without a counter")),
            }
            continue;
        }
        if counters.len() >= COUNTERS_MAX {
            return Err(at("too many counters"));
        }
        counters
            .push(Counter { ratios: ratio.into_iter().collect(), ..counter(&node).map_err(told)? });
    }
    if counters.is_empty() {
        return Err(ImportError::whole(&file.shown, "there is no counter in it"));
    }
    if repeated {
        let text = "perf stat -r prints means and -j not of how many runs: they stand for one";
        found.warnings.push(text.to_owned());
    }
    let take = take(&counters, &Times::default(), 1, &mut found);
    found.cases.push(case(None, vec![take]));
    Ok(found)
}

fn counter(node: &Node<'_>) -> Result<Counter, ImportError> {
    let value = node.need("counter-value")?;
    let text = value.text()?;
    let number = match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ if text.starts_with('<') && text.ends_with('>') => Err(text.to_owned()),
        _ => return Err(value.expected("a number, <not counted> or <not supported>")),
    };
    let share = match node.get("pcnt-running") {
        Some(percent) => Some(percent.amount("a share in percent")?),
        None => None,
    };
    if let (Some(share), Some(node)) =
        (share.filter(|share| *share > 100.0), node.get("pcnt-running"))
    {
        return Err(node.fail(format!("a counter cannot be there for {share} % of the time")));
    }
    let running_ns = node.get("event-runtime").map(|time| time.whole()).transpose()?;
    Ok(Counter {
        event: node.need("event")?.name()?,
        value: number,
        unit: node.get("unit").map(|unit| unit.text()).transpose()?.unwrap_or("").to_owned(),
        share: share.map(|share| share / 100.0),
        running_ns,
        ratios: Vec::new(),
    })
}

/// What perf computes; newer ones write the number as a text.
fn ratio(node: &Node<'_>) -> Result<Option<(f64, String)>, ImportError> {
    let (Some(value), Some(unit)) = (node.get("metric-value"), node.get("metric-unit")) else {
        return Ok(None);
    };
    let number = match value.value.as_str() {
        Some(text) => text.trim().parse::<f64>().ok().filter(|number| number.is_finite()),
        None => Some(value.number()?),
    };
    let unit = unit.text()?.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(number.filter(|_| !unit.is_empty()).map(|number| (number, unit)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Found, String> {
        let name = "p.json".to_owned();
        let file = InputFile { shown: name.clone(), path: name, bytes: text.as_bytes().to_vec() };
        read(&file, text).map_err(|error| error.to_string())
    }

    fn line(event: &str, value: &str, running: u64, percent: f64, ratio: &str) -> String {
        format!(
            "{{\"counter-value\" : \"{value}\", \"unit\" : \"\", \"event\" : \"{event}\", \
             \"event-runtime\" : {running}, \"pcnt-running\" : {percent:.2}, {ratio}}}\n"
        )
    }

    #[test]
    fn counters_that_were_there_all_the_time_form_one_group() {
        let none = "\"metric-value\" : 0.0, \"metric-unit\" : \"\"";
        let ipc = "\"metric-value\" : 1.25, \"metric-unit\" : \"insn per cycle\"";
        let both = |percent| {
            line("cycles", "800", 50, percent, none)
                + &line("instructions", "1000", 50, percent, ipc)
        };
        let take = parse(&both(100.0)).unwrap().cases.remove(0).takes.remove(0);
        let groups: Vec<&str> = take
            .values
            .iter()
            .map(|value| value.counting.as_ref().unwrap().group.as_str())
            .collect();
        assert_eq!(groups, ["perf stat"; 2], "and ipc is left to be formed");
        let take = parse(&both(50.0)).unwrap().cases.remove(0).takes.remove(0);
        let counting = take.values[0].counting.as_ref().unwrap();
        assert_eq!((counting.enabled_ns, counting.running_ns), (100, 50));
        assert_eq!(counting.group, "cycles");
        assert_eq!((take.values[2].metric.as_str(), take.values[2].value), ("ipc", 1.25));
    }

    #[test]
    fn what_perf_would_not_write_is_refused_with_its_line() {
        let none = "\"metric-value\" : 0.0, \"metric-unit\" : \"\"";
        for (text, expect) in [
            (
                line("cycles", "x", 1, 100.0, none),
                "p.json:1:1: counter-value: expected a number, <not",
            ),
            (line("cycles", "1", 1, 250.0, none), "p.json:1:1: pcnt-running: a counter cannot be"),
            (line("cycles", "1", 1, 1.0, "\"metric-value\": nan"), "p.json:1:"),
            ("{\"interval\": 1.0}\n".to_owned(), "p.json:1:1: `interval`: counters of parts"),
            ("\n# started\n{\"event\": \"x\"}".to_owned(), "p.json:3:1: no `counter-value`"),
            (String::new(), "p.json: there is no counter in it"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(expect), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[{}\":, a-z0-9.\\n<>-]{0,120}") {
            let _ = parse(&text);
        }
    }
}
