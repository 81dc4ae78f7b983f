//! The declarations of all parameters, and which workload takes which.
//!
//! The workloads' `spec` functions call this. It says what is allowed; `options` says what a value
//! means, and `steps` what is used when a suite says nothing.

use workload_api::{Kind, ParamSpec, Spec};

use super::steps::STEPS;
use super::words::{
    Batching, Buffer, Codec, Fsync, IdSource, Materialise, NameCopy, NameOwner, PhoneTypeColumn,
    Sampler, Way, Word,
};
use crate::params::{integer, word, word_or};

/// Which part of the pipeline a parameter changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What the rows are: every workload has these.
    Data,
    /// How the rows are generated.
    Generation,
    /// How they are encoded and written.
    Writing,
    /// How the two are connected.
    Street,
}

/// The declaration of a workload that consists of `parts`.
pub(crate) fn spec(name: &str, about: &str, parts: &[Part]) -> Spec {
    let params = all().into_iter().filter(|(part, _)| parts.contains(part));
    Spec {
        name: name.to_owned(),
        about: about.to_owned(),
        params: params.map(|(_, param)| param).collect(),
    }
}

fn all() -> Vec<(Part, ParamSpec)> {
    let mut all = data();
    all.extend(generation());
    all.extend(street());
    all.extend(writing());
    all
}

fn data() -> Vec<(Part, ParamSpec)> {
    let titles: Vec<_> = STEPS.iter().map(|step| (step.number, step.title)).collect();
    let step = ParamSpec {
        kind: Kind::titled(&titles),
        ..word::<Buffer>(
            "step",
            "A step of the study: a bundle of the parameters below. A parameter that is stated \
             wins over the bundle; without a step, the last one gives what is not stated.",
        )
    };
    let params = vec![
        integer("rows", "Rows to generate.", (1, 1_000_000_000), Some(1_000_000)),
        step,
        word::<PhoneTypeColumn>("phone_type", "Arrow type of the phone type column."),
        word::<Sampler>("sampler", "Who draws the random contacts. Changes the data."),
        word::<IdSource>("ids", "Where phone numbers come from. Changes the data."),
        word::<Batching>("batching", "How long the builders of a record batch live."),
        integer(
            "chunk_rows",
            "Rows drawn from one seed; with batching = per_chunk also the rows of a batch. Changes \
             the data.",
            (1, 1 << 20),
            Some(256),
        ),
        integer(
            "batch_rows",
            "Rows of a record batch with batching = thread_local, rounded up to whole chunks. \
             Changes the data only with ids = partitioned.",
            (1, 1 << 20),
            Some(5120),
        ),
    ];
    in_part(Part::Data, params)
}

fn generation() -> Vec<(Part, ParamSpec)> {
    let params = vec![
        word::<Materialise>("materialise", "When a contact gets its phone numbers."),
        word::<Buffer>(
            "number_buffer",
            "The text of a phone number. With materialise = contacts each contact owns its text, \
             and reuse means one allocation of the right size.",
        ),
        word::<Buffer>(
            "name_buffer",
            "The text of a name and its two halves. With sampler = proptest each contact owns its \
             name, and reuse means one allocation of the right size.",
        ),
        word::<Buffer>(
            "contacts_buffer",
            "The vectors of contacts and phones drawn but not yet in a builder. No effect with \
             sampler = proptest, which returns vectors of its own.",
        ),
        word::<NameOwner>("names", "Who owns the text of a name."),
        word::<NameCopy>(
            "name_copy",
            "How a name comes from a reused buffer to the builder. No effect where names are \
             interned, allocated, drawn by proptest or gathered in a vector first.",
        ),
        integer(
            "producers",
            "Threads that generate. Not stated: 1 in the generator alone, else as many as the \
             process may use, and never none.",
            (1, 1024),
            None,
        ),
    ];
    in_part(Part::Generation, params)
}

fn street() -> Vec<(Part, ParamSpec)> {
    let params = vec![
        word_or(
            "variant",
            "How contacts get into files. With variant = limit only the parameters of the data, \
             `producers`, `row_group_rows` and `fsync` say anything.",
            Way::Study,
        ),
        integer("writers", "Writer threads, each with a channel and a file.", (1, 256), None),
        integer(
            "channel_depth",
            "Batches that wait in each writer's channel before a producer blocks. Not stated: \
             twice the producers for one writer, as many as the producers for each of several.",
            (1, 65_536),
            None,
        ),
    ];
    in_part(Part::Street, params)
}

fn writing() -> Vec<(Part, ParamSpec)> {
    let params = vec![
        ParamSpec {
            default: Some(Codec::Uncompressed.word().into()),
            ..word::<Codec>("compression", "Codec of the Parquet pages.")
        },
        ParamSpec {
            kind: Kind::Bool,
            default: Some(true.into()),
            ..word::<Codec>("dictionary", "Whether Parquet may use dictionary encoding.")
        },
        integer("row_group_rows", "Most rows of a row group.", (1, 1 << 30), Some(1 << 20)),
        ParamSpec {
            default: Some(Fsync::None.word().into()),
            ..word::<Fsync>("fsync", "What is waited for before a file counts as written.")
        },
    ];
    in_part(Part::Writing, params)
}

fn in_part(part: Part, params: Vec<ParamSpec>) -> Vec<(Part, ParamSpec)> {
    params.into_iter().map(|param| (part, param)).collect()
}
