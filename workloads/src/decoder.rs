//! The workload `decoder`: the client's side of a query server that sends its result as segments
//! of compressed JSON.
//!
//! `prepare` makes the segments and holds them in memory; `run` decompresses and parses all of them
//! into typed columns. Each strategy is a file of its own; what a segment is, they share.

mod columns;
mod date;
mod lineitem;
mod segment;
mod sequential;
mod threads;

use workload_api::{
    Answer, Better, Context, Metric, Params, Prepared, Spec, Unit, Work, Workload, WorkloadError,
};

use self::columns::{Columns, Digest};
use self::segment::{Codec, Segment};
use crate::params::{Declared, Word, integer, word_or};
use crate::workers::Workers;

/// Decodes the segments of a query's result.
pub struct Decoder;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    Sequential,
    Threads,
}

impl Word for Strategy {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("sequential", "one segment after another", Self::Sequential),
        ("threads", "a pool of workers takes segments from a queue", Self::Threads),
    ];
}

impl Workload for Decoder {
    fn spec(&self) -> Spec {
        Spec {
            name: "decoder".to_owned(),
            about: "Decompresses and parses the JSON segments of a query's result.".to_owned(),
            params: vec![
                word_or("codec", "How the segments are compressed.", Codec::Zstd),
                integer("segments", "Segments of the result.", (1, 10_000), Some(8)),
                integer("rows_per_segment", "Rows of each.", (1, 1_000_000), Some(10_000)),
                word_or("strategy", "Who decodes the segments.", Strategy::Sequential),
                integer(
                    "workers",
                    "Threads with strategy = threads. Not stated: as many as the process may use.",
                    (1, 1024),
                    None,
                ),
            ],
        }
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let spec = self.spec();
        let declared = Declared::new(params, &spec)?;
        let result = QueryResult {
            seed: context.seed,
            segments: declared.required("segments")?,
            rows_per_segment: declared.required("rows_per_segment")?,
        };
        let workers = Workers::start(declared.threads("workers")?)?;
        let segments = result.segments(declared.word("codec")?, &workers)?;
        let strategy = declared.word("strategy")?;
        let state = State::Nothing;
        Ok(Box::new(PreparedDecoder { result, strategy, workers, segments, state }))
    }
}

/// What determines the rows.
struct QueryResult {
    seed: u64,
    segments: u64,
    rows_per_segment: u64,
}

impl QueryResult {
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
            let json = lineitem::json(self.seed, number, rows);
            Segment::encode(codec, json, (number * rows, rows))
        })
    }
}

struct PreparedDecoder {
    result: QueryResult,
    strategy: Strategy,
    workers: Workers,
    segments: Vec<Segment>,
    state: State,
}

/// What the last run left.
enum State {
    Nothing,
    Decoded(Vec<Columns>),
    Digested { rows: u64, digest: Digest },
}

impl Prepared for PreparedDecoder {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        self.state = State::Nothing;
        let decoded = match self.strategy {
            Strategy::Sequential => sequential::decode(&self.segments)?,
            Strategy::Threads => threads::decode(&self.segments, &self.workers)?,
        };
        let rows = decoded.iter().map(Columns::rows).sum();
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
            let mut digest = Digest::default();
            for (columns, segment) in decoded.iter().zip(&self.segments) {
                columns.digest(segment.metadata.row_offset, &mut digest);
            }
            let rows = decoded.iter().map(Columns::rows).sum();
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
