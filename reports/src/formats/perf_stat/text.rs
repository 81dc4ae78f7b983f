//! The text of `perf stat`, as it is printed without options that add columns, in the C locale or
//! one that groups digits by commas.

use super::super::{Found, ImportError, InputFile, Take};
use super::{Counter, HEADER, Times, case, take};

/// The most blocks (`--append`) of one file.
const BLOCKS_MAX: usize = 100_000;

/// A block whose lines are being read.
struct Block {
    name: String,
    runs: u32,
    counters: Vec<Counter>,
    times: Times,
}

pub(super) fn read(file: &InputFile, text: &str) -> Result<Found, ImportError> {
    let mut found = Found::default();
    let mut blocks: Vec<Block> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = |column: usize, message: String| {
            ImportError::at(&file.shown, number + 1, column, message)
        };
        if let Some((_, rest)) = line.split_once(HEADER) {
            if blocks.len() >= BLOCKS_MAX {
                return Err(at(1, format!("more than {BLOCKS_MAX} blocks")));
            }
            let (name, runs) = header(rest).map_err(|why| at(1, why))?;
            blocks.push(Block { name, runs, counters: Vec::new(), times: Times::default() });
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        let start = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
        block.line(line.trim()).map_err(|why| at(start, why))?;
    }
    if blocks.is_empty() {
        let message = format!("no line begins with `{HEADER}`: this is no output of perf stat");
        return Err(ImportError::whole(&file.shown, message));
    }
    let mut cases: Vec<(String, Vec<Take>)> = Vec::new();
    for block in blocks {
        if block.counters.is_empty() && block.times.elapsed_s.is_none() {
            let message = format!("nothing was counted of `{}`", block.name);
            return Err(ImportError::whole(&file.shown, message));
        }
        if block.runs > 1 {
            let text = "perf stat -r prints means: the single runs are not there to be carried";
            found.warnings.push(text.to_owned());
        }
        let mut one = take(&block.counters, &block.times, block.runs, &mut found);
        match cases.iter_mut().find(|(name, _)| *name == block.name) {
            Some((_, takes)) => {
                one.process = u32::try_from(takes.len()).unwrap_or(u32::MAX);
                takes.push(one);
            }
            None => cases.push((block.name, vec![one])),
        }
    }
    found.cases = cases.into_iter().map(|(name, takes)| case(Some(name), takes)).collect();
    Ok(found)
}

/// The command of a block and how often it ran: `'sort a' (3 runs):`.
fn header(rest: &str) -> Result<(String, u32), String> {
    let rest = rest.trim().trim_end_matches(':');
    let (name, runs) = match rest.rsplit_once(" (") {
        Some((name, runs)) if runs.ends_with(" runs)") => {
            let count = runs.trim_end_matches(" runs)").parse::<u32>().ok();
            let count = count.filter(|count| *count > 0);
            (name, count.ok_or_else(|| format!("`({runs}` is no number of runs"))?)
        }
        _ => (rest, 1),
    };
    let inner = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
    let name = inner.unwrap_or(name).trim();
    if name.is_empty() {
        return Err("perf stat names no command here".to_owned());
    }
    Ok((name.to_owned(), runs))
}

impl Block {
    /// One line below the header. After the elapsed time perf gives advice, which is no data.
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some((at, _)) = words.iter().enumerate().find(|(_, word)| **word == "seconds")
            && let Some(first) = words.first().filter(|_| at == 1 || words.get(1) == Some(&"+-"))
        {
            let seconds = number(first)?;
            let slot = match words[at + 1..].join(" ") {
                what if what.starts_with("time elapsed") => &mut self.times.elapsed_s,
                what if what.starts_with("user") => &mut self.times.user_s,
                what if what.starts_with("sys") => &mut self.times.system_s,
                what => return Err(format!("`seconds {what}` is unknown")),
            };
            *slot = Some(seconds);
            return Ok(());
        }
        if self.times.elapsed_s.is_some() {
            return Ok(());
        }
        if let Some(ratio) = line.strip_prefix('#') {
            // A ratio on a line of its own belongs to the counter above.
            let (ratio, _) = tail(ratio)?;
            return match self.counters.last_mut() {
                Some(counter) => {
                    counter.ratios.extend(ratio);
                    Ok(())
                }
                None => Err("a ratio without a counter".to_owned()),
            };
        }
        self.counters.push(counter(line)?);
        Ok(())
    }
}

/// `151,418,013,871  instructions  #  1.20  insn per cycle  (83.46%)`.
fn counter(line: &str) -> Result<Counter, String> {
    let (head, ratio) =
        line.split_once('#').map_or((line, None), |(head, tail)| (head, Some(tail)));
    let (head, share) = shares(head)?;
    let (value, rest) = match head.strip_prefix('<') {
        Some(rest) => {
            let Some((word, rest)) = rest.split_once('>') else {
                return Err(format!("`{head}` is neither a counter nor a time"));
            };
            (Err(format!("<{word}>")), rest)
        }
        None => {
            let (value, rest) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
            (Ok(number(value)?), rest)
        }
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let is_unit = |unit: &str| unit.starts_with(char::is_alphabetic);
    let (unit, event) = match words.as_slice() {
        [event] => ("", *event),
        [unit, event] if is_unit(unit) => (*unit, *event),
        _ => {
            let text = "neither a counter nor a time; options that add columns (-I, -A, --per-core, \
                        ...) are not read";
            return Err(text.to_owned());
        }
    };
    let whole = head.split_whitespace().next().is_none_or(|value| !value.contains('.'));
    if unit.is_empty() && value.is_ok() && !whole {
        let text = format!("`{event}` is counted in whole numbers; print it again with LC_ALL=C");
        return Err(text);
    }
    let (ratios, after) = ratio.map(tail).transpose()?.unwrap_or_default();
    Ok(Counter {
        event: event.to_owned(),
        value,
        unit: unit.to_owned(),
        share: share.or(after),
        running_ns: None,
        ratios: ratios.into_iter().collect(),
    })
}

/// What stands after `#`: what perf computes, and the share.
type Tail = (Option<(f64, String)>, Option<f64>);

/// What stands after `#`: a number with its unit in words, and the share.
fn tail(text: &str) -> Result<Tail, String> {
    let (text, share) = shares(text)?;
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || ".,-+".contains(c)));
    let (value, words) = text.split_at(end.unwrap_or(text.len()));
    let words: Vec<&str> = words.split_whitespace().collect();
    // perf leaves the number out where it cannot form it.
    let Ok(value) = number(value) else { return Ok((None, share)) };
    let words = words.join(" ");
    Ok(((!words.is_empty()).then_some((value, words)), share))
}

/// A text without the brackets at its end: `( +- 0.55% )` and `(83.17%)`, which is returned.
fn shares(text: &str) -> Result<(&str, Option<f64>), String> {
    let mut text = text.trim_end();
    let mut share = None;
    while let Some((before, inside)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('('))
    {
        let inside = inside.trim();
        let Some(percent) = inside.strip_suffix('%') else { break };
        if !inside.starts_with("+-") {
            let percent = number(percent.trim())?;
            if !(0.0..=100.0).contains(&percent) {
                return Err(format!("a counter cannot be there for {percent} % of the time"));
            }
            share = Some(percent / 100.0);
        }
        text = before.trim_end();
    }
    Ok((text, share))
}

/// A number as perf prints it: digits in groups of three, parted by commas, and a decimal point.
fn number(text: &str) -> Result<f64, String> {
    let refused = || {
        let shown = crate::format::shorten(text, 40);
        format!("`{shown}` is no number such as 126,373 or 0.95; print it again with LC_ALL=C")
    };
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let others: Vec<&str> = groups.collect();
    let grouped = others.is_empty() || first.len() <= 3;
    let good = digits(first)
        && grouped
        && others.iter().all(|group| group.len() == 3 && digits(group))
        && fraction.is_none_or(digits);
    if !good {
        return Err(refused());
    }
    text.replace(',', "").parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use record::Mark;

    use super::*;

    fn file(text: &str) -> InputFile {
        let name = "p.txt".to_owned();
        InputFile { shown: name.clone(), path: name, bytes: text.as_bytes().to_vec() }
    }

    fn parse(text: &str) -> Result<Found, String> {
        read(&file(text), text).map_err(|error| error.to_string())
    }

    const SCALED: &str = "# started on Sun Aug 31 20:46:58 2025\n\n\n \
        Performance counter stats for 'x --a':\n\n   \
        126,373,849,195      cycles                                    (83.17%)\n   \
        151,418,013,871      instructions   #    1.20  insn per cycle  (83.46%)\n     \
        1,035,948,743      cache-misses     #   11.99% of all cache refs (83.15%)\n   \
        <not supported>      branches\n\n       \
        3.953098296 seconds time elapsed\n\n      28.3 seconds user\n       2.4 seconds sys\n";

    #[test]
    fn counts_that_shared_the_pmu_are_marked_and_so_are_their_ratios() {
        let found = parse(SCALED).unwrap();
        let take = &found.cases[0].takes[0];
        let value = |name: &str| take.values.iter().find(|v| v.metric == name).unwrap().value;
        assert_eq!(found.cases[0].name.as_deref(), Some("x --a"));
        assert_eq!((value("cycles"), value("ipc")), (126_373_849_195.0, 1.2));
        assert_eq!(value("cache_miss_rate"), 0.1199);
        assert_eq!((value("wall_time"), value("cpu_time")), (3_953_098_296.0, 30.7e9));
        let share = |name: &str| {
            take.marks.iter().find_map(|mark| match mark {
                Mark::Counting { metric, share, kernel: true } if metric == name => Some(*share),
                _ => None,
            })
        };
        let rounded = |name: &str| share(name).map(|share: f64| (share * 1e4).round());
        assert_eq!((rounded("cycles"), rounded("ipc")), (Some(8317.0), Some(8346.0)));
        assert_eq!(share("wall_time"), None);
        assert_eq!(found.unavailable[0].metrics, ["branches"]);
        assert_eq!(found.unavailable[0].reason, "perf stat says <not supported>");
    }

    #[test]
    fn repeated_runs_are_sums_and_their_spread_is_said_to_be_gone() {
        let text = "Performance counter stats for 'x' (3 runs):\n\
            198.90 msec task-clock  #  0.877 CPUs utilized  ( +-  0.55% )\n\
            22      context-switches  # 111.794 /sec  ( +-  9.22% )\n\
            0.2267 +- 0.0157 seconds time elapsed  ( +-  6.93% )\n\
            Some events weren't counted. Try disabling the NMI watchdog:\n";
        let found = parse(text).unwrap();
        let take = &found.cases[0].takes[0];
        assert_eq!(take.executions, 3);
        let value = |name: &str| take.values.iter().find(|v| v.metric == name).unwrap().value;
        assert_eq!(value("context_switches"), 66.0);
        assert!((value("wall_time") - 0.2267e9 * 3.0).abs() < 1.0);
        assert!((value("cpu_time") - 198.9e6 * 3.0).abs() < 1.0);
        assert!(take.values.iter().all(|value| value.metric != "cores_busy"));
        assert_eq!(found.warnings.len(), 1);
    }

    #[test]
    fn what_perf_would_not_print_is_refused_with_its_line() {
        let head = "Performance counter stats for 'x':\n";
        for (line, expect) in [
            ("1.234.567 cycles", "`1.234.567` is no number"),
            ("1.234 cycles", "`cycles` is counted in whole numbers"),
            ("12,34 cycles", "`12,34` is no number"),
            ("1 5 cycles", "options that add columns"),
            ("CPU0 5 cycles", "`CPU0` is no number"),
            ("5 cycles (183.00%)", "a counter cannot be there for 183 %"),
            ("nan cycles", "`nan` is no number"),
            ("-5 cycles", "`-5` is no number"),
        ] {
            let error = parse(&format!("{head}  {line}\n")).unwrap_err();
            assert!(error.starts_with("p.txt:2:3: ") && error.contains(expect), "{error}");
        }
        assert!(parse("").unwrap_err().contains("no output of perf stat"));
        assert!(parse(head).unwrap_err().contains("nothing was counted of `x`"));
    }

    fn grouped(number: u64) -> String {
        let digits = number.to_string();
        let mut out = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = parse(&text);
            let _ = parse(&format!("Performance counter stats for 'x':\n{text}"));
        }

        #[test]
        fn any_line_of_the_alphabet_of_perf_is_read_or_refused(
            line in "[0-9.,#%()<> a-z+-]{0,60}"
        ) {
            let _ = parse(&format!("Performance counter stats for 'x':\n{line}\n"));
        }

        #[test]
        fn every_count_is_read_as_it_was_printed(count in 0u64..1 << 53, share in 0u32..=10_000) {
            let percent = f64::from(share) / 100.0;
            let text = format!(
                "Performance counter stats for 'x':\n {:>20}      cycles    ({percent:.2}%)\n",
                grouped(count)
            );
            let found = parse(&text).unwrap();
            let take = &found.cases[0].takes[0];
            prop_assert_eq!(take.values[0].value, count as f64);
            let Mark::Counting { share: read, .. } = &take.marks[0] else { panic!() };
            prop_assert!((read - percent / 100.0).abs() < 1e-9);
        }
    }
}
