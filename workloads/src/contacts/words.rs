//! The words that choice parameters allow, each list beside the type that it means.
//!
//! `declare` turns a list into the parameter's declaration and `options` reads a word back, so a
//! word is spelt once. Nothing here decides a default: that is `steps`.

use parquet::basic::{Compression, ZstdLevel};

pub(crate) use crate::params::Word;

/// How contacts get into files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Study,
    Limit,
}

impl Word for Way {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("study", "record batches, channels and writers", Self::Study),
        ("limit", "straight into the pages of a file per producer", Self::Limit),
    ];
}

/// Arrow type of the phone type column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PhoneTypeColumn {
    Utf8,
    Dictionary,
}

impl Word for PhoneTypeColumn {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("utf8", "each value is its text", Self::Utf8),
        ("dictionary", "each value is a one-byte key into a dictionary", Self::Dictionary),
    ];
}

/// When a contact gets its phone numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Materialise {
    Contacts,
    Direct,
}

impl Word for Materialise {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("contacts", "a vector of finished contacts stands before the builders", Self::Contacts),
        ("direct", "the builders are fed from the partial contacts", Self::Direct),
    ];
}

/// What happens to a buffer after its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Buffer {
    Allocate,
    Reuse,
}

impl Word for Buffer {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("allocate", "a new one each time", Self::Allocate),
        (
            "reuse",
            "one that is cleared and filled again, or allocated once at its size",
            Self::Reuse,
        ),
    ];
}

/// Who draws the random contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampler {
    Proptest,
    Lightweight,
}

impl Word for Sampler {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("proptest", "strategies of the property-testing crate", Self::Proptest),
        ("lightweight", "plain functions over a random number generator", Self::Lightweight),
    ];
}

/// How long the builders of a record batch live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batching {
    PerChunk,
    ThreadLocal,
}

impl Word for Batching {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("per_chunk", "new builders for every chunk; a chunk is a batch", Self::PerChunk),
        (
            "thread_local",
            "each producer keeps its builders and finishes a batch after batch_rows",
            Self::ThreadLocal,
        ),
    ];
}

/// Who owns the text of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameOwner {
    Own,
    Interned,
}

impl Word for NameOwner {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("own", "each contact has its own text", Self::Own),
        (
            "interned",
            "equal names share one text in a map that all producers share",
            Self::Interned,
        ),
    ];
}

/// How a name comes from its buffer to the builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameCopy {
    Clone,
    Borrow,
}

impl Word for NameCopy {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("clone", "as a string of its own, which the builder copies again", Self::Clone),
        ("borrow", "as a reference; the builder makes the only copy", Self::Borrow),
    ];
}

/// Where phone numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdSource {
    Atomic,
    Partitioned,
}

impl Word for IdSource {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("atomic", "one counter that all producers share", Self::Atomic),
        ("partitioned", "a block of five per row reserved for each batch", Self::Partitioned),
    ];
}

/// Codec of the Parquet pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Uncompressed,
    Snappy,
    Zstd,
    Lz4,
}

impl Word for Codec {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("uncompressed", "as it is", Self::Uncompressed),
        ("snappy", "Snappy", Self::Snappy),
        ("zstd", "Zstandard at its default level", Self::Zstd),
        ("lz4", "LZ4 raw blocks", Self::Lz4),
    ];
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::Uncompressed => Self::UNCOMPRESSED,
            Codec::Snappy => Self::SNAPPY,
            Codec::Zstd => Self::ZSTD(ZstdLevel::default()),
            Codec::Lz4 => Self::LZ4_RAW,
        }
    }
}

/// What is waited for before a file counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fsync {
    None,
    File,
}

impl Word for Fsync {
    const WORDS: &'static [(&'static str, &'static str, Self)] = &[
        ("none", "the page cache has the data", Self::None),
        ("file", "each file is synced before its writer ends", Self::File),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<W: Word + std::fmt::Debug>(values: &[W]) {
        assert_eq!(values.len(), W::WORDS.len());
        for value in values {
            assert_eq!(W::from_word(value.word()), Some(*value));
        }
    }

    #[test]
    fn every_value_has_a_word_that_means_it() {
        round_trip(&[Way::Study, Way::Limit]);
        round_trip(&[PhoneTypeColumn::Utf8, PhoneTypeColumn::Dictionary]);
        round_trip(&[Materialise::Contacts, Materialise::Direct]);
        round_trip(&[Buffer::Allocate, Buffer::Reuse]);
        round_trip(&[Sampler::Proptest, Sampler::Lightweight]);
        round_trip(&[Batching::PerChunk, Batching::ThreadLocal]);
        round_trip(&[NameOwner::Own, NameOwner::Interned]);
        round_trip(&[NameCopy::Clone, NameCopy::Borrow]);
        round_trip(&[IdSource::Atomic, IdSource::Partitioned]);
        round_trip(&[Codec::Uncompressed, Codec::Snappy, Codec::Zstd, Codec::Lz4]);
        round_trip(&[Fsync::None, Fsync::File]);
    }
}
