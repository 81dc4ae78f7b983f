//! The workload `generator`: the pipeline's first half alone, from nothing to record batches.
//!
//! For nanoseconds per row of generation, as in the study's table. Batches are counted and
//! dropped, so nothing is measured but their making.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::ThreadPool;
use workload_api::{
    Answer, Better, Context, Metric, Params, Prepared, Spec, Unit, Work, Workload, WorkloadError,
};

use crate::contacts::declare::{self, Part};
use crate::contacts::digest::Digest;
use crate::contacts::options::Options;
use crate::contacts::produce::{pool, produce};

/// Generates contacts and drops them.
pub struct Generator;

impl Workload for Generator {
    fn spec(&self) -> Spec {
        declare::spec(
            "generator",
            "Generates nested contacts as Arrow record batches and drops them.",
            &[Part::Data, Part::Generation],
        )
    }

    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError> {
        let mut options = Options::resolve(params, &self.spec())?;
        if params.get("producers").is_none() {
            options.producers = 1;
        }
        let pool = pool(options.producers)?;
        Ok(Box::new(PreparedGenerator { options, seed: context.seed, pool }))
    }
}

struct PreparedGenerator {
    options: Options,
    seed: u64,
    pool: ThreadPool,
}

impl Prepared for PreparedGenerator {
    fn run(&mut self) -> Result<Work, WorkloadError> {
        let (rows, batches) = (AtomicU64::new(0), AtomicU64::new(0));
        produce(&self.options, self.seed, &self.pool, |_, batch| {
            rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            batches.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })?;
        let rows = rows.into_inner();
        self.options.refuse_other_than_asked("generated", rows)?;
        Ok(Work { rows, metrics: vec![batches_metric(batches.into_inner())], ..Work::default() })
    }

    /// Nothing of a run remains, so this generates the same batches again and digests them.
    fn check(&mut self) -> Result<Answer, WorkloadError> {
        let digest = Mutex::new(Digest::default());
        produce(&self.options, self.seed, &self.pool, |_, batch| match digest.lock() {
            Ok(mut digest) => digest.add(&batch),
            Err(_) => Err(WorkloadError::new("another producer panicked")),
        })?;
        let digest = digest.into_inner().map_err(|_| WorkloadError::new("a producer panicked"))?;
        Ok(self.options.answer(&digest, self.seed))
    }
}

/// The number of record batches of a run, as a metric.
pub(crate) fn batches_metric(batches: u64) -> Metric {
    Metric {
        name: "batches".to_owned(),
        value: batches as f64,
        unit: Unit::Count,
        better: Better::Neither,
    }
}
