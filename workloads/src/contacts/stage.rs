//! One producer's stage: draws the chunks of a batch and builds the batch.
//!
//! `produce` makes a stage through [`stage`] and calls it once per batch; that call is the only
//! dynamic one. Names, ids and the type column are generic, chunk-wide choices are looked at once
//! per chunk, and only buffer choices are looked at per row, beside the allocation they decide.

use std::mem;
use std::ops::Range;
use std::sync::atomic::AtomicU64;

use arrow::array::{RecordBatch, StringBuilder, StringDictionaryBuilder};
use arrow::datatypes::UInt8Type;
use rand::SeedableRng;
use rand::rngs::StdRng;
use twox_hash::XxHash3_64;
use workload_api::WorkloadError;

use super::columns::{Columns, TypeColumn};
use super::interner::Interner;
use super::names::{Borrowed, Cloned, Interned, Names};
use super::numbers::{BatchIds, Ids, Numbers, SharedIds};
use super::options::Options;
use super::partial::{Contact, PartialContact, PartialPhone, Phone};
use super::words::{
    Batching, Buffer, IdSource, Materialise, NameCopy, NameOwner, PhoneTypeColumn, Sampler,
};
use super::{sample_light, sample_proptest};

/// What all producers of a run share.
pub(crate) struct Shared {
    next_id: AtomicU64,
    interner: Interner,
}

impl Shared {
    /// A counter at zero and an empty map.
    pub(crate) fn new() -> Self {
        Self { next_id: AtomicU64::new(0), interner: Interner::new() }
    }
}

/// Something that builds batches.
pub(crate) trait Stage {
    /// The batch of these rows, which begin at the beginning of a chunk.
    ///
    /// # Errors
    /// When a chunk cannot be drawn or a batch not built.
    fn batch(&mut self, rows: Range<u64>) -> Result<RecordBatch, WorkloadError>;
}

/// The stage that the options ask for.
pub(crate) fn stage<'a>(
    options: &'a Options,
    seed: u64,
    shared: &'a Shared,
) -> Box<dyn Stage + 'a> {
    let base = Base { options, seed, shared };
    match (options.variant.names, options.variant.name_copy) {
        (NameOwner::Interned, _) => base.with_names(Interned(&shared.interner)),
        (NameOwner::Own, NameCopy::Clone) => base.with_names(Cloned),
        (NameOwner::Own, NameCopy::Borrow) => base.with_names(Borrowed),
    }
}

#[derive(Clone, Copy)]
struct Base<'a> {
    options: &'a Options,
    seed: u64,
    shared: &'a Shared,
}

impl<'a> Base<'a> {
    fn with_names<N: Names + 'a>(self, names: N) -> Box<dyn Stage + 'a> {
        match self.options.variant.ids {
            IdSource::Atomic => self.with_ids(names, SharedIds(&self.shared.next_id)),
            IdSource::Partitioned => self.with_ids(names, BatchIds::default()),
        }
    }

    fn with_ids<N: Names + 'a, I: Ids + 'a>(self, names: N, ids: I) -> Box<dyn Stage + 'a> {
        match self.options.variant.phone_type {
            PhoneTypeColumn::Utf8 => self.with_types::<N, I, StringBuilder>(names, ids),
            PhoneTypeColumn::Dictionary => {
                self.with_types::<N, I, StringDictionaryBuilder<UInt8Type>>(names, ids)
            }
        }
    }

    fn with_types<N, I, T>(self, names: N, ids: I) -> Box<dyn Stage + 'a>
    where
        N: Names + 'a,
        I: Ids + 'a,
        T: TypeColumn + 'a,
    {
        let numbers = Numbers::new(ids, self.options.variant.number_buffer);
        Box::new(ContactStage::<N, I, T> {
            options: self.options,
            seed: self.seed,
            names,
            numbers,
            columns: Columns::new(),
            gathered: Vec::new(),
            name_buffer: String::with_capacity(32),
            phones_buffer: Vec::new(),
        })
    }
}

struct ContactStage<'a, N: Names, I, T> {
    options: &'a Options,
    seed: u64,
    names: N,
    numbers: Numbers<I>,
    columns: Columns<T>,
    gathered: Vec<PartialContact<N::Name>>,
    name_buffer: String,
    phones_buffer: Vec<PartialPhone>,
}

impl<N: Names, I: Ids, T: TypeColumn> Stage for ContactStage<'_, N, I, T> {
    fn batch(&mut self, rows: Range<u64>) -> Result<RecordBatch, WorkloadError> {
        let chunk_rows = self.options.chunk_rows;
        self.numbers.start_batch(rows.start);
        for chunk in rows.start / chunk_rows..rows.end.div_ceil(chunk_rows) {
            let first = chunk * chunk_rows;
            let count = (first + chunk_rows).min(rows.end) - first;
            self.append_chunk(chunk_seed(self.seed, chunk), count as usize)?;
        }
        self.columns.finish()
    }
}

impl<N: Names, I: Ids, T: TypeColumn> ContactStage<'_, N, I, T> {
    fn append_chunk(&mut self, seed: u64, rows: usize) -> Result<(), WorkloadError> {
        let variant = &self.options.variant;
        match (variant.sampler, variant.batching, variant.materialise) {
            (Sampler::Proptest, ..) => {
                let drawn = sample_proptest::chunk(seed, rows, variant.name_buffer)?;
                let names = self.names;
                self.append_gathered(drawn.into_iter().map(|contact| PartialContact {
                    name: contact.name.map(|name| names.adopt(name)),
                    phones: contact.phones,
                }));
            }
            (Sampler::Lightweight, Batching::ThreadLocal, Materialise::Direct) => {
                self.append_drawn(&mut StdRng::seed_from_u64(seed), rows);
            }
            (Sampler::Lightweight, ..) => {
                let mut gathered = self.gather(&mut StdRng::seed_from_u64(seed), rows);
                self.append_gathered(gathered.drain(..));
                if self.options.variant.contacts_buffer == Buffer::Reuse {
                    self.gathered = gathered;
                }
            }
        }
        Ok(())
    }

    /// Draws row after row straight into the columns.
    fn append_drawn(&mut self, rng: &mut StdRng, rows: usize) {
        let variant = &self.options.variant;
        for _ in 0..rows {
            let name = &mut self.columns.name;
            match (sample_light::has_name(rng), variant.name_buffer) {
                (false, _) => name.append_null(),
                (true, Buffer::Allocate) => {
                    name.append_value(N::text(&self.names.adopt(sample_light::name(rng))));
                }
                (true, Buffer::Reuse) => {
                    sample_light::name_into(rng, &mut self.name_buffer);
                    self.names.append(&self.name_buffer, name);
                }
            }
            match variant.contacts_buffer {
                Buffer::Allocate => {
                    self.columns.append_partial(&sample_light::phones(rng), &mut self.numbers);
                }
                Buffer::Reuse => {
                    sample_light::phones_into(rng, &mut self.phones_buffer);
                    self.columns.append_partial(&self.phones_buffer, &mut self.numbers);
                }
            }
        }
    }

    /// Draws a chunk of partial contacts, in the last chunk's vector if that was kept.
    fn gather(&mut self, rng: &mut StdRng, rows: usize) -> Vec<PartialContact<N::Name>> {
        let mut gathered = mem::take(&mut self.gathered);
        gathered.reserve(rows);
        for _ in 0..rows {
            let name = match (sample_light::has_name(rng), self.options.variant.name_buffer) {
                (false, _) => None,
                (true, Buffer::Allocate) => Some(self.names.adopt(sample_light::name(rng))),
                (true, Buffer::Reuse) => {
                    sample_light::name_into(rng, &mut self.name_buffer);
                    Some(self.names.keep(&self.name_buffer))
                }
            };
            gathered.push(PartialContact { name, phones: sample_light::phones(rng) });
        }
        gathered
    }

    fn append_gathered(&mut self, partial: impl Iterator<Item = PartialContact<N::Name>>) {
        match self.options.variant.materialise {
            Materialise::Direct => {
                for contact in partial {
                    self.columns.name.append_option(contact.name.as_ref().map(N::text));
                    self.columns.append_partial(&contact.phones, &mut self.numbers);
                }
            }
            Materialise::Contacts => {
                let contacts: Vec<_> =
                    partial.map(|contact| complete(contact, &mut self.numbers)).collect();
                for contact in &contacts {
                    self.columns.name.append_option(contact.name.as_ref().map(N::text));
                    self.columns.append_complete(&contact.phones);
                }
            }
        }
    }
}

fn complete<S, I: Ids>(partial: PartialContact<S>, numbers: &mut Numbers<I>) -> Contact<S> {
    let phones = partial.phones.into_iter().map(|phone| Phone {
        number: phone.has_number.then(|| numbers.owned()),
        phone_type: phone.phone_type,
    });
    Contact { name: partial.name, phones: phones.collect() }
}

/// The seed of a chunk: far from those of its neighbours and of neighbouring seeds.
pub(crate) fn chunk_seed(seed: u64, chunk: u64) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, &chunk.to_le_bytes())
}
