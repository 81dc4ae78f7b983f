//! Replays the rules of other tools on the recordings, sampled as those tools sample.

use crate::gate::in_parallel;
use crate::noise::{Recordings, Stream};
use crate::rules;
use crate::seeded::Seeded;

/// How a tool takes its samples.
#[derive(Clone, Copy)]
pub(crate) enum Sampling {
    /// All runs of the baseline, so many other processes, all runs of the candidate.
    Blocks { runs: usize, gap: usize },
    /// Baseline and candidate in turn, the order of each couple by a coin.
    Interleaved { runs: usize },
    /// 100 iterations in one process, and in the next one.
    Iterations,
    /// Couples of iterations inside one process pair.
    Couples,
}

/// Whether baseline and candidate values are called a regression.
type Rule = fn(&[f64], &[f64], &mut Seeded) -> bool;

/// A tool's rule.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    sampling: Sampling,
    red: Rule,
}

/// Between the blocks of a case lie a build or the other cases: 40 processes, about 4 s.
const GAP: usize = 40;

const fn peer(name: &'static str, sampling: Sampling, red: Rule) -> Peer {
    Peer { name, sampling, red }
}

pub(crate) const HYPERFINE: &str = "Welch t, 40 runs in blocks (hyperfine's script)";
pub(crate) const BENCHSTAT: &str = "Mann-Whitney, 20 runs in blocks with a gap (benchstat)";

/// The rules that are compared.
pub(crate) const PEERS: [Peer; 7] = [
    peer("5 % on the mean, 10 runs in blocks", Sampling::Blocks { runs: 10, gap: 0 }, rules::fixed),
    peer(HYPERFINE, Sampling::Blocks { runs: 40, gap: 0 }, rules::welch),
    peer(
        "Mann-Whitney, 10 runs in blocks (google/benchmark)",
        Sampling::Blocks { runs: 10, gap: 0 },
        rules::mann_whitney,
    ),
    peer(BENCHSTAT, Sampling::Blocks { runs: 20, gap: GAP }, rules::mann_whitney),
    peer(
        "bootstrap, 100 iterations, the next process (criterion)",
        Sampling::Iterations,
        rules::criterion,
    ),
    peer("couples in one process pair (like tango)", Sampling::Couples, rules::tango),
    peer(
        "Mann-Whitney, 20 runs interleaved",
        Sampling::Interleaved { runs: 20 },
        rules::mann_whitney,
    ),
];

/// What a rule did on one kind of noise.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rates {
    /// Share of red verdicts without a change, and with +3 % and +5 %.
    pub(crate) red: [f64; 3],
    /// Seconds a case.
    pub(crate) seconds: f64,
}

/// Changes that are replayed.
pub(crate) const CHANGES: [f64; 3] = [0.0, 0.03, 0.05];

impl Peer {
    /// The mean over the programs of one regime and metric.
    pub(crate) fn rates(
        &self,
        recordings: &Recordings,
        regime: &str,
        metric: &str,
        replays: u32,
    ) -> Rates {
        let streams = match self.sampling {
            Sampling::Blocks { .. } | Sampling::Interleaved { .. } => &recordings.processes,
            Sampling::Iterations => &recordings.iterations,
            Sampling::Couples => &recordings.couples,
        };
        let streams: Vec<&Stream> =
            streams.iter().filter(|one| one.regime == regime && one.metric == metric).collect();
        let each = in_parallel(0..streams.len(), |index| {
            let mut seeded = Seeded::new(1 + index as u64);
            self.of_stream(streams[index], replays, &mut seeded)
        });
        let mean =
            |of: &dyn Fn(&Rates) -> f64| each.iter().map(of).sum::<f64>() / each.len() as f64;
        Rates {
            red: [0, 1, 2].map(|change| mean(&|rates| rates.red[change])),
            seconds: mean(&|rates| rates.seconds),
        }
    }

    fn of_stream(&self, stream: &Stream, replays: u32, seeded: &mut Seeded) -> Rates {
        // A bootstrap in each replay takes its time, and there are few process pairs anyway.
        let replays =
            if matches!(self.sampling, Sampling::Iterations) { replays.min(200) } else { replays };
        let mut rates = Rates::default();
        for _ in 0..replays {
            let (a, b, seconds) = self.sampling.draw(stream, seeded);
            rates.seconds += seconds / f64::from(replays);
            for (share, change) in rates.red.iter_mut().zip(CHANGES) {
                let b: Vec<f64> = b.iter().map(|value| value * (1.0 + change)).collect();
                *share += f64::from(u32::from((self.red)(&a, &b, seeded))) / f64::from(replays);
            }
        }
        rates
    }
}

impl Sampling {
    /// Baseline values, candidate values, and seconds, from a random place of a recording.
    fn draw(self, stream: &Stream, seeded: &mut Seeded) -> (Vec<f64>, Vec<f64>, f64) {
        let length = stream.processes.len();
        let values = |from: usize, count: usize| stream.processes[from..from + count].concat();
        let cost =
            |from: usize, count: usize| stream.seconds[from..from + count].iter().sum::<f64>();
        match self {
            Self::Blocks { runs, gap } => {
                let a = seeded.below(length - 2 * runs - gap + 1);
                let b = a + runs + gap;
                (values(a, runs), values(b, runs), cost(a, runs) + cost(b, runs))
            }
            Self::Interleaved { runs } => {
                let from = seeded.below(length - 2 * runs + 1);
                let (mut a, mut b) = (Vec::new(), Vec::new());
                for couple in values(from, 2 * runs).chunks_exact(2) {
                    let first = usize::from(seeded.uniform() < 0.5);
                    a.push(couple[first]);
                    b.push(couple[1 - first]);
                }
                (a, b, cost(from, 2 * runs))
            }
            Self::Iterations => {
                let a = seeded.below(length - 1);
                (values(a, 1), values(a + 1, 1), cost(a, 2))
            }
            Self::Couples => {
                let pair = seeded.below(length);
                let (one, other) =
                    stream.processes[pair].split_at(stream.processes[pair].len() / 2);
                let (one, other) = (one.to_vec(), other.to_vec());
                let seconds = stream.seconds[pair];
                if seeded.uniform() < 0.5 { (one, other, seconds) } else { (other, one, seconds) }
            }
        }
    }
}
