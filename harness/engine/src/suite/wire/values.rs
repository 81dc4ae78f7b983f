//! The values of a suite that may be written in more than one way: scalars, counts, axes, ranges,
//! command lines, and tables whose keys are the suite's own.
//!
//! Each has a visitor instead of an untagged enum, so that a wrong type says what was expected.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use workload_api::ParamValue;

use crate::suite::quantity;
use crate::suite::source::Located;

/// One value of a parameter.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
pub(in crate::suite) struct WireScalar(pub(in crate::suite) ParamValue);

impl JsonSchema for WireScalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A value of a parameter. Sizes may be written \"64KiB\", durations \
                            \"250ms\", counts \"10M\".",
            "type": ["string", "integer", "number", "boolean"],
        })
    }
}

/// A whole number; may be written "10M".
#[derive(Debug)]
pub(in crate::suite) struct WireCount(pub(in crate::suite) i64);

impl<'de> Deserialize<'de> for WireCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = WireCount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number such as 5, 10_000 or \"10M\"")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<WireCount, E> {
        Ok(WireCount(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<WireCount, E> {
        let invalid = || E::invalid_value(Unexpected::Str(value), &self);
        quantity::count(value).map(WireCount).ok_or_else(invalid)
    }
}

impl JsonSchema for WireCount {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A whole number; \"10M\" and \"100k\" are understood.",
            "type": ["integer", "string"],
            "minimum": 0,
            "pattern": "^[0-9_.]+ ?[kKMG]?$",
        })
    }
}

/// A share: 0.01, or "1%".
#[derive(Debug)]
pub(in crate::suite) struct WireShare(pub(in crate::suite) f64);

impl<'de> Deserialize<'de> for WireShare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(NumberVisitor {
                expecting: "a share such as \"1%\" or 0.01",
                read: quantity::share,
            })
            .map(Self)
    }
}

impl JsonSchema for WireShare {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share: \"1%\" or 0.01.",
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": "^[0-9]+(\\.[0-9]+)? ?%$",
        })
    }
}

/// An amount of a metric, in its base unit or written with a unit.
#[derive(Debug)]
pub(in crate::suite) struct WireAmount(pub(in crate::suite) f64);

impl<'de> Deserialize<'de> for WireAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor {
            expecting: "an amount such as \"250ms\", \"64KiB\", \"10M\" or a number in base units",
            read: quantity::number,
        })
        .map(Self)
    }
}

impl JsonSchema for WireAmount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount: \"250ms\", \"64KiB\", \"10M\", or a number in base units (ns, bytes).",
            "type": ["number", "string"],
        })
    }
}

/// Numbers of which a text form is understood too.
struct NumberVisitor {
    expecting: &'static str,
    read: fn(&str) -> Option<f64>,
}

impl Visitor<'_> for NumberVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<f64, E> {
        let invalid = || E::invalid_value(Unexpected::Str(value), &self);
        (self.read)(value).ok_or_else(invalid)
    }
}

/// The values of one parameter that varies.
#[derive(Debug)]
pub(in crate::suite) enum WireAxis {
    /// One value.
    One(ParamValue),
    /// Values in a list.
    List(Vec<Located<WireScalar>>),
    /// From, to, and how to get there.
    Range(WireRange),
}

/// Values from one to another, both included.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Range")]
pub(in crate::suite) struct WireRange {
    /// The first value.
    pub(in crate::suite) from: Located<WireScalar>,
    /// No value is greater than this one.
    pub(in crate::suite) to: Located<WireScalar>,
    /// Each value is the one before it times this.
    pub(in crate::suite) times: Option<Located<WireScalar>>,
    /// Each value is the one before it plus this.
    pub(in crate::suite) step: Option<Located<WireScalar>>,
}

impl<'de> Deserialize<'de> for WireAxis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AxisVisitor)
    }
}

struct AxisVisitor;

impl<'de> Visitor<'de> for AxisVisitor {
    type Value = WireAxis;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a list such as [1, 2], a range such as { from = 1, to = 64, times = 2 }, or one value",
        )
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<WireAxis, E> {
        Ok(WireAxis::One(ParamValue::Bool(value)))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<WireAxis, E> {
        Ok(WireAxis::One(ParamValue::Integer(value)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<WireAxis, E> {
        Ok(WireAxis::One(ParamValue::Float(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<WireAxis, E> {
        Ok(WireAxis::One(ParamValue::Text(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<WireAxis, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(seq)).map(WireAxis::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WireAxis, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(WireAxis::Range)
    }
}

impl JsonSchema for WireAxis {
    fn schema_name() -> Cow<'static, str> {
        "Axis".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scalar = generator.subschema_for::<WireScalar>();
        let range = generator.subschema_for::<WireRange>();
        json_schema!({
            "description": "The values of a parameter: a list, a range or one value.",
            "anyOf": [
                { "type": "array", "items": scalar, "minItems": 1 },
                range,
                { "type": ["string", "integer", "number", "boolean"] },
            ],
        })
    }
}

/// A command line: one text, or its words.
#[derive(Debug)]
pub(in crate::suite) enum WireCommand {
    /// Split like a shell splits words, or given to a shell.
    Text(String),
    /// Program and arguments.
    Words(Vec<Located<String>>),
}

impl<'de> Deserialize<'de> for WireCommand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CommandVisitor)
    }
}

struct CommandVisitor;

impl<'de> Visitor<'de> for CommandVisitor {
    type Value = WireCommand;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command line such as \"sort {file}\", or its words as a list of strings")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<WireCommand, E> {
        Ok(WireCommand::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<WireCommand, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(seq)).map(WireCommand::Words)
    }
}

impl JsonSchema for WireCommand {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A command line in one text, or its words.",
            "type": ["string", "array"],
            "items": { "type": "string" },
            "minItems": 1,
        })
    }
}

/// A table whose keys are names of the suite's own, in the order in which they stand.
#[derive(Debug)]
pub(in crate::suite) struct Entries<V>(pub(in crate::suite) Vec<(Located<String>, V)>);

impl<V> Default for Entries<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<V> {
    type Value = Entries<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table such as { rows = 1000 }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<V>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<Located<String>, V>()? {
            entries.push(entry);
        }
        // The parser hands keys over in name order; cases are listed in the order of the file.
        entries.sort_by_key(|(name, _)| name.span.start);
        Ok(Entries(entries))
    }
}

impl<V: JsonSchema> JsonSchema for Entries<V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("TableOf{}", V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<V>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}
