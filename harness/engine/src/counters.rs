//! Counters: what the machine did while a sample was taken. The measuring loop opens every source
//! on a process that has not begun yet, reads before and after the work, and keeps the difference.
//!
//! Counters are never switched on and off: that loses counts, reading does not. Nothing here may
//! fail a sample: what cannot be counted is said as [`Unavailable`], once, and is never zero.

use std::sync::LazyLock;

use record::{Source, Unavailable, Value};

mod choice;
mod event;
mod hardware;
mod machine;
mod packing;
#[cfg(target_os = "linux")]
mod perf;
#[cfg(not(target_os = "linux"))]
#[path = "counters/perf_elsewhere.rs"]
mod perf;
mod process;
mod refusal;
mod scripted;
mod snapshot;
mod software;

pub use choice::{Choice, EVENTS_MAX, event_names};
pub(crate) use choice::{perf_events, raw_event};
pub use hardware::{Hardware, Offered, offered};
pub use machine::Machine;
pub use packing::Turn;
pub use perf::{this_thread, try_sampling};
pub use process::{Process, from_usage};
pub use refusal::{Facility, refused};
pub use scripted::Scripted;
pub use snapshot::{Clock, Difference, Kind, Lost, Reading, Snapshot};
pub(crate) use software::SOFTWARE;
pub use software::Software;

/// Every source of counters. A new one is a new file and a line here.
///
/// The order is the order of the reads after the work; before it they run backwards, so that the
/// cheapest reads stand closest to the work on both sides.
pub const SOURCES: &[&dyn CounterSource] = &[&Hardware, &Software, &Process, &Machine];

/// A place where counts come from.
pub trait CounterSource: Sync {
    /// Its name, for messages.
    fn name(&self) -> &'static str;

    /// Attaches to a process that is held before its exec, and says what it cannot count there.
    fn open(&self, target: &Target<'_>) -> Opened;
}

/// What a source could attach.
#[derive(Default)]
pub struct Opened {
    /// What can be read.
    pub probes: Vec<Box<dyn Probe>>,
    /// What cannot, and why.
    pub unavailable: Vec<Unavailable>,
}

/// The process that is counted, with every thread and child it will have, and what is to be counted
/// of it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its process id.
    pub pid: u32,
    /// When its counts begin and end.
    pub kind: TargetKind,
    /// The hardware events that are asked for.
    pub choice: &'a Choice,
    /// Whose turn it is, where the events do not fit the PMU at once.
    pub turn: Turn,
}

impl Target<'static> {
    /// A process on its own, which is no part of a run: the usual events, all at once.
    pub fn new(pid: u32, kind: TargetKind) -> Self {
        static USUAL: LazyLock<Choice> =
            LazyLock::new(|| Choice { share: true, ..Choice::usual() });
        Self { pid, kind, choice: &USUAL, turn: Turn { round: 0, rounds: 1 } }
    }
}

/// When the counts of a process begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// It serves many samples: always counted, read before and after each.
    Worker,
    /// It is one sample: counted from its exec, read after its end.
    Command,
}

/// Open counters of one process.
pub trait Probe: Send {
    /// Makes ready for a sample; called before the first read of it. Levels start afresh here.
    ///
    /// # Errors
    ///
    /// The metrics that this sample will lack, with the reason.
    fn begin(&mut self) -> Result<(), Unavailable> {
        Ok(())
    }

    /// Reads every counter. Totals only grow from one read to the next.
    ///
    /// # Errors
    ///
    /// The metrics that could not be read, with the reason.
    fn read(&mut self) -> Result<Snapshot, Unavailable>;
}

/// All open counters of one process: `begin`, `start`, the work, `stop`.
pub struct Counters {
    probes: Vec<Box<dyn Probe>>,
    before: Vec<Option<Snapshot>>,
    said: Vec<Unavailable>,
    news: Vec<Unavailable>,
}

impl Counters {
    /// Opens `sources` on a process that is held before its exec. What cannot be counted comes back
    /// beside the counters, each thing once.
    pub fn open(target: &Target<'_>, sources: &[&dyn CounterSource]) -> (Self, Vec<Unavailable>) {
        let mut counters =
            Self { probes: Vec::new(), before: Vec::new(), said: Vec::new(), news: Vec::new() };
        for source in sources {
            let opened = source.open(target);
            counters.probes.extend(opened.probes);
            for unavailable in opened.unavailable {
                counters.say(unavailable);
            }
        }
        let unavailable = counters.take_unavailable();
        (counters, unavailable)
    }

    /// Makes ready for a sample, for instance resets the peak of the resident memory.
    pub fn begin(&mut self) {
        for at in 0..self.probes.len() {
            if let Err(unavailable) = self.probes[at].begin() {
                self.say(unavailable);
            }
        }
    }

    /// Reads before the work. The last reads are the cheapest ones.
    pub fn start(&mut self) {
        let mut before = Vec::with_capacity(self.probes.len());
        for at in (0..self.probes.len()).rev() {
            before.push(self.read(at));
        }
        before.reverse();
        self.before = before;
    }

    /// Reads after the work and returns what was counted since [`Counters::start`]. A counter that
    /// could not be read is left out and told by [`Counters::take_unavailable`]. Without a `start`
    /// before it there is nothing to subtract, and nothing comes back.
    pub fn stop(&mut self) -> Vec<Value> {
        let before = std::mem::take(&mut self.before);
        let after: Vec<_> = (0..before.len()).map(|at| self.read(at)).collect();
        let mut values = Vec::new();
        for (before, after) in before.iter().zip(&after) {
            let (Some(before), Some(after)) = (before, after) else { continue };
            let difference = after.since(before);
            values.extend(difference.values);
            for lost in difference.lost {
                self.say(lost.into_unavailable());
            }
        }
        values
    }

    /// What has turned out to be unavailable since the last call; each thing is told once in the
    /// life of these counters.
    pub fn take_unavailable(&mut self) -> Vec<Unavailable> {
        std::mem::take(&mut self.news)
    }

    fn read(&mut self, at: usize) -> Option<Snapshot> {
        match self.probes[at].read() {
            Ok(snapshot) => Some(snapshot),
            Err(unavailable) => {
                self.say(unavailable);
                None
            }
        }
    }

    fn say(&mut self, unavailable: Unavailable) {
        if !self.said.contains(&unavailable) {
            self.said.push(unavailable.clone());
            self.news.push(unavailable);
        }
    }
}

/// Adds to `list` what it does not say yet, joining the metrics of one reason; a run calls it for
/// every process it opens, so that its list says each thing once.
pub fn say_once(list: &mut Vec<Unavailable>, news: impl IntoIterator<Item = Unavailable>) {
    for new in news {
        let same = |old: &&mut Unavailable| {
            old.source == new.source
                && old.errno == new.errno
                && old.reason == new.reason
                && old.remedy == new.remedy
        };
        let Some(old) = list.iter_mut().find(same) else {
            list.push(new);
            continue;
        };
        for metric in new.metrics {
            if !old.metrics.contains(&metric) {
                old.metrics.push(metric);
            }
        }
    }
}

/// Something that is unavailable for a reason of its own rather than a refusal of the kernel.
fn unavailable(metrics: &[&str], source: Source, reason: &str) -> Unavailable {
    Unavailable {
        metrics: metrics.iter().map(|&metric| metric.to_owned()).collect(),
        source,
        errno: None,
        reason: reason.to_owned(),
        remedy: String::new(),
    }
}
