//! The workload `pipeline`: producers generate contacts, writers shred them into Parquet files.
//!
//! The study's whole program. Producers are a pool of their own, each writer is a thread with a
//! bounded channel and a file; batch `i` goes to writer `i` modulo their number.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use rayon::ThreadPool;
use workload_api::{
    Answer, Better, Context, Metric, Params, Prepared, Spec, Work, Workload, WorkloadError,
};

use crate::contacts::declare::{self, Part};
use crate::contacts::digest::Digest;
use crate::contacts::limit;
use crate::contacts::options::Options;
use crate::contacts::parquet_file::{ParquetFile, Written, digest_file};
use crate::contacts::produce::{pool, produce};
use crate::contacts::words::Way;
use crate::generator::batches_metric;
use crate::workers::Workers;

/// Generates contacts and writes them as Parquet, both in parallel.
pub struct Pipeline;

impl Workload for Pipeline {
    fn spec(&self) -> Spec {
        declare::spec(
            "pipeline",
            "Generates nested contacts in parallel and shreds them into one Parquet file per \
             writer.",
            &[Part::Data, Part::Generation, Part::Street, Part::Writing],
        )
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let options = Options::resolve(params, &self.spec())?;
        fs::create_dir_all(&context.data_dir).map_err(|error| {
            WorkloadError::context(&format!("creating {}", context.data_dir.display()), error)
        })?;
        let files = match options.way {
            Way::Study => options.variant.writers,
            Way::Limit => options.producers,
        };
        let paths = (0..files)
            .map(|writer| context.data_dir.join(format!("contacts-{writer:02}.parquet")))
            .collect();
        if options.way == Way::Limit {
            limit::accepts(&options)?;
            let workers = Workers::start(options.producers)?;
            return Ok(Box::new(PreparedLimit { options, seed: context.seed, workers, paths }));
        }
        let pool = pool(options.producers)?;
        Ok(Box::new(PreparedPipeline { options, seed: context.seed, pool, paths }))
    }
}

struct PreparedPipeline {
    options: Options,
    seed: u64,
    pool: ThreadPool,
    paths: Vec<PathBuf>,
}

impl Prepared for PreparedPipeline {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let producer_wait = AtomicU64::new(0);
        let writers = thread::scope(|scope| {
            let (senders, writers) = start_writers(scope, &self.options, &self.paths)?;
            let produced = produce(&self.options, self.seed, &self.pool, |index, batch| {
                let waited = send(&senders[index as usize % senders.len()], batch)?;
                if !waited.is_zero() {
                    producer_wait.fetch_add(waited.as_nanos() as u64, Ordering::Relaxed);
                }
                Ok(())
            });
            drop(senders);
            // A writer's error comes first: it is the cause of the producers' closed channel.
            let writers = writers.into_iter().map(join).collect::<Result<Vec<_>, _>>()?;
            produced.map(|()| writers)
        })?;
        let rows = writers.iter().map(|writer| writer.written.rows).sum();
        self.options.refuse_other_than_asked("written", rows)?;
        Ok(Work {
            rows,
            bytes_out: writers.iter().map(|writer| writer.written.bytes).sum(),
            metrics: vec![
                batches_metric(writers.iter().map(|writer| writer.batches).sum()),
                wait("producer_wait", Duration::from_nanos(producer_wait.into_inner())),
                wait("writer_wait", writers.iter().map(|writer| writer.waited).sum()),
            ],
            ..Work::default()
        })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        answer(&self.paths, &self.options, self.seed)
    }
}

struct PreparedLimit {
    options: Options,
    seed: u64,
    workers: Workers,
    paths: Vec<PathBuf>,
}

impl Prepared for PreparedLimit {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let done = limit::run(&self.options, self.seed, &self.workers, &self.paths)?;
        self.options.refuse_other_than_asked("written", done.written.rows)?;
        Ok(Work {
            rows: done.written.rows,
            bytes_out: done.written.bytes,
            metrics: vec![batches_metric(done.batches)],
            ..Work::default()
        })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        answer(&self.paths, &self.options, self.seed)
    }
}

/// What the files hold, read back.
fn answer(paths: &[PathBuf], options: &Options, seed: u64) -> Result<Answer, WorkloadError> {
    let mut digest = Digest::default();
    for path in paths {
        digest_file(path, &mut digest)?;
    }
    Ok(options.answer(&digest, seed))
}

/// What one writer did.
#[derive(Default)]
struct WriterWork {
    written: Written,
    batches: u64,
    waited: Duration,
}

type WriterHandle<'scope> = ScopedJoinHandle<'scope, Result<WriterWork, WorkloadError>>;

fn start_writers<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    options: &'env Options,
    paths: &'env [PathBuf],
) -> Result<(Vec<SyncSender<RecordBatch>>, Vec<WriterHandle<'scope>>), WorkloadError> {
    let (mut senders, mut handles) = (Vec::new(), Vec::new());
    for (index, path) in paths.iter().enumerate() {
        let (sender, receiver) = sync_channel(options.channel_depth);
        let handle = thread::Builder::new()
            .name(format!("writer-{index}"))
            .spawn_scoped(scope, move || write_all(path, &receiver, options))
            .map_err(|error| WorkloadError::context("starting a writer", error))?;
        senders.push(sender);
        handles.push(handle);
    }
    Ok((senders, handles))
}

fn write_all(
    path: &Path,
    receiver: &Receiver<RecordBatch>,
    options: &Options,
) -> Result<WriterWork, WorkloadError> {
    let mut file = ParquetFile::create(path, options)?;
    let mut work = WriterWork::default();
    while let Some(batch) = receive(receiver, &mut work.waited) {
        file.write(&batch)?;
        work.batches += 1;
    }
    work.written = file.finish()?;
    Ok(work)
}

/// The next batch, `None` when all producers are done. The clock is read only when none is there.
fn receive(receiver: &Receiver<RecordBatch>, waited: &mut Duration) -> Option<RecordBatch> {
    match receiver.try_recv() {
        Ok(batch) => Some(batch),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => {
            let start = Instant::now();
            let batch = receiver.recv().ok();
            *waited += start.elapsed();
            batch
        }
    }
}

/// Sends a batch and says how long the channel was full. The clock is read only if it was.
fn send(sender: &SyncSender<RecordBatch>, batch: RecordBatch) -> Result<Duration, WorkloadError> {
    let gone = || WorkloadError::new("a writer ended before the producers did");
    match sender.try_send(batch) {
        Ok(()) => Ok(Duration::ZERO),
        Err(TrySendError::Disconnected(_)) => Err(gone()),
        Err(TrySendError::Full(batch)) => {
            let start = Instant::now();
            sender.send(batch).map_err(|_| gone())?;
            Ok(start.elapsed())
        }
    }
}

fn join(handle: WriterHandle<'_>) -> Result<WriterWork, WorkloadError> {
    handle.join().unwrap_or_else(|_| Err(WorkloadError::new("a writer panicked")))
}

/// Time that threads of one side waited for the other, summed over them.
fn wait(name: &str, waited: Duration) -> Metric {
    Metric { better: Better::Neither, ..Metric::time(name, waited) }
}
