//! The workload `decoder`: the client's side of a query server that sends its result as segments
//! of compressed JSON.
//!
//! `prepare` makes the segments and holds them in memory; `run` decompresses and parses all of them
//! into columns or rows. Each strategy is a file of its own; what a segment is, they share.

mod arrow_columns;
mod careful;
mod cursor;
pub(crate) mod dataset;
mod date;
mod decoded;
mod digest;
mod direct;
mod faults;
mod limit;
mod lineitem;
mod nested;
mod numbers;
mod pipelined;
mod process;
mod processes;
mod result;
mod schema;
mod segment;
mod sequential;
mod special;
mod strategy;
#[cfg(test)]
mod tests;
mod text;
mod threads;
mod value;

use workload_api::{
    Answer, Better, Context, Metric, Params, Prepared, Spec, Unit, Work, Workload, WorkloadError,
};

use self::decoded::{Consumer, Keep, Output, Target};
use self::digest::Digest;
use self::faults::{Fault, Planted};
use self::processes::{Pool, Schedule};
use self::result::{QueryResult, size_params};
use self::segment::Segment;
use self::strategy::{Job, Ready, Strategy};
use crate::params::{Declared, integer, word_or};
use crate::workers::Workers;

pub use self::process::{COMMAND as DECODER_COMMAND, main as decoder_main};
pub use self::result::segment_json;

/// Decodes the segments of a query's result.
pub struct Decoder;

impl Workload for Decoder {
    fn spec(&self) -> Spec {
        let mut params = size_params();
        params.extend([
            word_or("output", "What the segments are decoded into.", Output::Columns),
            word_or("strategy", "Who decodes the segments.", Strategy::Sequential),
            integer(
                "workers",
                "Threads of all strategies but sequential; with processes, as many of each. Not \
                 stated: as many as the process may use.",
                (1, 1024),
                None,
            ),
            word_or("schedule", "When processes get the next segment.", Schedule::SubmitAll),
            word_or("keep", "What becomes of the rows of a segment.", Keep::All),
            word_or("faults", "What is wrong with the middle segment.", Fault::Nothing),
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
        let mut segments = result.segments(declared.word("codec")?, &workers)?;
        let (strategy, fault) = (declared.word("strategy")?, declared.word("faults")?);
        if fault == Fault::Killed && strategy != Strategy::Processes {
            return Err(WorkloadError::new("faults = killed needs strategy processes"));
        }
        let keep = declared.word("keep")?;
        let expected = match keep {
            Keep::All => Vec::new(),
            Keep::None => result.digests(&segments, &workers)?,
        };
        let planted = Planted::plant(fault, &mut segments)?;
        let ready = match strategy {
            Strategy::Sequential => Ready::Sequential,
            Strategy::Threads => Ready::Threads,
            Strategy::Processes => {
                Ready::Processes(Pool::start(workers.count(), planted)?, declared.word("schedule")?)
            }
            Strategy::Pipelined => Ready::Pipelined,
            Strategy::Limit => Ready::Limit(limit::Spare::default()),
        };
        let target = Target { shape: result.shape, output: declared.word("output")? };
        let (consumer, state) = (Consumer::new(keep), State::Nothing);
        Ok(Box::new(PreparedDecoder {
            result,
            target,
            segments,
            planted,
            expected,
            workers,
            ready,
            consumer,
            state,
        }))
    }
}

struct PreparedDecoder {
    result: QueryResult,
    target: Target,
    segments: Vec<Segment>,
    planted: Planted,
    /// The digest of each segment, where not all are kept.
    expected: Vec<Digest>,
    workers: Workers,
    ready: Ready,
    consumer: Consumer,
    state: State,
}

/// What the last run left.
enum State {
    Nothing,
    Decoded { rows: u64 },
    Digested { rows: u64, digest: Digest },
}

impl Prepared for PreparedDecoder {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        self.state = State::Nothing;
        self.consumer.held().clear();
        let Self { segments, target, consumer, .. } = &*self;
        let job = Job { segments, target: *target, consumer };
        let outcomes = self.ready.decode(&job, &self.workers)?;
        let rows = self.planted.judge(&outcomes)?;
        self.state = State::Decoded { rows };
        let bytes = |name: &str, value: u64| Metric {
            name: name.to_owned(),
            value: value as f64,
            unit: Unit::Bytes,
            better: Better::Neither,
        };
        let mut metrics =
            vec![bytes("json_bytes", self.segments.iter().map(Segment::json_size).sum())];
        if let Ready::Processes(pool, _) = &self.ready {
            metrics.push(bytes("piped_bytes", pool.take_piped()));
        }
        let bytes_in = self.segments.iter().map(|segment| segment.bytes.len() as u64).sum();
        Ok(Work { rows, bytes_in, metrics, ..Work::default() })
    }

    /// Digests what is held and gives its memory back, so that the next run need not.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        if let State::Decoded { rows } = self.state {
            let digest = self.digest()?;
            self.consumer.held().clear();
            self.state = State::Digested { rows, digest };
        }
        let State::Digested { rows, digest } = &self.state else {
            return Err(WorkloadError::new("no run has left a result"));
        };
        let asked = self.result.rows() - self.planted.rows_missing(&self.segments);
        if *rows != asked {
            return Err(WorkloadError::new(format!("{asked} rows asked for, {rows} decoded")));
        }
        let group = self.result.group() + &self.planted.group();
        Ok(Answer { rows: *rows, digest: digest.to_string(), group: Some(group) })
    }
}

impl PreparedDecoder {
    /// The digest of all that was decoded. Of dropped segments no more than their number of rows is
    /// known; those that are held must be what `prepare` found them to be.
    ///
    /// # Errors
    /// When they are not.
    fn digest(&self) -> Result<Digest, WorkloadError> {
        let fields = self.target.fields();
        let mut all = Digest::new(fields);
        for (number, decoded) in self.consumer.held().iter() {
            let digest = decoded.digest(fields, self.segments[*number].metadata.row_offset);
            match self.expected.get(*number) {
                Some(expected) if digest != *expected => {
                    let why = format!("segment {number}: was decoded to other rows");
                    return Err(WorkloadError::new(why));
                }
                Some(_) => {}
                None => all.merge(&digest),
            }
        }
        for (number, digest) in self.expected.iter().enumerate() {
            if !self.planted.is_at(number) {
                all.merge(digest);
            }
        }
        Ok(all)
    }
}
