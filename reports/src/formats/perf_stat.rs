//! What `perf stat` printed: its text, and the lines of `perf stat -j`.
//!
//! One block is one sample: the command was run again to be counted, so beside times of another
//! tool it stands in a pass of its own. Counts that shared the PMU are perf's estimates; they and
//! the ratios that perf forms of them are carried with the share of the time that they were counted.

mod events;
mod lines;
mod text;

use record::{Counting, Mark, Pass, Source, Unavailable, Unit, Value, metrics};

use super::node;
use super::{Format, Found, FoundCase, ImportError, Importer, InputFile, Take, each};

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "perf-stat",
    about: "what `perf stat` printed, as text or with -j",
    import: Some(Importer { recognises, read }),
    export: None,
};

const SOURCE: Source = Source::ImportedPerfStat;

/// What stands above every block of the text.
const HEADER: &str = "Performance counter stats for ";

fn recognises(_: &str, bytes: &[u8]) -> bool {
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    has(HEADER.as_bytes()) || (has(b"\"counter-value\"") && has(b"\"event\""))
}

fn read(files: &[InputFile]) -> Result<Found, ImportError> {
    each(files, |file| {
        let text = node::text(file)?;
        if text.lines().any(|line| line.trim_start().starts_with('{')) {
            lines::read(file, text)
        } else {
            text::read(file, text)
        }
    })
}

/// One counter as perf tells it.
struct Counter {
    /// Its name, with modifiers.
    event: String,
    /// Its value in the unit that perf prints; `Err` holds perf's word for none.
    value: Result<f64, String>,
    /// That unit; empty for a count.
    unit: String,
    /// The share of its time that it was counted; `None` where perf says nothing, which is all.
    share: Option<f64>,
    /// How long it was counted, in ns, where perf tells.
    running_ns: Option<u64>,
    /// What perf computes from it: values and their units.
    ratios: Vec<(f64, String)>,
}

/// What a block says beside its counters.
#[derive(Default)]
struct Times {
    elapsed_s: Option<f64>,
    user_s: Option<f64>,
    system_s: Option<f64>,
}

const NS_PER_S: f64 = 1e9;

/// The sample that a block is. `runs` is what `-r` said: perf prints means, the store keeps sums.
fn take(counters: &[Counter], times: &Times, runs: u32, found: &mut Found) -> Take {
    let mut take = Take::new(Pass::Counters, 0, Vec::new());
    take.executions = runs;
    let sum = |mean: f64| mean * f64::from(runs);
    let elapsed = times.elapsed_s.map(|s| metrics::WALL_TIME.value(sum(s * NS_PER_S), SOURCE));
    take.values.extend(elapsed);
    let together = counters.iter().all(|one| one.share.is_none_or(|share| share >= 1.0));
    for one in counters {
        match &one.value {
            Ok(value) => counted(&mut take, one, sum(*value), together),
            Err(word) => absent(found, one, word),
        }
    }
    for (metric, seconds) in
        [(metrics::USER_TIME, times.user_s), (metrics::SYSTEM_TIME, times.system_s)]
    {
        let told = take.values.iter().any(|value| value.metric == metric.name);
        if let (Some(seconds), false) = (seconds, told) {
            take.values.push(metric.value(sum(seconds * NS_PER_S), SOURCE));
        }
    }
    let cpu = take.values.iter().any(|value| value.metric == metrics::CPU_TIME.name);
    if let (Some(user), Some(system), false) = (times.user_s, times.system_s, cpu) {
        // The kernel splits one sum into the two, so their sum is that again.
        let all = sum((user + system) * NS_PER_S);
        take.values.push(metrics::CPU_TIME.value(all, SOURCE));
    }
    take
}

fn counted(take: &mut Take, one: &Counter, value: f64, together: bool) {
    let event = events::Event::new(&one.event, &one.unit);
    if take.values.iter().any(|other| other.metric == event.metric) {
        // The same counter twice, for instance on two kinds of core, is another one.
        return counted_as(take, one, value, &format!("{}_2", event.metric), &event);
    }
    let counting = counting(one, &event, together);
    let told = counting.is_some();
    take.values.push(Value { counting, ..event.value(value * event.factor, SOURCE) });
    if let (Some(share), false) = (one.share, told) {
        take.marks.push(mark(&event.metric, share, &event));
    } else if !event.kernel && !told {
        take.marks.push(mark(&event.metric, 1.0, &event));
    }
    for (ratio, unit) in &one.ratios {
        let Some((name, factor, derived)) = events::ratio(unit) else { continue };
        // What the reports form themselves, more exactly, from counters of one group.
        if derived && told && together {
            continue;
        }
        if take.values.iter().all(|other| other.metric != name) {
            take.values.push(Value {
                metric: name.clone(),
                value: ratio * factor,
                unit: Unit::Ratio,
                better: record::Better::Neither,
                source: SOURCE,
                counting: None,
            });
            take.marks.push(mark(&name, one.share.unwrap_or(1.0), &event));
        }
    }
}

fn counted_as(take: &mut Take, one: &Counter, value: f64, name: &str, event: &events::Event) {
    let unknown = event.value(value * event.factor, SOURCE);
    take.values.push(Value { metric: name.to_owned(), ..unknown });
    if let Some(share) = one.share {
        take.marks.push(mark(name, share, event));
    }
}

fn mark(metric: &str, share: f64, event: &events::Event) -> Mark {
    Mark::Counting { metric: metric.to_owned(), share, kernel: event.kernel }
}

/// How it was counted, where perf tells the time. Counters that were all there all the time were
/// counted over the same instants.
fn counting(one: &Counter, event: &events::Event, together: bool) -> Option<Counting> {
    let (running_ns, share) = (one.running_ns?, one.share?);
    if share <= 0.0 || running_ns == 0 {
        return None;
    }
    Some(Counting {
        enabled_ns: (running_ns as f64 / share).round() as u64,
        running_ns,
        kernel: event.kernel,
        event: one.event.clone(),
        group: if together { "perf stat".to_owned() } else { one.event.clone() },
    })
}

fn absent(found: &mut Found, one: &Counter, word: &str) {
    let metric = events::Event::new(&one.event, &one.unit).metric;
    let reason = format!("perf stat says {word}");
    match found.unavailable.iter_mut().find(|other| other.reason == reason) {
        Some(other) if other.metrics.contains(&metric) => {}
        Some(other) => other.metrics.push(metric),
        None => found.unavailable.push(Unavailable {
            metrics: vec![metric],
            source: SOURCE,
            errno: None,
            reason,
            remedy: String::new(),
        }),
    }
}

fn case(name: Option<String>, takes: Vec<Take>) -> FoundCase {
    FoundCase { file: 0, name, params: std::collections::BTreeMap::new(), takes, profile: None }
}
