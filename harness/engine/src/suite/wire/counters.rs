//! `[counters]` as it is written: which passes a run has beside the timed one.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::{Entries, WireCount, WireScalar};
use crate::suite::source::Located;

/// Which events of the CPU are counted, and what is counted apart from time, each in a pass of its
/// own over the cases.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Counters")]
pub(in crate::suite) struct WireCounters {
    /// Hardware events by name, and raw ones such as "r1c2". Default: cycles, instructions,
    /// branches, branch_misses, cache_references, cache_misses. `dyno doctor --events` lists all.
    pub(in crate::suite) events: Option<Located<Vec<Located<String>>>>,
    /// Let events that do not fit the PMU at once share it inside a sample, which makes them
    /// estimates, instead of taking turns over rounds. Default false.
    pub(in crate::suite) share: Option<Located<bool>>,
    /// Count instructions, caches and branches on a simulated CPU (valgrind). True, or a table of
    /// the parameters that this pass has of its own, for instance { rows = 10_000 }. Default false.
    pub(in crate::suite) simulate: Option<Located<WirePass>>,
    /// Count allocations. True, or a table of parameters as in `simulate`. Default false.
    pub(in crate::suite) allocations: Option<Located<WirePass>>,
    /// Fresh processes per case in each of these passes. Default 3.
    pub(in crate::suite) repeats: Option<Located<WireCount>>,
    /// The caches of the simulated CPU.
    #[serde(default)]
    pub(in crate::suite) caches: WireCaches,
}

/// The caches of the simulated CPU.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Caches")]
pub(in crate::suite) struct WireCaches {
    /// First level, instructions. Default { size = "32KiB", ways = 8, line = 64 }.
    pub(in crate::suite) i1: Option<Located<WireCache>>,
    /// First level, data. Default { size = "32KiB", ways = 8, line = 64 }.
    pub(in crate::suite) d1: Option<Located<WireCache>>,
    /// Last level. Default { size = "8MiB", ways = 16, line = 64 }.
    pub(in crate::suite) ll: Option<Located<WireCache>>,
}

/// A simulated cache; size / (ways x line) must be a power of two.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cache")]
pub(in crate::suite) struct WireCache {
    /// Its size, for instance "32KiB".
    pub(in crate::suite) size: Located<String>,
    /// Places in which a line may stand.
    pub(in crate::suite) ways: Located<WireCount>,
    /// Bytes of a line. Default 64.
    pub(in crate::suite) line: Option<Located<WireCount>>,
}

/// Whether there is such a pass, and the parameters that it has of its own.
#[derive(Debug)]
pub(in crate::suite) enum WirePass {
    /// `true` or `false`.
    Switch(bool),
    /// A table of parameters, which asks for the pass too.
    Sized(Entries<Located<WireScalar>>),
}

impl<'de> Deserialize<'de> for WirePass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PassVisitor)
    }
}

struct PassVisitor;

impl<'de> Visitor<'de> for PassVisitor {
    type Value = WirePass;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a table of parameters such as { rows = 10_000 }")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<WirePass, E> {
        Ok(WirePass::Switch(on))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WirePass, A::Error> {
        Entries::deserialize(MapAccessDeserializer::new(map)).map(WirePass::Sized)
    }
}

impl JsonSchema for WirePass {
    fn schema_name() -> Cow<'static, str> {
        "Pass".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "True, or the parameters that the pass has of its own.",
            "type": ["boolean", "object"],
            "additionalProperties": { "type": ["string", "integer", "number", "boolean"] },
        })
    }
}
