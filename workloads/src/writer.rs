//! The workload `writer`: the pipeline's second half alone, from record batches to a Parquet file.
//!
//! For nanoseconds per row of encoding, as in the study's table. All batches are generated in
//! `prepare` and held in memory, about 80 bytes a row; one thread writes them to one file.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use arrow::array::RecordBatch;
use workload_api::{Answer, Context, Params, Prepared, Spec, Work, Workload, WorkloadError};

use crate::contacts::declare::{self, Part};
use crate::contacts::digest::Digest;
use crate::contacts::options::Options;
use crate::contacts::parquet_file::{ParquetFile, digest_file};
use crate::contacts::produce::{pool, produce};
use crate::generator::batches_metric;

/// Writes contacts that are there already.
pub struct Writer;

impl Workload for Writer {
    fn spec(&self) -> Spec {
        declare::spec(
            "writer",
            "Writes nested contacts, generated before, to one Parquet file.",
            &[Part::Data, Part::Writing],
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
        let path = context.data_dir.join("contacts.parquet");
        let batches = generate(&options, context.seed)?;
        Ok(Box::new(PreparedWriter { options, seed: context.seed, path, batches }))
    }
}

/// All batches in order, from one producer, so that the file is the same to the byte each time.
fn generate(options: &Options, seed: u64) -> Result<Vec<RecordBatch>, WorkloadError> {
    let batches = Mutex::new(Vec::new());
    produce(options, seed, &pool(1)?, |_, batch| match batches.lock() {
        Ok(mut batches) => {
            batches.push(batch);
            Ok(())
        }
        Err(_) => Err(WorkloadError::new("the producer panicked")),
    })?;
    batches.into_inner().map_err(|_| WorkloadError::new("the producer panicked"))
}

struct PreparedWriter {
    options: Options,
    seed: u64,
    path: PathBuf,
    batches: Vec<RecordBatch>,
}

impl Prepared for PreparedWriter {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let mut file = ParquetFile::create(&self.path, &self.options)?;
        for batch in &self.batches {
            file.write(batch)?;
        }
        let written = file.finish()?;
        self.options.refuse_other_than_asked("written", written.rows)?;
        Ok(Work {
            rows: written.rows,
            bytes_out: written.bytes,
            metrics: vec![batches_metric(self.batches.len() as u64)],
            ..Work::default()
        })
    }

    fn check(&mut self) -> Result<Answer, WorkloadError> {
        let mut digest = Digest::default();
        digest_file(&self.path, &mut digest)?;
        Ok(self.options.answer(&digest, self.seed))
    }
}
