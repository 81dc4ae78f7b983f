//! What can be counted, simulated and sampled here, found out by trying.

use record::{Source, Unavailable};

use crate::counters::{Counters, SOURCES, Target, TargetKind, say_once, try_sampling};
use crate::environment::tool;

/// Everything that was tried.
#[derive(Clone, Debug)]
pub struct Facilities {
    /// What each source counts of a worker, in the order of the ladder.
    pub counted: Vec<Counted>,
    /// What it does not, each reason once.
    pub unavailable: Vec<Unavailable>,
    /// The version of valgrind, or why there is none.
    pub valgrind: Result<String, String>,
    /// Whether the profiler's event can be sampled in the kernel too, or why not at all.
    pub sampling: Result<bool, Unavailable>,
}

/// What a source counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The source.
    pub source: Source,
    /// Its metrics.
    pub metrics: Vec<String>,
    /// Those of them that see user space alone.
    pub user_only: Vec<String>,
}

/// Tries every source on this very process, starts valgrind for its version, and opens one sampled
/// event.
pub fn facilities() -> Facilities {
    let target = Target::new(std::process::id(), TargetKind::Worker);
    let (mut counters, mut unavailable) = Counters::open(&target, SOURCES);
    counters.begin();
    counters.start();
    let values = counters.stop();
    say_once(&mut unavailable, counters.take_unavailable());
    let mut counted: Vec<Counted> = Vec::new();
    for value in values {
        let found = counted.iter_mut().position(|one| one.source == value.source);
        let at = found.unwrap_or_else(|| {
            let (metrics, user_only) = (Vec::new(), Vec::new());
            counted.push(Counted { source: value.source, metrics, user_only });
            counted.len() - 1
        });
        if value.counting.is_some_and(|counting| !counting.kernel) {
            counted[at].user_only.push(value.metric.clone());
        }
        counted[at].metrics.push(value.metric);
    }
    Facilities {
        counted,
        unavailable,
        valgrind: tool("valgrind", &["--version"]),
        sampling: try_sampling(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_is_counted_or_told() {
        let found = facilities();
        for source in [Source::Hardware, Source::Software, Source::Process, Source::Machine] {
            let counted = found.counted.iter().any(|one| one.source == source);
            let told = found.unavailable.iter().any(|one| one.source == source);
            assert!(counted || told, "{source}");
        }
        for one in &found.counted {
            assert!(one.user_only.iter().all(|name| one.metrics.contains(name)), "{one:?}");
        }
        if let Err(why) = &found.sampling {
            assert!(!why.reason.is_empty());
        }
    }
}
