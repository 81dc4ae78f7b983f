//! The resolved options of one prepared workload: a step's bundle with what was stated laid over.
//!
//! Every workload's `prepare` calls [`Options::resolve`] once. After it nothing is missing and
//! nothing is out of range; no code below looks at parameter names again.

use workload_api::{Answer, Params, Spec, WorkloadError};

use super::digest::Digest;
use super::steps::{self, Variant};
use super::words::{Batching, Codec, Fsync, IdSource, Way, Word};
use crate::params::{available_threads, refuse_undeclared};

/// Everything that the three workloads can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) rows: u64,
    pub(crate) way: Way,
    pub(crate) variant: Variant,
    pub(crate) producers: usize,
    pub(crate) channel_depth: usize,
    pub(crate) chunk_rows: u64,
    pub(crate) batch_rows: u64,
    pub(crate) file: FileOptions,
}

/// How Parquet files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileOptions {
    pub(crate) compression: Codec,
    pub(crate) dictionary: bool,
    pub(crate) row_group_rows: usize,
    pub(crate) fsync: Fsync,
}

impl Options {
    /// Reads `params` against the workload's own declaration.
    ///
    /// # Errors
    /// When a parameter is unknown to `spec`, of the wrong type or out of its range.
    pub(crate) fn resolve(params: &Params, spec: &Spec) -> Result<Self, WorkloadError> {
        refuse_undeclared(params, spec)?;
        let read = Reader { params, spec };
        let variant = variant(&read)?;
        // The study's own rule, all threads less the writers, leaves no producer at all on a small
        // machine.
        let producers = read.integer("producers")?.unwrap_or_else(available_threads);
        let depth = if variant.writers == 1 { 2 * producers } else { producers };
        Ok(Self {
            rows: read.integer("rows")?.unwrap_or(1_000_000) as u64,
            way: read.word("variant")?.unwrap_or(Way::Study),
            variant,
            producers,
            channel_depth: read.integer("channel_depth")?.unwrap_or(depth),
            chunk_rows: read.integer("chunk_rows")?.unwrap_or(256) as u64,
            batch_rows: read.integer("batch_rows")?.unwrap_or(5120) as u64,
            file: FileOptions {
                compression: read.word("compression")?.unwrap_or(Codec::Uncompressed),
                dictionary: params.bool("dictionary")?.unwrap_or(true),
                row_group_rows: read.integer("row_group_rows")?.unwrap_or(1 << 20),
                fsync: read.word("fsync")?.unwrap_or(Fsync::None),
            },
        })
    }

    /// Rows of every record batch but the last: a whole number of chunks.
    pub(crate) fn rows_per_batch(&self) -> u64 {
        match self.variant.batching {
            Batching::PerChunk => self.chunk_rows,
            Batching::ThreadLocal => self.batch_rows.div_ceil(self.chunk_rows) * self.chunk_rows,
        }
    }

    /// Record batches of a run.
    pub(crate) fn batches(&self) -> u64 {
        self.rows.div_ceil(self.rows_per_batch())
    }

    /// What determines the logical content, as text: runs that share it must agree.
    pub(crate) fn group(&self, seed: u64) -> String {
        let Self { rows, chunk_rows, variant, .. } = self;
        let (sampler, ids) = (variant.sampler.word(), variant.ids.word());
        let group = format!(
            "contacts rows={rows} seed={seed} sampler={sampler} chunk_rows={chunk_rows} ids={ids}"
        );
        match variant.ids {
            IdSource::Atomic => group,
            // A batch's block of ids begins where its rows begin.
            IdSource::Partitioned => format!("{group} block={}", self.rows_per_batch()),
        }
    }

    /// The answer of a run whose result has this digest.
    pub(crate) fn answer(&self, digest: &Digest, seed: u64) -> Answer {
        Answer { rows: digest.rows(), digest: digest.to_string(), group: Some(self.group(seed)) }
    }

    /// Makes sure that as many rows came out as were asked for: a pipeline that lost its rows is
    /// fast, and must not look so.
    ///
    /// # Errors
    /// When `rows` is another number.
    pub(crate) fn refuse_other_than_asked(
        &self,
        done: &str,
        rows: u64,
    ) -> Result<(), WorkloadError> {
        if rows == self.rows {
            return Ok(());
        }
        Err(WorkloadError::new(format!("{} rows asked for, {rows} {done}", self.rows)))
    }
}

fn variant(read: &Reader<'_>) -> Result<Variant, WorkloadError> {
    let step = read.params.text("step")?;
    let Some(bundle) = steps::bundle(step) else {
        return Err(WorkloadError::new(format!("no step {step:?}")));
    };
    Ok(Variant {
        phone_type: read.word("phone_type")?.unwrap_or(bundle.phone_type),
        materialise: read.word("materialise")?.unwrap_or(bundle.materialise),
        number_buffer: read.word("number_buffer")?.unwrap_or(bundle.number_buffer),
        name_buffer: read.word("name_buffer")?.unwrap_or(bundle.name_buffer),
        contacts_buffer: read.word("contacts_buffer")?.unwrap_or(bundle.contacts_buffer),
        sampler: read.word("sampler")?.unwrap_or(bundle.sampler),
        writers: read.integer("writers")?.unwrap_or(bundle.writers),
        batching: read.word("batching")?.unwrap_or(bundle.batching),
        names: read.word("names")?.unwrap_or(bundle.names),
        name_copy: read.word("name_copy")?.unwrap_or(bundle.name_copy),
        ids: read.word("ids")?.unwrap_or(bundle.ids),
    })
}

struct Reader<'a> {
    params: &'a Params,
    spec: &'a Spec,
}

impl Reader<'_> {
    fn integer(&self, name: &str) -> Result<Option<usize>, WorkloadError> {
        // OK because the declared range, checked before, starts at 1 and ends below 2^31.
        Ok(self.params.integer(name)?.map(|value| value as usize))
    }

    fn word<W: Word>(&self, name: &str) -> Result<Option<W>, WorkloadError> {
        let Some(text) = self.params.text(name)? else { return Ok(None) };
        let found = W::from_word(text);
        found.map(Some).ok_or_else(|| {
            WorkloadError::new(format!("parameter `{name}` of {}: no `{text}`", self.spec.name))
        })
    }
}

#[cfg(test)]
mod tests {
    use workload_api::{ParamValue, Workload};

    use super::*;
    use crate::Pipeline;
    use crate::contacts::words::{Buffer, NameCopy, PhoneTypeColumn, Sampler};

    fn resolve(params: &[(&str, ParamValue)]) -> Result<Options, WorkloadError> {
        Options::resolve(&params.iter().cloned().collect(), &Pipeline.spec())
    }

    #[test]
    fn a_stated_parameter_wins_over_its_step() {
        let options = resolve(&[
            ("step", "08".into()),
            ("writers", 3.into()),
            ("phone_type", "utf8".into()),
            ("name_copy", "borrow".into()),
        ]);
        let variant = options.unwrap().variant;
        assert_eq!(variant.writers, 3);
        assert_eq!(variant.phone_type, PhoneTypeColumn::Utf8);
        assert_eq!(variant.name_copy, NameCopy::Borrow);
        assert_eq!(variant.sampler, Sampler::Lightweight, "the rest is the step's");
        assert_eq!(variant.contacts_buffer, Buffer::Allocate);
    }

    #[test]
    fn without_a_step_the_last_one_decides() {
        let [stated, silent] = [resolve(&[("step", "12".into())]), resolve(&[])];
        assert_eq!(stated.unwrap(), silent.unwrap());
    }

    #[test]
    fn there_is_always_a_producer_and_a_place_in_the_channel() {
        for step in steps::STEPS {
            let options = resolve(&[("step", step.number.into())]).unwrap();
            assert!(options.producers >= 1 && options.channel_depth >= 1);
        }
        let options = resolve(&[("producers", 3.into()), ("writers", 1.into())]).unwrap();
        assert_eq!(options.channel_depth, 6);
        let options = resolve(&[("producers", 3.into()), ("writers", 2.into())]).unwrap();
        assert_eq!(options.channel_depth, 3);
    }

    #[test]
    fn a_batch_is_a_whole_number_of_chunks() {
        let options = resolve(&[("batch_rows", 5000.into()), ("chunk_rows", 256.into())]).unwrap();
        assert_eq!(options.rows_per_batch(), 5120);
        let options = resolve(&[("step", "00".into()), ("rows", 257.into())]).unwrap();
        assert_eq!((options.rows_per_batch(), options.batches()), (256, 2));
    }

    #[test]
    fn zero_rows_unknown_names_and_unknown_words_are_refused() {
        let message = |params: &[_]| resolve(params).unwrap_err().to_string();
        assert!(message(&[("rows", 0.into())]).contains("from 1 to"));
        assert!(message(&[("writer", 2.into())]).contains("unknown parameter `writer`"));
        assert!(message(&[("step", "13".into())]).contains("\"12\""));
        assert!(message(&[("sampler", "quick".into())]).contains("\"lightweight\""));
    }

    #[test]
    fn every_default_is_accepted_by_its_own_kind_and_is_what_resolve_uses() {
        let mut stated = Params::default();
        for param in Pipeline.spec().params {
            assert!(!param.about.is_empty(), "{}", param.name);
            if let Some(default) = param.default {
                assert_eq!(param.kind.accepts(&default), Ok(()), "{}", param.name);
                stated.set(param.name, default);
            }
        }
        let stated = Options::resolve(&stated, &Pipeline.spec()).unwrap();
        assert_eq!(stated, resolve(&[]).unwrap());
    }
}
