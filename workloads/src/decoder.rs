//! The workload `decoder`: the client's side of a query server that sends its result as segments
//! of compressed JSON.
//!
//! `prepare` makes the segments and holds them in memory; `run` decompresses and parses all of them
//! into typed columns. Each strategy is a file of its own; what a segment is, they share.

mod arrow_columns;
mod columns;
pub(crate) mod dataset;
mod date;
mod direct;
mod limit;
mod lineitem;
mod pipelined;
mod segment;
mod sequential;
mod special;
mod threads;

use std::sync::Mutex;

use arrow::array::RecordBatch;
use workload_api::{
    Answer, Better, Context, Metric, ParamSpec, Params, Prepared, Spec, Unit, Work, Workload,
    WorkloadError,
};

use self::columns::{Columns, Digest};
use self::segment::{Codec, Segment, Unpacker};
use crate::params::{Declared, Word, integer, word_or};
use crate::workers::Workers;

/// Decodes the segments of a query's result.
pub struct Decoder;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    Sequential,
    Threads,
    Pipelined,
    Limit,
}

impl Word for Strategy {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("sequential", "one segment after another", Self::Sequential),
        ("threads", "a pool of workers takes segments from a queue", Self::Threads),
        ("pipelined", "one thread decompresses, a pool of workers parses", Self::Pipelined),
        ("limit", "as threads, straight into Arrow columns", Self::Limit),
    ];
}

impl Workload for Decoder {
    fn spec(&self) -> Spec {
        let mut params = size_params();
        params.extend([
            word_or("strategy", "Who decodes the segments.", Strategy::Sequential),
            integer(
                "workers",
                "Threads of all strategies but sequential. Not stated: as many as the process may \
                 use.",
                (1, 1024),
                None,
            ),
        ]);
        Spec {
            name: "decoder".to_owned(),
            about: "Decompresses and parses the JSON segments of a query's result.".to_owned(),
            params,
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let spec = self.spec();
        let declared = Declared::new(params, &spec)?;
        let result = QueryResult::new(&declared, context.seed)?;
        let workers = Workers::start(declared.threads("workers")?)?;
        let segments = result.segments(declared.word("codec")?, &workers)?;
        let strategy = declared.word("strategy")?;
        let state = State::Nothing;
        let unpackers = Mutex::default();
        Ok(Box::new(PreparedDecoder { result, strategy, workers, segments, unpackers, state }))
    }
}

/// The JSON of one segment before compression, an array of `rows` rows, as the decoder has it in
/// a run with this seed. For programs that decode the same rows and compare.
pub fn segment_json(seed: u64, segment: u64, rows: u64) -> Vec<u8> {
    lineitem::json(seed, segment, rows)
}

/// What determines the rows.
struct QueryResult {
    seed: u64,
    segments: u64,
    rows_per_segment: u64,
}

/// What says how the segments are and how many.
fn size_params() -> Vec<ParamSpec> {
    vec![
        word_or("codec", "How the segments are compressed.", Codec::Zstd),
        integer("segments", "Segments of the result.", (1, 10_000), Some(8)),
        integer("rows_per_segment", "Rows of each.", (1, 1_000_000), Some(10_000)),
    ]
}

impl QueryResult {
    fn new(declared: &Declared<'_>, seed: u64) -> Result<Self, WorkloadError> {
        Ok(Self {
            seed,
            segments: declared.required("segments")?,
            rows_per_segment: declared.required("rows_per_segment")?,
        })
    }

    fn rows(&self) -> u64 {
        self.segments * self.rows_per_segment
    }

    /// What determines the answer, as text.
    fn group(&self) -> String {
        let Self { seed, segments, rows_per_segment } = self;
        format!("lineitem seed={seed} segments={segments} rows_per_segment={rows_per_segment}")
    }

    fn segments(&self, codec: Codec, workers: &Workers) -> Result<Vec<Segment>, WorkloadError> {
        let rows = self.rows_per_segment;
        workers.map(self.segments as usize, |number| {
            let number = number as u64;
            let json = segment_json(self.seed, number, rows);
            Segment::encode(codec, json, (number * rows, rows))
        })
    }
}

struct PreparedDecoder {
    result: QueryResult,
    strategy: Strategy,
    workers: Workers,
    segments: Vec<Segment>,
    /// Those of the strategy `limit`, which keeps them from run to run.
    unpackers: Mutex<Vec<Unpacker>>,
    state: State,
}

/// What the last run left.
enum State {
    Nothing,
    Decoded(Decoded),
    Digested { rows: u64, digest: Digest },
}

/// All segments as columns, in order.
enum Decoded {
    Columns(Vec<Columns>),
    Arrow(Vec<RecordBatch>),
}

impl Decoded {
    fn rows(&self) -> u64 {
        match self {
            Self::Columns(segments) => segments.iter().map(Columns::rows).sum(),
            Self::Arrow(segments) => segments.iter().map(|batch| batch.num_rows() as u64).sum(),
        }
    }

    fn digest(&self, first_rows: impl Iterator<Item = u64>) -> Digest {
        let mut digest = Digest::default();
        match self {
            Self::Columns(segments) => segments
                .iter()
                .zip(first_rows)
                .for_each(|(columns, first_row)| columns.digest(first_row, &mut digest)),
            Self::Arrow(segments) => {
                segments.iter().zip(first_rows).for_each(|(batch, first_row)| {
                    arrow_columns::digest(batch, first_row, &mut digest)
                })
            }
        }
        digest
    }
}

impl Prepared for PreparedDecoder {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        self.state = State::Nothing;
        let decoded = match self.strategy {
            Strategy::Sequential => Decoded::Columns(sequential::decode(&self.segments)?),
            Strategy::Threads => Decoded::Columns(threads::decode(&self.segments, &self.workers)?),
            Strategy::Pipelined => {
                Decoded::Columns(pipelined::decode(&self.segments, &self.workers)?)
            }
            Strategy::Limit => {
                Decoded::Arrow(limit::decode(&self.segments, &self.workers, &self.unpackers)?)
            }
        };
        let rows = decoded.rows();
        self.state = State::Decoded(decoded);
        let json_bytes: u64 = self.segments.iter().map(Segment::json_size).sum();
        Ok(Work {
            rows,
            bytes_in: self.segments.iter().map(|segment| segment.bytes.len() as u64).sum(),
            metrics: vec![Metric {
                name: "json_bytes".to_owned(),
                value: json_bytes as f64,
                unit: Unit::Bytes,
                better: Better::Neither,
            }],
            ..Work::default()
        })
    }

    /// Digests the columns and gives their memory back, so that the next run need not.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        if let State::Decoded(decoded) = &self.state {
            let first_rows = self.segments.iter().map(|segment| segment.metadata.row_offset);
            let (rows, digest) = (decoded.rows(), decoded.digest(first_rows));
            self.state = State::Digested { rows, digest };
        }
        let State::Digested { rows, digest } = &self.state else {
            return Err(WorkloadError::new("no run has left a result"));
        };
        if *rows != self.result.rows() {
            let asked = self.result.rows();
            return Err(WorkloadError::new(format!("{asked} rows asked for, {rows} decoded")));
        }
        Ok(Answer { rows: *rows, digest: digest.to_string(), group: Some(self.result.group()) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use workload_api::ParamValue;

    use super::*;

    fn prepare(
        seed: u64,
        given: &[(&str, ParamValue)],
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let params: Params = given.iter().cloned().collect();
        Decoder.prepare(&params, &Context { seed, data_dir: PathBuf::new() })
    }

    fn run(seed: u64, given: &[(&str, ParamValue)]) -> (Work, Answer) {
        let mut prepared = prepare(seed, given).unwrap();
        (prepared.run().unwrap(), prepared.check().unwrap())
    }

    #[test]
    fn codecs_strategies_and_workers_share_a_group_and_its_answer() {
        let mut answers = BTreeSet::new();
        let mut bytes = BTreeSet::new();
        for codec in ["none", "zstd", "lz4"] {
            let strategies = [
                ("sequential", 1),
                ("threads", 1),
                ("threads", 3),
                ("pipelined", 1),
                ("pipelined", 3),
                ("limit", 1),
                ("limit", 3),
            ];
            for (strategy, workers) in strategies {
                let (work, answer) = run(
                    1,
                    &[
                        ("segments", 5.into()),
                        ("rows_per_segment", 200.into()),
                        ("codec", codec.into()),
                        ("strategy", strategy.into()),
                        ("workers", workers.into()),
                    ],
                );
                assert_eq!((work.rows, answer.rows), (1000, 1000));
                assert_eq!(work.metrics[0].name, "json_bytes");
                assert!(work.metrics[0].value >= work.bytes_in as f64);
                bytes.insert(work.bytes_in);
                answers.insert((answer.group, answer.digest));
            }
        }
        assert_eq!((answers.len(), bytes.len()), (1, 3), "{answers:#?}");
    }

    #[test]
    fn seed_and_sizes_are_part_of_the_group_and_change_the_answer() {
        let sizes = [(1, 2, 50), (2, 2, 50), (1, 1, 100), (1, 3, 50)];
        let answers = sizes.map(|(seed, segments, rows)| {
            run(seed, &[("segments", segments.into()), ("rows_per_segment", rows.into())]).1
        });
        let groups: BTreeSet<_> = answers.iter().map(|answer| &answer.group).collect();
        let digests: BTreeSet<_> = answers.iter().map(|answer| &answer.digest).collect();
        assert_eq!((groups.len(), digests.len()), (4, 4));
    }

    #[test]
    fn run_and_check_may_be_repeated_in_any_order() {
        let given = [("segments", 2.into()), ("rows_per_segment", 20.into())];
        let mut prepared = prepare(1, &given).unwrap();
        assert_eq!(prepared.check().unwrap_err().to_string(), "no run has left a result");
        prepared.run().unwrap();
        prepared.run().unwrap();
        let answer = prepared.check().unwrap();
        assert_eq!(prepared.check().unwrap(), answer);
        prepared.run().unwrap();
        assert_eq!(prepared.check().unwrap(), answer);
    }

    #[test]
    fn the_first_bad_segment_is_named_whatever_the_strategy() {
        let workers = Workers::start(3).unwrap();
        let result = QueryResult { seed: 1, segments: 9, rows_per_segment: 20 };
        let mut segments = result.segments(Codec::Lz4, &workers).unwrap();
        segments[3].metadata.rows_count = 21;
        segments[4].bytes.pop();
        segments[8].bytes.clear();
        let sequential = sequential::decode(&segments).unwrap_err().to_string();
        let threads = threads::decode(&segments, &workers).unwrap_err().to_string();
        assert_eq!(sequential, "segment 3: 21 rows declared, 20 found");
        let pipelined = pipelined::decode(&segments, &workers).unwrap_err().to_string();
        let limit = limit::decode(&segments, &workers, &Mutex::default()).unwrap_err().to_string();
        assert_eq!([threads, pipelined, limit], [sequential.as_str(); 3]);
    }

    #[test]
    fn unknown_parameters_and_words_are_refused() {
        let refused =
            |name, value: ParamValue| prepare(1, &[(name, value)]).err().unwrap().to_string();
        assert!(refused("rows", 1.into()).starts_with("unknown parameter `rows` of decoder"));
        assert!(refused("codec", "gzip".into()).contains("\"lz4\""));
        assert!(refused("segments", 0.into()).contains("from 1 to 10000"));
        assert!(refused("strategy", "process".into()).contains("\"threads\""));
    }
}
